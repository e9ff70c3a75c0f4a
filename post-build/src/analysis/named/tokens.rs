//! The calls of a source file by where they begin, from its tokens.
//!
//! Tokens, not a syntax tree: the bodies of `macro_rules!` have none, and line tables name places in them; and the
//! standard library is written in a Rust of its own. A call's place in line tables is the name of a method, or the
//! beginning of what is called:
//!
//! ```text
//! self.source.read(buf)     Read::read(self, buf)     callback(n)     (self.hook)(n)     table[i](n)
//!             ^             ^                         ^               ^                  ^
//! ```
//!
//! A place where something else than tokens say may happen has none: what stands in the braces of a macro that could
//! write other code over it, in an item with an attribute that could, in the declaration of a type (whose derived code
//! may have any place in it). At the beginning of an expression, operators are called too, so their names are added.

use super::{Arguments, Called};
use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use std::collections::HashMap;
use std::str::FromStr;

/// The calls by the offset in the file. None if it cannot be read. `is_core` if it is one of core's, which
/// declares `drop_in_place`.
pub fn calls(source: &str, is_core: bool) -> Option<HashMap<usize, Called>> {
    if source.starts_with('\u{feff}') || source.starts_with("#!/") {
        return None;
    }
    let tokens = TokenStream::from_str(source).ok()?;
    let mut reader = Reader {
        calls: HashMap::new(),
        is_core,
        has_own_write: has_own_write(tokens.clone()),
        function: None,
    };
    reader.read(&tokens.into_iter().collect::<Vec<_>>());
    Some(reader.calls)
}

/// The methods that an expression can call without naming them.
const UNNAMED: &str = "deref deref_mut index index_mut neg not add sub mul div rem bitand bitor bitxor shl shr \
    add_assign sub_assign mul_assign div_assign rem_assign bitand_assign bitor_assign bitxor_assign shl_assign \
    shr_assign eq ne partial_cmp lt le gt ge contains into_iter next branch from_residual from from_output into_future \
    poll drop";

/// The name of the function that a macro writes, which it is given.
const OWN: &str = "_own";

/// What is no function where `(` follows it, and does not end an operand.
const KEYWORDS: &str = "as async await box break const continue dyn else enum extern fn for gen if impl in let loop \
    match mod move mut pub ref return static struct trait type union unsafe use where while yield";

/// Macros of the standard library whose arguments are expressions that they leave as they are.
const TRANSPARENT: &str = "assert assert_eq assert_ne dbg debug_assert debug_assert_eq debug_assert_ne eprint \
    eprintln format format_args matches panic print println todo unimplemented unreachable vec write writeln";

/// Attributes that do not change code.
const INERT: &str = "allow allow_internal_unstable automatically_derived cfg cold coverage default deny deprecated \
    diagnostic doc doc_notable_trait expect export_name forbid fundamental global_allocator ignore inline lang link link_name \
    link_section macro_export macro_use marker must_use no_mangle non_exhaustive optimize panic_handler path repr \
    rustc_const_stable rustc_const_unstable rustfmt should_panic stable target_feature test track_caller unsafe \
    unstable warn clippy";

fn is_in(list: &str, name: &str) -> bool {
    list.split_ascii_whitespace().any(|word| word == name)
}

struct Reader {
    calls: HashMap<usize, Called>,
    is_core: bool,
    /// Whether `write!` may be another one than that of the standard library.
    has_own_write: bool,
    /// What the function that is read is called, if a macro is given its name: `$name`.
    function: Option<String>,
}

impl Reader {
    fn read(&mut self, tokens: &[TokenTree]) {
        let mut at = 0;
        while at < tokens.len() {
            at = self.step(tokens, at);
        }
    }

