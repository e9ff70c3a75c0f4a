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
            names.closure |= last.starts_with('{') || CALLS.contains(&last);
            names.last.push(last.to_owned());
        }
        names
    }
}

/// The methods of closures.
const CALLS: [&str; 3] = ["call", "call_mut", "call_once"];

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

#[cfg(test)]
mod tests {
    use super::last;

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
