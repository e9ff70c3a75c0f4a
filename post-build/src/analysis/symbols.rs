//! What a function is, by the names of its symbols.

use super::linked::Function;
use crate::transform::rust_path;

/// What is known of the names of a function that is called by its address.
#[derive(Default)]
pub struct Names {
    /// The last parts of its paths.
    pub last: Vec<String>,
    /// Whether it can be a closure, or is called as one.
    pub closure: bool,
    /// Whether one of its names is none of Rust's, which says nothing.
    pub foreign: bool,
    /// Whether it may have been compiled under other names, too.
    pub is_doubtful: bool,
}

impl Names {
    pub fn of(function: &Function) -> Names {
        let mut names = Names::default();
        for symbol in function.symbols.iter().copied().chain([function.name.as_str()]) {
            if !symbol.starts_with("_R") && !symbol.starts_with("_ZN") {
                names.foreign = true;
                continue;
            }
            let path = rust_path(symbol);
            let last = last(&path);
            let is_of_closures = || trait_of(&path).is_none_or(|name| CLOSURES.contains(&name));
            names.closure |= last.starts_with('{') || CALLS.contains(&last) && is_of_closures();
            names.last.push(last.to_owned());
        }
        names
    }
}

/// The methods of closures.
pub const CALLS: [&str; 3] = ["call", "call_mut", "call_once"];

/// The last part of a path, without generic arguments and what rustc adds (`{{vtable.shim}}`, `{shim:vtable#0}`).
/// That of a closure is `{closure#0}` or `{{closure}}`.
pub fn last(path: &str) -> &str {
    let mut depth = 0;
    let mut start = 0;
    let mut generics = path.len();
    let bytes = path.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'<' => {
                if depth == 0 && at >= 2 && &path[at - 2..at] == "::" && at > 2 {
                    generics = at - 2;
                }
                depth += 1;
            }
            b'>' if at == 0 || bytes[at - 1] != b'-' => depth -= 1,
            b':' if depth == 0 && at > 0 && bytes[at - 1] == b':' => {
                let is_generics = bytes.get(at + 1) == Some(&b'<');
                if !is_generics {
                    start = at + 1;
                    generics = path.len();
                }
            }
            _ => {}
        }
    }
    let last = &path[start..generics];
    match last.find('{') {
        Some(shim @ 1..) => &last[..shim],
        _ => last,
    }
}

/// The traits of closures, of which each is the next one's supertrait.
pub const CLOSURES: [&str; 3] = ["FnOnce", "FnMut", "Fn"];

/// The trait of the method with this path: `X` of `<A as b::X>::m`, `b::<impl b::X for A>::m` and `b::X::m`. A closure's
/// body is of one of [`CLOSURES`]. None if it is no method of a trait.
pub fn trait_of(path: &str) -> Option<&str> {
    let last = last(path);
    if last.starts_with("{closure") || last.starts_with("{{closure") {
        // Also async blocks have that name.
        return None;
    }
    let (of, _) = path.rsplit_once(last)?;
    let of = of.strip_suffix("::")?;
    let ty = if let Some(inner) = of.strip_prefix('<').filter(|inner| inner.ends_with('>')) {
        behind(&inner[..inner.len() - 1], " as ")?
    } else if let Some(at) = of.find("<impl ").filter(|_| of.ends_with('>')) {
        let inner = &of[at + 6..of.len() - 1];
        &inner[..inner.len() - behind(inner, " for ")?.len() - 5]
    } else {
        of
    };
    let name = self::last(ty);
    let name = &name[..name.find('<').unwrap_or(name.len())];
    name.starts_with(char::is_uppercase).then_some(name)
}

/// What stands behind a word that is in no brackets.
fn behind<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let at = outside(text).find(|at| text.as_bytes()[*at..].starts_with(word.as_bytes()))?;
    Some(&text[at + word.len()..])
}

/// Where in a text the bytes are that are in no brackets.
pub fn outside(text: &str) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    let mut depth = 0;
    (0..bytes.len()).filter(move |&at| {
        match bytes[at] {
            b'<' | b'(' | b'[' | b'{' => depth += 1,
            b'>' if at > 0 && bytes[at - 1] == b'-' => {}
            b'>' | b')' | b']' | b'}' => depth -= 1,
            _ => {}
        }
        depth == 0
    })
}

#[cfg(test)]
mod tests {
    use super::{last, trait_of};

    #[test]
    fn the_trait_of_a_method() {
        let cases = [
            ("<X as core::fmt::Display>::fmt", Some("Display")),
            ("<alloc::vec::Vec<T> as io::Read<U>>::read::<u8>", Some("Read")),
            ("<<A as B>::C as d::E>::f", Some("E")),
            ("a::<impl b::C<D> for e::F>::g", Some("C")),
            ("core::error::Error::source", Some("Error")),
            ("core::ops::function::FnOnce::call_once{{vtable.shim}}", Some("FnOnce")),
            ("<a::Struct>::method", None),
            ("a::b::function", None),
            ("a::b::{{closure}}", None),
            ("main", None),
        ];
        for (path, name) in cases {
            assert_eq!(trait_of(path), name, "{path}");
        }
    }

    #[test]
    fn the_last_part_is_the_name() {
        let cases = [
            ("<X as core::fmt::Display>::fmt", "fmt"),
            ("core::iter::Iterator::advance_by", "advance_by"),
            ("<alloc::vec::Vec<T> as io::Read>::read::<u8, fn(A) -> B>", "read"),
            ("<(dyn Fn() -> u8) as X<Y>>::go", "go"),
            ("core::ops::function::FnOnce::call_once{{vtable.shim}}", "call_once"),
            ("<f as FnOnce<()>>::call_once::{shim:vtable#0}", "{shim:vtable#0}"),
            ("a::b::{closure#0}", "{closure#0}"),
            ("a::b::{{closure}}", "{{closure}}"),
            ("<a::b::{closure#0} as FnOnce<()>>::call_once", "call_once"),
            ("main", "main"),
        ];
        for (path, name) in cases {
            assert_eq!(last(path), name, "{path}");
        }
    }
}