    /// Reads what begins at `at`, and returns where the next begins.
    fn step(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        match &tokens[at] {
            TokenTree::Punct(punct) if punct.as_char() == '#' => self.attribute(tokens, at),
            TokenTree::Punct(punct) if punct.as_char() == '<' && !ends_operand(tokens, at) => {
                self.expression(tokens, at)
            }
            // `$name` is somebody else's; `$name::path(…)` is named.
            TokenTree::Punct(punct) if punct.as_char() == '$' => match tokens.get(at + 1) {
                Some(TokenTree::Group(group)) => {
                    self.read_group(group);
                    at + 2
                }
                Some(TokenTree::Ident(_))
                    if is_punct(tokens.get(at + 2), ':')
                        && is_punct(tokens.get(at + 3), ':')
                        && !ends_operand(tokens, at) =>
                {
                    self.expression(tokens, at)
                }
                _ => at + 2,
            },
            TokenTree::Ident(name) if follows(tokens, at, '.') => {
                if is_called(tokens, at + 1) {
                    let name = name.to_string();
                    let called = self.at(&tokens[at]);
                    called.add(&name);
                }
                at + 1
            }
            TokenTree::Ident(_) if follows(tokens, at, '\'') => at + 1,
            TokenTree::Ident(name) => self.word(tokens, at, name),
            TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => {
                self.read_group(group);
                if !ends_operand(tokens, at) { self.expression(tokens, at) } else { at + 1 }
            }
            TokenTree::Group(group) => {
                self.read_group(group);
                at + 1
            }
            _ => at + 1,
        }
    }

    fn read_group(&mut self, group: &Group) {
        self.read(&group.stream().into_iter().collect::<Vec<_>>());
    }

    fn word(&mut self, tokens: &[TokenTree], at: usize, name: &Ident) -> usize {
        let name = name.to_string();
        match name.as_str() {
            "struct" | "enum" => return end_of_item(tokens, at),
            "fn" => {
                if let Some(TokenTree::Ident(name)) = tokens.get(at + 1)
                    && self.is_core
                {
                    self.shim(&tokens[start_of_function(tokens, at)], &name.to_string());
                }
                if is_punct(tokens.get(at + 1), '$') {
                    return self.function_of_macro(tokens, at);
                }
                // Its name, not a call.
                return at + 2;
            }
            "macro_rules" => {
                if let Some(TokenTree::Group(rules)) = tokens.get(at + 3) {
                    self.read_rules(rules);
                }
                return at + 4;
            }
            _ => {}
        }
        if is_punct(tokens.get(at + 1), '!')
            && matches!(tokens.get(at + 2), Some(TokenTree::Group(_)))
        {
            if let Some(TokenTree::Group(arguments)) = tokens.get(at + 2)
                && is_in(TRANSPARENT, &name)
            {
                self.read_group(arguments);
                if name.starts_with("write") && !self.has_own_write {
                    self.at(&tokens[at]).add("write_fmt");
                }
            }
            return at + 3;
        }
        if is_in(KEYWORDS, &name) {
            return at + 1;
        }
        self.expression(tokens, at)
    }

    /// What the compiler writes for a function of core's has the place of its declaration: it drops a value, or calls a
    /// function by its address, or a closure through `dyn`.
    fn shim(&mut self, declaration: &TokenTree, name: &str) {
        match name {
            "drop_in_place" => self.at(declaration).glue = true,
            "call" | "call_mut" | "call_once" => self.at(declaration).add(name),
            _ => {}
        }
    }

    /// `fn $name(…) { T::$name(…) }`: both have the same name.
    fn function_of_macro(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        let end = end_of_item(tokens, at);
        if let Some(TokenTree::Group(body)) = tokens.get(end - 1)
            && let Some(TokenTree::Ident(name)) = tokens.get(at + 2)
        {
            let outer = self.function.replace(name.to_string());
            self.read_group(body);
            self.function = outer;
        }
        end
    }

    /// What rules write, which is what stands behind each `=>`.
    fn read_rules(&mut self, rules: &Group) {
        let tokens: Vec<TokenTree> = rules.stream().into_iter().collect();
        for at in 2..tokens.len() {
            if let TokenTree::Group(written) = &tokens[at]
                && is_punct(tokens.get(at - 2), '=')
                && is_punct(tokens.get(at - 1), '>')
            {
                self.read_group(written);
            }
        }
    }

    /// An attribute; one that could change code takes what it stands at with it.
    fn attribute(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        let inner = usize::from(is_punct(tokens.get(at + 1), '!'));
        let Some(TokenTree::Group(group)) = tokens.get(at + 1 + inner) else {
            return at + 1;
        };
        let next = at + 2 + inner;
        let attribute: Vec<TokenTree> = group.stream().into_iter().collect();
        if is_inert(&attribute) || inner == 1 { next } else { end_of_item(tokens, next) }
    }

