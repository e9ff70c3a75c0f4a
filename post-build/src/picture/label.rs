//! A Rust path as the two lines of a box: whose function it is, and its name.
//!
//! ```text
//! <zip::read::ZipArchive<big::Remote>>::new    zip::read::ZipArchive  new
//! <big::Remote as std::io::Read>::read         Remote as Read         read
//! a::Queue::new::{{closure}}                   a::Queue               new {closure}
//! ```
//!
//! Generic arguments go; of a type and its trait only the last names stay.

/// The characters that fit into a box.
const OWNER: usize = 30;
const NAME: usize = 25;

#[derive(Debug, PartialEq, Eq)]
pub struct Label {
    pub owner: String,
    pub name: String,
    /// Where the function, or the type that it belongs to, comes from; empty if unknown.
    pub krate: String,
}

impl Label {
    pub fn of(path: &str) -> Self {
        let mut segments = Vec::new();
        for (index, segment) in split(path, "::").into_iter().enumerate() {
            if let Some(owner) = qualified(segment) {
                segments.push(owner);
            } else if !segment.starts_with('<') {
                segments.push(without_arguments(segment));
            } else if index == 0 {
                // Behind another segment these are generic arguments: `::<u8>`.
                segments.push(last_names(&segment[1..segment.len() - 1]));
            }
        }
        let mut name = segments.pop().unwrap_or_default();
        // What has no name of its own is called after the function around it.
        while name.starts_with('{')
            && let Some(around) = segments.pop()
        {
            name = format!("{around} {name}");
        }
        let name = name.replace("{{", "{").replace("}}", "}");
        Label { owner: fit(&owner(&segments), OWNER), name: fit(&name, NAME), krate: krate(path) }
    }
}

/// `<Type as Trait>` and `<impl Trait for Type>` as `Type as Trait`.
fn qualified(segment: &str) -> Option<String> {
    let inner = segment.strip_prefix('<')?.strip_suffix('>')?;
    if let Some(implementation) = inner.strip_prefix("impl ") {
        return Some(match split(implementation, " for ")[..] {
            [of, ty] => format!("{} as {}", last_names(ty), last_names(of)),
            _ => last_names(implementation),
        });
    }
    match split(inner, " as ")[..] {
        [ty, of] => Some(format!("{} as {}", last_names(ty), last_names(of))),
        _ => None,
    }
}

/// A type without its arguments and without the modules that it stands in.
fn last_names(ty: &str) -> String {
    let short = without_arguments(ty);
    let words = short.split(' ').map(|word| {
        let (sigils, path) = word.split_at(word.find(char::is_alphanumeric).unwrap_or(0));
        format!("{}{}", sigils.trim_end_matches("::"), path.rsplit("::").next().unwrap_or(path))
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The modules and the type; the type alone where both are too long.
fn owner(segments: &[String]) -> String {
    let whole = segments.join("::");
    match segments {
        [.., ty] if ty.contains(" as ") => ty.clone(),
        [krate, _, .., ty] if whole.chars().count() > OWNER => format!("{krate}::…::{ty}"),
        _ => whole,
    }
}

/// The first crate that is named.
fn krate(path: &str) -> String {
    let before = path.split("::").find_map(|part| {
        let word = part.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next()?;
        (!word.is_empty()).then_some(word)
    });
    before.filter(|_| path.contains("::")).unwrap_or_default().to_owned()
}

/// Splits at `separator`, but not inside brackets.
fn split<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    let (mut parts, mut from) = (Vec::new(), 0);
    for (at, depth) in depths(text) {
        if depth == 0 && at >= from && text[at..].starts_with(separator) {
            parts.push(&text[from..at]);
            from = at + separator.len();
        }
    }
    parts.push(&text[from..]);
    parts
}

/// Leaves out what stands in angle brackets.
fn without_arguments(text: &str) -> String {
    let outside = depths(text).filter(|(_, depth)| *depth == 0);
    let short: String = outside.filter_map(|(at, _)| text[at..].chars().next()).collect();
    short.trim_end_matches("::").to_owned()
}

/// Each character's place, and how many angle brackets it stands in; they count themselves.
fn depths(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let (mut depth, mut previous) = (0usize, ' ');
    text.char_indices().map(move |(at, c)| {
        // The arrow of a function's type is no bracket; old manglings write it as `.>`.
        let closes = c == '>' && !matches!(previous, '-' | '.');
        previous = c;
        depth += usize::from(c == '<');
        let here = depth;
        depth = depth.saturating_sub(usize::from(closes));
        (at, here)
    })
}

/// The text, or its beginning with an ellipsis.
fn fit(text: &str, characters: usize) -> String {
    if text.chars().count() <= characters {
        return text.to_owned();
    }
    text.chars().take(characters - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::Label;

    #[track_caller]
    fn check(path: &str, owner: &str, name: &str, krate: &str) {
        let label = Label { owner: owner.into(), name: name.into(), krate: krate.into() };
        assert_eq!(Label::of(path), label);
    }

    #[test]
    fn functions() {
        check("__suspendable_run", "", "__suspendable_run", "");
        check("fixture::stacks::descend", "fixture::stacks", "descend", "fixture");
        check("core::ptr::drop_in_place::<a::B>", "core::ptr", "drop_in_place", "core");
        check("core::ptr::drop_in_place<a::B<fn() .> a::C>>", "core::ptr", "drop_in_place", "core");
        check("alloc::rc::Rc<T,A>::drop_slow", "alloc::rc::Rc", "drop_slow", "alloc");
    }

    #[test]
    fn methods() {
        check("<core::fmt::Formatter>::write_str", "Formatter", "write_str", "core");
        check("<big::Remote as std::io::Read>::read", "Remote as Read", "read", "big");
        check("<&dyn a::B as core::fmt::Debug>::fmt", "&dyn B as Debug", "fmt", "a");
        check("<<a::B as c::D>::f::Inner as c::Write>::write", "Inner as Write", "write", "a");
        let conversion = "a::error::<impl core::convert::From<a::Error> for b::Value>::from";
        check(conversion, "Value as From", "from", "a");
    }

    #[test]
    fn closures() {
        check("a::Queue::new::{{closure}}", "a::Queue", "new {closure}", "a");
        check("a::f::{closure#0}::{closure#1}", "a", "f {closure#0} {closure#1}", "a");
        check("a::call::<fn(u8) -> b::C, u8>::{closure#0}", "a", "call {closure#0}", "a");
    }

    #[test]
    fn long_paths() {
        let path = "a_crate::with_modules::and_more_modules::Type::function";
        check(path, "a_crate::…::Type", "function", "a_crate");
        let name = "a::an_operation_that_has_a_long_name";
        check(name, "a", "an_operation_that_has_a_…", "a");
    }
}
