//! Programs of Rust and C, and who is in their suspension sets.

use super::by_name::{OPTIONS, named_with};
use super::{Probe, RELOCATIONS, analyse_with};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::process::Command;

/// What every program of C begins with, and can call.
const PRELUDE: &str = r#"
    #define NOINLINE __attribute__((noinline))
    unsigned wait_in_rust(unsigned n);
    unsigned compute_in_rust(unsigned n);
    void *unknown(void *it);
    struct Page { unsigned n; };
    struct Value { unsigned n; };
    NOINLINE unsigned page_waits(struct Page *it) { return wait_in_rust(it->n) + 1; }
    NOINLINE unsigned page_computes(struct Page *it) { return compute_in_rust(it->n) + 2; }
    NOINLINE unsigned value_computes(struct Value *it) { return compute_in_rust(it->n) + 3; }
    NOINLINE unsigned any_waits(void *it) { return wait_in_rust(*(unsigned *)it) + 4; }
    NOINLINE unsigned any_computes(void *it) { return compute_in_rust(*(unsigned *)it) + 5; }
    struct Pager { unsigned pages; unsigned (*init)(struct Page *); };
    struct Cell { unsigned cells; unsigned (*start)(struct Value *); };
    struct Methods { unsigned (*size)(void *); };
    struct Hooks { unsigned (*hook)(void *); };
    NOINLINE unsigned inits_page(struct Pager *it, struct Page *page) { return it->init(page) + 6; }
"#;

/// The rest of the program, in Rust.
const REST: &str = r#"
    unsafe extern "C" { fn begin(n: u32) -> u32; }
    #[unsafe(no_mangle)] extern "C" fn wait_in_rust(n: u32) -> u32 { wait(n) }
    #[unsafe(no_mangle)] extern "C" fn compute_in_rust(n: u32) -> u32 { compute(n) }
    #[unsafe(no_mangle)] extern "C" fn unknown(it: *mut u8) -> *mut u8 { black_box(it) }
    fn entry(n: u32) -> u32 { unsafe { begin(n) } }
"#;

/// Compiles C as cargo's build scripts have it compiled, links it, and analyses the whole.
fn program(code: &str, rest: &str) -> Probe {
    let (object, rest) = (object(code), format!("{REST}{rest}"));
    named_with(&rest, &[OPTIONS, &[&object]].concat())
}