    /// A path, or something in parentheses, and what is called with it as the beginning.
    fn expression(&mut self, tokens: &[TokenTree], start: usize) -> usize {
        let mut at = start;
        let mut last = None;
        let mut segments = 0;
        if let TokenTree::Group(_) = &tokens[at] {
            at += 1;
        } else {
            at += usize::from(is_punct(tokens.get(at), '$'));
            loop {
                if is_punct(tokens.get(at), '<') {
                    let Some(behind) = behind_generics(tokens, at) else {
                        return start + 1;
                    };
                    at = behind;
                    segments += 1;
                } else if let Some(TokenTree::Ident(name)) = tokens.get(at) {
                    last = Some(name.to_string());
                    segments += 1;
                    at += 1;
                } else if let Some(TokenTree::Ident(name)) = tokens.get(at + 1)
                    && is_punct(tokens.get(at), '$')
                    && self.function.as_deref() == Some(name.to_string().as_str())
                {
                    last = Some(OWN.to_owned());
                    segments += 1;
                    at += 2;
                } else {
                    return at.max(start + 1);
                }
                if is_punct(tokens.get(at), ':') && is_punct(tokens.get(at + 1), ':') {
                    at += 2;
                } else {
                    break;
                }
            }
            // `path::name!(…)`
            if is_punct(tokens.get(at), '!')
                && matches!(tokens.get(at + 1), Some(TokenTree::Group(_)))
            {
                return at + 2;
            }
        }
        let rest = at;
        let mut called = Called::default();
        let mut is_known = true;
        // Whether the group that comes is what `last` is called with.
        let mut is_path = last.is_some();
        while let Some(token) = tokens.get(at) {
            match token {
                TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => {
                    match &last {
                        Some(name) if is_path => {
                            let is_function = name
                                .starts_with(|first: char| first.is_lowercase() || first == '_');
                            is_known &= is_function;
                            if name == OWN {
                                called.own = true;
                            } else if segments > 1 {
                                called.add(name);
                            } else {
                                called.add_pointer(count(group));
                            }
                        }
                        _ => called.add_pointer(count(group)),
                    }
                    is_path = false;
                    at += 1;
                }
                TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
                    is_path = false;
                    at += 1;
                }
                TokenTree::Punct(punct) if punct.as_char() == '?' => {
                    is_path = false;
                    at += 1;
                }
                TokenTree::Punct(punct)
                    if punct.as_char() == '.' && !is_punct(tokens.get(at + 1), '.') =>
                {
                    is_path = false;
                    at += 2;
                    if is_punct(tokens.get(at), ':') && is_punct(tokens.get(at + 1), ':') {
                        at = behind_generics(tokens, at + 2).unwrap_or(tokens.len());
                    }
                    // A method's own arguments: its place is its name.
                    if let Some(TokenTree::Group(group)) = tokens.get(at)
                        && group.delimiter() == Delimiter::Parenthesis
                        && !matches!(tokens.get(at - 1), Some(TokenTree::Literal(_)))
                    {
                        at += 1;
                    }
                }
                _ => break,
            }
        }
        if is_known && called != Called::default() {
            called.methods.extend(UNNAMED.split_ascii_whitespace().map(str::to_owned));
            let known = self.at(&tokens[start]);
            known.methods.extend(called.methods);
            known.pointer |= called.pointer;
            known.own |= called.own;
            known.arguments.add(called.arguments);
        }
        // What stands behind the path is read for itself.
        rest
    }

    fn at(&mut self, token: &TokenTree) -> &mut Called {
        let span = match token {
            TokenTree::Group(group) => group.span_open(),
            other => other.span(),
        };
        self.calls.entry(span.byte_range().start).or_default()
    }
}

/// Whether an attribute leaves the code as it is. A derived item is skipped by its keyword.
fn is_inert(attribute: &[TokenTree]) -> bool {
    let Some(TokenTree::Ident(name)) = attribute.first() else {
        return false;
    };
    let name = name.to_string();
    match attribute.get(1) {
        // Behind the condition.
        Some(TokenTree::Group(conditional)) if name == "cfg_attr" => {
            let tokens: Vec<TokenTree> = conditional.stream().into_iter().collect();
            let mut parts = tokens.split(|token| is_punct(Some(token), ','));
            parts.next();
            parts.all(|part| part.is_empty() || is_inert(part))
        }
        _ => is_in(INERT, &name) || name == "derive" || name.starts_with("rustc_"),
    }
}

