//! Functions of Rust's runtime that are known by name.

/// What stands between the name of a function and the number of its copy (`marks.rs`).
const COPY: &str = ", copy ";

/// The name of a copy of a function; the first one is called as the function itself.
pub fn copy_of(name: &str, copy: usize) -> String {
    if copy == 1 { name.to_owned() } else { format!("{name}{COPY}{copy}") }
}

/// The name of a function, and which copy of it is meant.
pub fn without_copy(name: &str) -> (&str, usize) {
    let parts = name.rsplit_once(COPY).and_then(|(of, copy)| Some((of, copy.parse().ok()?)));
    parts.unwrap_or((name, 1))
}

/// The Rust path of a mangled name, without its hash.
pub fn rust_path(name: &str) -> String {
    let (name, copy) = without_copy(name);
    copy_of(&format!("{:#}", rustc_demangle::demangle(name)), copy)
}

/// The name of a function as stack traces should have it: its Rust path, with the hash that functions of one path
/// differ by where Rust's mangling is the old one. wasm-bindgen puts words behind the names of its shims.
pub fn readable(name: &str) -> String {
    let (name, copy) = without_copy(name);
    let end = name.find(' ').unwrap_or(name.len());
    let (mangled, words) = name.split_at(end);
    let demangled = rustc_demangle::demangle(mangled);
    let path =
        if mangled.starts_with("_R") { format!("{demangled:#}") } else { demangled.to_string() };
    copy_of(&(path + words), copy)
}

/// Whether an author who says `wanted` means the function with this mangled name: by that, by its path, or as a report
/// has it. All copies of a function are meant.
pub fn is_called(name: &str, wanted: &str) -> bool {
    let (name, wanted) = (without_copy(name).0, without_copy(wanted).0);
    name == wanted || rust_path(name) == wanted || readable(name) == wanted
}

/// Whether this is the function (its mangled name) through which a panic, or a failed allocation,
/// leaves ordinary code for good.
///
/// Everything that a panic does from there on happens below: hooks, formatting, aborting. Where the
/// names have been stripped nothing matches, which costs precision and nothing else.
pub fn is_panic_entry(name: &str) -> bool {
    const PREFIXES: [&str; 3] =
        ["core::panicking::", "__rustc::rust_begin_unwind", "__rustc::rust_panic"];
    const NAMES: [&str; 11] = [
        "alloc::alloc::handle_alloc_error",
        "alloc::raw_vec::handle_error",
        "rust_begin_unwind",
        "rust_panic",
        "std::alloc::rust_oom",
        "std::panicking::begin_panic",
        "std::panicking::begin_panic_handler",
        "std::panicking::panic_with_hook",
        "std::panicking::rust_panic_with_hook",
        "std::panicking::resume_unwind",
        "std::process::abort",
    ];
    let name = rust_path(name);
    PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || NAMES.iter().any(|entry| {
            name.strip_prefix(entry).is_some_and(|rest| rest.is_empty() || rest.starts_with("::<"))
        })
}

/// Whether this is the panic hook of std's own.
pub fn is_default_hook(name: &str) -> bool {
    rust_path(name) == "std::panicking::default_hook"
}

/// Whether such a function is one that ends the program without a panic.
pub fn is_abort(name: &str) -> bool {
    let name = rust_path(name);
    name.starts_with("alloc::") || name == "std::alloc::rust_oom" || name == "std::process::abort"
}

#[cfg(test)]
mod tests {
    use super::{is_called, is_default_hook, is_panic_entry, readable, rust_path};

    #[test]
    fn a_function_has_several_names() {
        let name = "_ZN3one3two17h0123456789abcdefE";
        for wanted in [name, "one::two", "one::two::h0123456789abcdef", "one::two, copy 3"] {
            assert!(is_called(name, wanted), "{wanted}");
        }
        for wanted in ["two", "one::two::hfedcba9876543210", "one::two::three"] {
            assert!(!is_called(name, wanted), "{wanted}");
        }
    }

    #[test]
    fn copies_have_paths_too() {
        let name = "_ZN3one3two17h0123456789abcdefE, copy 12";
        assert_eq!(rust_path(name), "one::two, copy 12");
        assert_eq!(readable(name), "one::two::h0123456789abcdef, copy 12");
        assert_eq!(rust_path("one, copy of two"), "one, copy of two");
    }

    #[test]
    fn shims_have_paths_too() {
        let name = "_ZN3one3two17h0123456789abcdefE externref shim";
        assert_eq!(readable(name), "one::two::h0123456789abcdef externref shim");
        assert_eq!(readable("_RNvCs1_3one3two externref shim"), "one::two externref shim");
        assert_eq!(readable("call __wbg_apply"), "call __wbg_apply");
    }

    #[test]
    fn panics_are_entries_and_catching_is_not() {
        assert!(is_default_hook("_RNvNtCs1_3std9panicking12default_hook"));
        assert!(!is_default_hook("_RNCNvNtCs1_3std9panicking12default_hook0B5_"));
        assert!(is_panic_entry("_ZN4core9panicking9panic_fmt17h0123456789abcdefE"));
        assert!(is_panic_entry("_RNvNtCs1_4core9panicking9panic_fmt"));
        assert!(is_panic_entry("rust_begin_unwind"));
        assert!(!is_panic_entry("_ZN3std9panicking12catch_unwind17h0123456789abcdefE"));
        assert!(!is_panic_entry("_ZN4core3fmt9Formatter3pad17h0123456789abcdefE"));
    }
}