/// Compiles C. Returns the option with which it is linked.
fn object(code: &str) -> String {
    let source = format!("{PRELUDE}\n{code}");
    let mut hasher = DefaultHasher::new();
    source.hash(&mut hasher);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = root.join("target/probes/c");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join(format!("{:016x}.c", hasher.finish()));
    let object = file.with_extension("o");
    if !object.exists() {
        fs::write(&file, source).unwrap();
        let output = Command::new(root.join("examples/sqlite/tools/cc"))
            .args(["--target=wasm32-unknown-unknown", "-c", "-O2", "-g"])
            .arg(&file)
            .arg("-o")
            .arg(&object)
            .output()
            .expect("a C compiler, which `make setup` brings");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    format!("link-arg={}", object.display())
}

/// Two callbacks at the same place, of one signature in WebAssembly and two types in C.
fn two_types(set: &str) -> String {
    format!(
        "NOINLINE unsigned starts_value(struct Cell *it, struct Value *value) {{ return it->start(value) + 7; }}
        unsigned begin(unsigned n) {{
            struct Pager *pager = unknown(&(struct Pager){{ n }});
            struct Cell *cell = unknown(&(struct Cell){{ n }});
            pager->init = n > 7 ? page_waits : page_computes;
            {set}
            return inits_page(pager, unknown(&(struct Page){{ n }})) + starts_value(cell, unknown(&(struct Value){{ n }}));
        }}"
    )
}

#[test]
fn a_pointer_reaches_functions_of_its_type() {
    let code = two_types("cell->start = value_computes;");
    program(&code, "").check(&["inits_page"], &["starts_value"]);
    // Without line tables and types, a call reaches what has its signature.
    let without = [RELOCATIONS, "opt-level=3", &object(&code)];
    analyse_with(REST, &without).check(&["inits_page", "starts_value"], &[]);
}

#[test]
fn what_is_cast_is_reached_as_both() {
    let casts = [
        "cell->start = (unsigned (*)(struct Value *))page_waits;",
        "typedef unsigned (*Init)(struct Value *); cell->start = (Init)&page_waits;",
        "cell->start = (void *)page_waits;",
    ];
    for cast in casts {
        program(&two_types(cast), "").check(&["inits_page", "starts_value"], &[]);
    }
}

/// The language does not allow it: the guard tells of it.
#[test]
fn what_a_union_turns_into_another_type_is_missed() {
    let turns =
        "union { unsigned (*page)(struct Page *); unsigned (*value)(struct Value *); } *both =
                     unknown(&(union { unsigned (*page)(struct Page *); }){ 0 });
                 both->page = page_waits;
                 cell->start = both->value;";
    program(&two_types(turns), "").check(&["inits_page"], &["starts_value"]);
}

/// Only the name of the field is known.
#[test]
fn fields_of_one_name_are_called_as_all_of_them() {
    let code = two_types("cell->start = value_computes;");
    let code = format!("struct Leaf {{ unsigned (*start)(struct Page *); }} leaf;\n{code}");
    program(&code, "").check(&["inits_page", "starts_value"], &[]);
}

#[test]
fn a_call_that_a_macro_makes_can_be_of_any_type() {
    let code = two_types("cell->start = value_computes;");
    let code = format!("#define START(it, value) (it)->start(value)\n{code}");
    let code = code.replace("it->start(value) + 7", "START(it, value) + 7");
    program(&code, "").check(&["inits_page", "starts_value"], &[]);
}

/// A struct of methods, of which there is a constant, and a hook of the same type.
fn methods_and_hooks(set: &str) -> String {
    format!(
        "static const struct Methods METHODS = {{ any_computes }};
        struct Methods config;
        NOINLINE unsigned sizes(void *it) {{ return config.size(it) + 7; }}
        NOINLINE unsigned hooked(struct Hooks *hooks, void *it) {{ return hooks->hook(it) + 8; }}
        unsigned begin(unsigned n) {{
            struct Hooks *hooks = unknown(&(struct Hooks){{ 0 }});
            hooks->hook = any_waits;
            config = *(const struct Methods *)unknown((void *)&METHODS);
            {set}
            return sizes(unknown(&n)) + hooked(hooks, unknown(&n)) + page_computes(unknown(&n));
        }}"
    )
}

#[test]
fn a_field_that_nothing_is_assigned_to_holds_what_structs_begin_as() {
    program(&methods_and_hooks(""), "").check(&["hooked"], &["sizes"]);
}

#[test]
fn a_field_that_is_assigned_can_hold_any_function() {
    let assigned = [
        "((struct Methods *)unknown(&config))->size = any_waits;",
        "unsigned (**size)(void *) = unknown(&config.size); *size = hooks->hook;",
        "config = (struct Methods){ any_waits };",
        "config = (struct Methods){ .size = n > 3 ? any_waits : any_computes };",
        "unsigned (*hook)(void *) = hooks->hook; config = (struct Methods){ hook };",
    ];
    for set in assigned {
        program(&methods_and_hooks(set), "").check(&["hooked", "sizes"], &[]);
    }
    let macros = "#define SET(it, field, f) (it).field = f\n#define ALL(f) { f }\n";
    for set in
        ["SET(config, size, hooks->hook);", "struct Methods all = ALL(any_waits); config = all;"]
    {
        let code = format!("{macros}{}", methods_and_hooks(set));
        program(&code, "").check(&["hooked", "sizes"], &[]);
    }
}

/// Bytes are copied from one field to another: the guard tells of it.
#[test]
fn what_bytes_carry_to_another_field_is_missed() {
    let copy = "__builtin_memcpy(unknown(&config), hooks, sizeof config);";
    program(&methods_and_hooks(copy), "").check(&["hooked"], &["sizes"]);
}

/// C calls functions of Rust that are declared so, by the types that they have there, and no methods.
#[test]
fn functions_of_rust_have_types_in_their_sources() {
    let code = two_types("cell->start = value_computes;")
        .replace("n > 7 ? page_waits : page_computes", "page_in_rust");
    let code = format!("unsigned page_in_rust(struct Page *it);\n{code}");
    let rest = r#"
        #[repr(C)] struct Page { n: u32 }
        #[unsafe(no_mangle)]
        unsafe extern "C" fn page_in_rust(it: *mut Page) -> u32 { unsafe { wait((*it).n) + 9 } }
    "#;
    program(&code, rest).check(&["inits_page", "page_in_rust"], &["starts_value"]);
    // By no name that C has.
    let rest = rest.replace("*mut Page)", "*mut Leaf)").replace("struct Page {", "struct Leaf {");
    program(&code, &rest).check(&["inits_page", "starts_value"], &[]);
}