/// Whether a file imports something that is called so.
fn has_own_write(tokens: TokenStream) -> bool {
    let is_write = |token: &TokenTree| match token {
        TokenTree::Ident(name) => *name == "write" || *name == "writeln",
        TokenTree::Group(group) => has_own_write(group.stream()),
        _ => false,
    };
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is_use = |token: &TokenTree| matches!(token, TokenTree::Ident(name) if *name == "use");
    tokens.iter().enumerate().any(|(at, token)| match token {
        token if is_use(token) => {
            let end = end_of_item(&tokens, at);
            tokens[at..end].iter().any(|token| match token {
                TokenTree::Group(group) => group.stream().into_iter().any(|token| is_write(&token)),
                token => is_write(token),
            })
        }
        TokenTree::Group(group) => has_own_write(group.stream()),
        _ => false,
    })
}

impl Called {
    /// A method with this name. Those of closures are as good as pointers.
    fn add(&mut self, name: &str) {
        if matches!(name, "call" | "call_mut" | "call_once") {
            self.add_pointer(Arguments::Any);
        }
        self.methods.insert(name.strip_prefix("r#").unwrap_or(name).to_owned());
    }
}

impl Called {
    fn add_pointer(&mut self, arguments: Arguments) {
        self.pointer = true;
        self.arguments.add(arguments);
    }
}

/// How many arguments stand in parentheses.
fn count(group: &Group) -> Arguments {
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    // The commas of `f::<A, B>` and `|a, b| …` are none between arguments, and `#[cfg(a)]` takes some away.
    let is_doubtful = |token| "$#|<".chars().any(|punct| is_punct(Some(token), punct));
    if tokens.iter().any(is_doubtful) {
        return Arguments::Any;
    }
    let parts = tokens.split(|token| is_punct(Some(token), ','));
    Arguments::Some([parts.filter(|part| !part.is_empty()).count()].into())
}

fn is_punct(token: Option<&TokenTree>, punct: char) -> bool {
    matches!(token, Some(TokenTree::Punct(found)) if found.as_char() == punct)
}

/// Whether this one stands before `at`, and not twice.
fn follows(tokens: &[TokenTree], at: usize, punct: char) -> bool {
    at > 0
        && is_punct(tokens.get(at - 1), punct)
        && !(at > 1 && is_punct(tokens.get(at - 2), punct))
}

/// Whether arguments stand at `at`, behind generic ones or not.
fn is_called(tokens: &[TokenTree], mut at: usize) -> bool {
    if is_punct(tokens.get(at), ':') && is_punct(tokens.get(at + 1), ':') {
        match behind_generics(tokens, at + 2) {
            Some(behind) => at = behind,
            None => return false,
        }
    }
    matches!(tokens.get(at), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis)
}

/// Whether what stands before `at` is a value: then `(` there calls it, and `<` compares it.
fn ends_operand(tokens: &[TokenTree], at: usize) -> bool {
    match at.checked_sub(1).map(|before| &tokens[before]) {
        Some(TokenTree::Ident(name)) => !is_in(KEYWORDS, &name.to_string()),
        Some(TokenTree::Literal(_)) => true,
        Some(TokenTree::Group(group)) => group.delimiter() != Delimiter::Brace,
        Some(TokenTree::Punct(punct)) => {
            // `f::<T>(…)`, `x?(…)`, `name!(…)`, `x: Vec<T>(…)`; not `-> (…)` and `=> (…)`.
            let is_arrow =
                at >= 2 && (is_punct(tokens.get(at - 2), '-') || is_punct(tokens.get(at - 2), '='));
            matches!(punct.as_char(), '?' | '!' | ':' | '.') || punct.as_char() == '>' && !is_arrow
        }
        None => false,
    }
}

/// Where the token behind `<…>` stands.
fn behind_generics(tokens: &[TokenTree], start: usize) -> Option<usize> {
    if !is_punct(tokens.get(start), '<') {
        return None;
    }
    let mut depth = 0;
    for at in start..tokens.len() {
        if let TokenTree::Punct(punct) = &tokens[at] {
            match punct.as_char() {
                '<' => depth += 1,
                '>' if !is_punct(tokens.get(at - 1), '-') && !is_punct(tokens.get(at - 1), '=') => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(at + 1);
                    }
                }
                ';' => return None,
                _ => {}
            }
        }
    }
    None
}

/// Behind the braces or the `;` with which an item ends.
fn end_of_item(tokens: &[TokenTree], start: usize) -> usize {
    let is_end = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        token => is_punct(Some(token), ';'),
    };
    let end = tokens[start.min(tokens.len())..].iter().position(is_end);
    end.map_or(tokens.len(), |end| start + end + 1)
}

/// Where `pub const unsafe fn` begins.
fn start_of_function(tokens: &[TokenTree], at: usize) -> usize {
    let is_modifier = |token: &TokenTree| match token {
        TokenTree::Literal(_) => true,
        TokenTree::Ident(name) => is_in("pub const unsafe extern async", &name.to_string()),
        _ => false,
    };
    at - tokens[..at].iter().rev().take_while(|token| is_modifier(token)).count()
}

#[cfg(test)]
mod tests {
    use super::{UNNAMED, calls};

    /// What is called at each place that has something: its line and column, and names; `*` is a pointer.
    fn found(source: &str) -> Vec<String> {
        let mut found: Vec<_> = calls(source, false).unwrap().into_iter().collect();
        found.sort_by_key(|(at, _)| *at);
        let unnamed: Vec<_> = UNNAMED.split_ascii_whitespace().collect();
        let text = |(at, called): (usize, super::Called)| {
            let names = called.methods.iter().filter(|name| !unnamed.contains(&name.as_str()));
            let names: Vec<_> =
                names.cloned().chain(called.pointer.then(|| "*".to_owned())).collect();
            format!("{at} {}", names.join(" "))
        };
        found.into_iter().map(text).collect()
    }

    #[test]
    fn methods_are_where_their_names_are() {
        assert_eq!(found("fn f() { a.b.read(c).size::<u8>(); }"), ["13 read", "21 size"]);
    }

    #[test]
    fn lines_may_end_as_on_windows() {
        let found = found("//! A crate.\r\nfn f() {\r\n    a.read(c);\r\n}\r\n");
        assert_eq!(found, ["30 read"]);
    }

    #[test]
    fn paths_are_where_they_begin() {
        assert_eq!(found("fn f() { Read::read(x, y); }"), ["9 read"]);
        assert_eq!(found("fn f() { <X as Read>::read(x); }"), ["9 read"]);
        assert_eq!(found("fn f() { a::B::<u8>::read(x); }"), ["9 read"]);
        assert_eq!(found("fn f() { a < b && b > (c) }"), [] as [&str; 0]);
    }

    #[test]
    fn pointers_are_what_is_called_without_a_method() {
        assert_eq!(
            found("fn f() { g(x); (self.g)(x); t[0](x); t.u(x)(y) }"),
            ["9 *", "15 *", "28 *", "37 *", "39 u"]
        );
        assert_eq!(
            found("fn f() { Some(x); if (a) {} return (a); match (a) {} }"),
            [] as [&str; 0]
        );
    }

    #[test]
    fn a_call_of_a_closure_by_its_trait_is_that_of_a_pointer() {
        assert_eq!(found("fn f() { FnOnce::call_once(g, ()); }"), ["9 call_once *"]);
    }

    #[test]
    fn what_macros_write_counts_where_it_stands() {
        let rules =
            "macro_rules! m { ($x:expr, $n:ident) => { $x.read(1) + $x.$n(2) + o!(a.b()) } }";
        assert_eq!(found(rules), ["45 read"]);
        let rules = "macro_rules! m { ($t:ident) => { $t::read(1); $t(2); T::$t(3) } }";
        assert_eq!(found(rules), ["33 read"]);
    }

    #[test]
    fn what_macros_may_write_over_does_not_count() {
        assert_eq!(
            found("fn f() { m!(a.b()); write!(f, \"{}\", a.c()); }"),
            ["20 write_fmt", "38 c"]
        );
        assert_eq!(found("use x::{y, write}; fn f() { write!(f, \"\", a.c()); }"), ["44 c"]);
        assert_eq!(found("#[m] fn f() { a.b() } #[inline] fn g() { a.c() }"), ["43 c"]);
        assert_eq!(found("#[cfg_attr(a, inline)] fn f() { a.b() }"), ["34 b"]);
        assert_eq!(found("#[cfg_attr(a, m)] fn f() { a.b() }"), [] as [&str; 0]);
        assert_eq!(found("#[derive(M)] struct A(#[m(b())] u8); fn g() { a.c() }"), ["48 c"]);
    }
}
