//! Small Rust programs, compiled as cargo would, and who is in their suspension sets.

use super::{Cost, How, Linked, Reason, SuspensionSet, suspension_set};
use crate::toolchain;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

mod c;
mod unsupported;

/// What every program begins with.
///
/// The functions of a program that are told apart must differ in more than a slot: LLVM passes the
/// methods that they call as arguments, and merges what is then equal.
const PRELUDE: &str = r#"
    #![allow(unused)]
    use std::hint::black_box;
    #[link(wasm_import_module = "suspendable")]
    unsafe extern "C" { fn suspend(slot: u32) -> u32; }
    #[inline(never)]
    fn wait(n: u32) -> u32 { unsafe { suspend(n) } }
    #[inline(never)]
    fn compute(n: u32) -> u32 { black_box(n).wrapping_mul(2654435761) }
"#;

const RELOCATIONS: &str = "link-arg=--emit-relocs";

/// Compiles a program whose fibers run `entry(n: u32) -> u32`, with the cargo that the tool uses.
fn compile(program: &str, options: &[&str]) -> Vec<u8> {
    fs::read(built(program, options)).unwrap()
}

/// The file that [`compile`] reads.
fn built(program: &str, options: &[&str]) -> PathBuf {
    built_with(program, options, "")
}

/// The same of a program with dependencies.
fn built_with(program: &str, options: &[&str], dependencies: &str) -> PathBuf {
    let run = "#[unsafe(no_mangle)] extern \"C\" fn __suspendable_run(n: u32) -> u32 { entry(n) }";
    let source = format!("{PRELUDE}\n{program}\n{run}");
    let mut hasher = DefaultHasher::new();
    (&source, options, dependencies).hash(&mut hasher);
    let name = format!("probe-{:016x}", hasher.finish());

    // In one target folder, for where cargo has to compile the standard library first.
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/probes");
    let package = target.join("packages").join(&name);
    fs::create_dir_all(package.join("src")).unwrap();
    put(&package.join("src/lib.rs"), &source);
    let manifest = format!(
        "[package]\nname = \"{name}\"\nedition = \"2024\"\n[lib]\ncrate-type = [\"cdylib\"]\n[workspace]\n\
         [dependencies]\n{dependencies}\n"
    );
    put(&package.join("Cargo.toml"), &manifest);
    let output = toolchain::cargo(toolchain::LIBRARY)
        .unwrap()
        .args(["rustc", "--release", "--lib", "--quiet", "--target", toolchain::LIBRARY])
        .arg("--target-dir")
        .arg(&target)
        .arg("--")
        .args(options.iter().flat_map(|option| ["-C", option]))
        .current_dir(&package)
        .output()
        .expect("cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let file = format!("{}/release/{}.wasm", toolchain::LIBRARY, name.replace('-', "_"));
    target.join(file)
}

/// Writes a file, unless it is there: then it is not newer than what was made of it. Other tests may read it meanwhile.
fn put(file: &Path, text: &str) {
    if !fs::read_to_string(file).is_ok_and(|written| written == text) {
        let mut written = NamedTempFile::new_in(file.parent().unwrap()).unwrap();
        written.write_all(text.as_bytes()).unwrap();
        written.persist(file).unwrap();
    }
}

fn analyse_with(program: &str, options: &[&str]) -> Probe {
    Probe(suspension_set(&Linked::read(&compile(program, options)).unwrap(), None, &[]).unwrap())
}

/// The set of an optimised program.
fn analyse(program: &str) -> Probe {
    let probe = analyse_with(program, &["opt-level=3", RELOCATIONS]);
    assert!(probe.0.relocations);
    probe
}

/// A set whose members are asked for by the ends of their Rust paths.
struct Probe(SuspensionSet);

impl Probe {
    fn find(&self, path: &str) -> Option<&str> {
        let end = format!("::{path}");
        self.0.known.iter().map(String::as_str).find(|name| {
            *name == path || format!("{:#}", rustc_demangle::demangle(name)).ends_with(&end)
        })
    }

    fn contains(&self, path: &str) -> bool {
        let name = self.find(path).unwrap_or_else(|| panic!("no function `{path}`"));
        self.0.members.contains_key(name)
    }

    #[track_caller]
    fn check(&self, members: &[&str], others: &[&str]) {
        for member in members {
            assert!(self.contains(member), "`{member}` is not in the set");
        }
        for other in others {
            let chain = || self.0.chain(self.find(other)?);
            assert!(!self.contains(other), "`{other}` is in the set: {:#?}", chain());
        }
    }
}

#[test]
fn slots_of_one_trait_are_told_apart() {
    let probe = analyse(&two_methods());
    probe.check(&["reads", "wait"], &["sizes", "compute"]);
    let name = probe.find("reads").unwrap();
    assert!(
        matches!(&probe.0.members[name], Reason::Indirect { how: How::Slot(12), .. }),
        "{:?}",
        probe.0.members[name]
    );
}

#[test]
fn traits_with_one_signature_share_a_slot() {
    let probe = analyse(
        r#"
        trait Reads { fn read(&self, n: u32) -> u32; }
        trait Counts { fn before(&self); fn count(&self, n: u32) -> u32; }
        struct Both(u32);
        impl Reads for Both { fn read(&self, n: u32) -> u32 { wait(self.0 + n) } }
        impl Counts for Both {
            fn before(&self) { compute(1); }
            fn count(&self, n: u32) -> u32 { compute(self.0 + n) }
        }
        #[inline(never)] fn reads(it: &dyn Reads, n: u32) -> u32 { it.read(n) + 1 }
        #[inline(never)] fn counts(it: &dyn Counts, n: u32) -> u32 { it.count(n) + 2 }
        fn entry(n: u32) -> u32 {
            let (reader, counter): (Box<dyn Reads>, Box<dyn Counts>) =
                black_box((Box::new(Both(n)), Box::new(Both(n))));
            counter.before();
            reads(&*reader, n) + counts(&*counter, n)
        }
        "#,
    );
    probe.check(&["reads"], &["counts"]);
}

#[test]
fn a_table_is_reached_through_any_memory() {
    let probe = analyse(
        r#"
        struct Operation { name: &'static str, run: fn(u32) -> u32 }
        static OPERATIONS: [Operation; 2] = [
            Operation { name: "wait", run: suspends },
            Operation { name: "compute", run: computes },
        ];
        static PURE: [fn(u64) -> u64; 2] = [|n| n + 1, |n| n * 3];
        fn suspends(n: u32) -> u32 { wait(n) + 1 }
        fn computes(n: u32) -> u32 { compute(n) + 1 }
        #[inline(never)] fn named(operation: &Operation, n: u32) -> u32 { (operation.run)(n) + 1 }
        #[inline(never)] fn indexed(n: u32) -> u32 { (OPERATIONS[n as usize % 2].run)(n) + 1 }
        #[inline(never)] fn pure(n: u32) -> u64 { PURE[n as usize % 2](n as u64) + 1 }
        fn entry(n: u32) -> u32 {
            let found = OPERATIONS.iter().find(|operation| operation.name.len() == n as usize);
            named(black_box(found.unwrap()), n) + indexed(n) + pure(n) as u32
        }
        "#,
    );
    probe.check(&["named", "indexed", "suspends"], &["computes", "pure"]);
}

#[test]
fn a_constant_object_holds_what_it_holds() {
    let probe = analyse(
        r#"
        static WAITS: [fn(u32) -> u32; 2] = [|n| wait(n) + 1, |n| wait(n) + 2];
        static COMPUTES: [fn(u32) -> u32; 2] = [|n| compute(n) + 1, |n| compute(n) + 2];
        #[inline(never)] fn waits(n: u32) -> u32 { WAITS[n as usize % 2](n) + 1 }
        #[inline(never)] fn computes(n: u32) -> u32 { COMPUTES[n as usize % 2](n) + 1 }
        fn entry(n: u32) -> u32 { waits(n) + computes(n) }
        "#,
    );
    probe.check(&["waits"], &["computes"]);
}

#[test]
fn a_variable_may_hold_anything() {
    let probe = analyse(
        r#"
        use std::sync::atomic::{AtomicPtr, Ordering};
        static HOOK: AtomicPtr<()> = AtomicPtr::new(std::ptr::null_mut());
        fn waits(n: u32) -> u32 { wait(n) + 1 }
        fn computes(n: u32) -> u32 { compute(n) + 1 }
        #[inline(never)] fn set(n: u32) {
            let hook: fn(u32) -> u32 = if n > 7 { waits } else { computes };
            HOOK.store(hook as *mut (), Ordering::SeqCst)
        }
        #[inline(never)] fn hook(n: u32) -> u32 {
            let hook = HOOK.load(Ordering::SeqCst);
            if hook.is_null() { return 0 }
            unsafe { std::mem::transmute::<*mut (), fn(u32) -> u32>(hook)(n) + 1 }
        }
        fn entry(n: u32) -> u32 { set(n); hook(n) }
        "#,
    );
    probe.check(&["hook", "waits"], &["set", "computes"]);
}

#[test]
fn a_callback_is_what_the_callers_pass() {
    let probe = analyse(
        r#"
        fn waits(n: u32) -> u32 { wait(n) + 1 }
        fn computes(n: u32) -> u32 { compute(n) + 1 }
        #[inline(never)] fn first(callback: fn(u32) -> u32, n: u32) -> u32 { callback(n) + 1 }
        #[inline(never)] fn second(callback: fn(u32) -> u32, n: u32) -> u32 { callback(n) ^ 1 }
        #[inline(never)] fn taken(callback: fn(u32) -> u32, n: u32) -> u32 { callback(n) ^ 3 }
        fn entry(n: u32) -> u32 {
            let either = if n > 7 { waits } else { computes };
            let indirect = black_box(taken as fn(fn(u32) -> u32, u32) -> u32);
            first(either, n) + first(computes, n) + second(computes, n) + second(compute, n)
                + indirect(computes, n)
        }
        "#,
    );
    probe.check(&["first", "taken"], &["second"]);
}

/// At `opt-level=3` LLVM passes what a function would load from the vtable instead of the vtable.
#[test]
fn methods_that_llvm_passes_as_arguments_are_followed() {
    let probe = analyse(
        r#"
        trait Reads { fn read(&self, n: u32) -> u32; fn peek(&self, n: u32) -> u32; }
        struct Waiting(u32);
        struct Computing(u32);
        impl Reads for Waiting {
            fn read(&self, n: u32) -> u32 { wait(self.0 + n) }
            fn peek(&self, n: u32) -> u32 { compute(self.0 + n) }
        }
        impl Reads for Computing {
            fn read(&self, n: u32) -> u32 { compute(self.0 * n) }
            fn peek(&self, n: u32) -> u32 { compute(self.0 ^ n) }
        }
        #[inline(never)] fn again(it: &&dyn Reads, n: u32) -> u32 {
            if n == 0 { return it.read(n) }
            it.read(n) + again(it, n - 1)
        }
        #[inline(never)] fn peeks(it: &&dyn Reads, n: u32) -> u32 {
            if n == 0 { return it.peek(n) }
            it.peek(n) ^ peeks(it, n - 1)
        }
        fn entry(n: u32) -> u32 {
            let it: Box<dyn Reads> =
                if n > 3 { Box::new(Waiting(n)) } else { Box::new(Computing(n)) };
            let it = black_box(it);
            again(&&*it, n) + peeks(&&*it, n)
        }
        "#,
    );
    probe.check(&["again"], &["peeks"]);
}

#[test]
fn slots_chosen_at_run_time_are_followed() {
    let probe = analyse(
        r#"
        trait Many {
            fn a(&self, n: u32) -> u32; fn b(&self, n: u32) -> u32;
            fn c(&self, n: u32) -> u32; fn d(&self, n: u32) -> u32;
        }
        struct One(u32);
        impl Many for One {
            fn a(&self, n: u32) -> u32 { compute(self.0 + n) }
            fn b(&self, n: u32) -> u32 { wait(self.0 + n) }
            fn c(&self, n: u32) -> u32 { compute(self.0 * n) }
            fn d(&self, n: u32) -> u32 { compute(self.0 - n) }
        }
        struct Two(u32);
        impl Many for Two {
            fn a(&self, n: u32) -> u32 { compute(self.0 + n) ^ 1 }
            fn b(&self, n: u32) -> u32 { compute(self.0 / n) ^ 2 }
            fn c(&self, n: u32) -> u32 { compute(self.0 * n) ^ 3 }
            fn d(&self, n: u32) -> u32 { compute(self.0 - n) ^ 4 }
        }
        #[inline(never)] fn waits(it: &dyn Many, n: u32) -> u32 {
            let result = if n % 7 == 1 { it.a(n) } else { it.b(n) };
            result + 1
        }
        #[inline(never)] fn chooses(it: &dyn Many, n: u32) -> u32 {
            match n % 5 { 0 => it.a(n), 1 => it.b(n), 2 => it.c(n), _ => it.d(n) }
        }
        #[inline(never)] fn computes(it: &dyn Many, n: u32) -> u32 {
            let result = if n % 7 == 1 { it.c(n) } else { it.d(n) };
            result + 1
        }
        fn entry(n: u32) -> u32 {
            let it: Box<dyn Many> = if n > 3 { Box::new(One(n)) } else { Box::new(Two(n)) };
            let it = black_box(it);
            waits(&*it, n) + computes(&*it, n) + chooses(&*it, n)
        }
        "#,
    );
    probe.check(&["waits", "chooses"], &[]);
}

#[test]
fn drop_glue_is_slot_0() {
    let probe = analyse(
        r#"
        trait Named { fn name(&self) -> u32; }
        struct Remote(u32);
        struct Local(Vec<u32>);
        impl Named for Remote { fn name(&self) -> u32 { compute(self.0) } }
        impl Named for Local { fn name(&self) -> u32 { compute(self.0[0]) } }
        impl Drop for Remote { fn drop(&mut self) { wait(self.0); } }
        #[inline(never)] fn drops(it: Box<dyn Named>) { drop(it) }
        #[inline(never)] fn names(it: &dyn Named) -> u32 { it.name() + 1 }
        fn entry(n: u32) -> u32 {
            let it: Box<dyn Named> =
                if n > 3 { Box::new(Remote(n)) } else { Box::new(Local(vec![n])) };
            let it = black_box(it);
            let name = names(&*it);
            drops(it);
            name
        }
        "#,
    );
    probe.check(&["drops"], &["names"]);
}

#[test]
fn any_is_a_trait_like_others() {
    let probe = analyse(
        r#"
        use std::any::Any;
        struct Remote(u32);
        impl Drop for Remote { fn drop(&mut self) { wait(self.0); } }
        #[inline(never)] fn is_number(it: &dyn Any) -> bool { it.is::<u32>() }
        #[inline(never)] fn drops(it: Box<dyn Any>) { drop(it) }
        fn entry(n: u32) -> u32 {
            let it: Box<dyn Any> = if n > 3 { Box::new(Remote(n)) } else { Box::new(n) };
            let it = black_box(it);
            let number = is_number(&*it) as u32;
            drops(it);
            number
        }
        "#,
    );
    probe.check(&["drops"], &["is_number"]);
}

#[test]
fn closures_of_every_kind() {
    let probe = analyse(
        r#"
        #[inline(never)] fn by_reference(f: &dyn Fn(u32) -> u32, n: u32) -> u32 { f(n) + 1 }
        #[inline(never)] fn by_mutable(f: &mut dyn FnMut(u32, u32) -> u32, n: u32) -> u32 { f(n, n) + 1 }
        #[inline(never)] fn boxed(f: Box<dyn Fn(u32, u32, u32) -> u32>, n: u32) -> u32 { f(n, n, n) + 1 }
        #[inline(never)] fn boxed_once(f: Box<dyn FnOnce(u64) -> u32>, n: u32) -> u32 { f(n as u64) + 1 }
        #[inline(never)] fn shared(f: std::rc::Rc<dyn Fn(f32) -> u32>, n: u32) -> u32 { f(n as f32) + 1 }
        #[inline(never)] fn pure(f: &dyn Fn(f64) -> u32, n: u32) -> u32 { f(n as f64) + 1 }
        fn entry(n: u32) -> u32 {
            let by_reference = black_box(by_reference as fn(&dyn Fn(u32) -> u32, u32) -> u32);
            let mut sum = n;
            by_reference(&|m| wait(m + n), n)
                + by_mutable(black_box(&mut |a, b| { sum += wait(a ^ b); sum }), n)
                + boxed(black_box(Box::new(move |a, b, c| wait(a + b + c + n))), n)
                + boxed_once(black_box(Box::new(move |a| wait(a as u32 + n))), n)
                + shared(black_box(std::rc::Rc::new(move |a| wait(a as u32 + n))), n)
                + pure(black_box(&|a| compute(a as u32 + n)), n)
        }
        "#,
    );
    probe.check(
        &["by_reference", "by_mutable", "boxed", "boxed_once", "shared"],
        &["pure", "compute"],
    );
}

#[test]
fn supertraits_through_upcasting() {
    let probe = analyse(
        r#"
        trait Base { fn base(&self, n: u32) -> u32; }
        trait Other { fn other(&self, n: u32) -> u32; }
        trait Derived: Base + Other { fn derived(&self, n: u32) -> u32; }
        struct One(u32);
        struct Two(u32);
        impl Base for One { fn base(&self, n: u32) -> u32 { compute(self.0 + n) } }
        impl Other for One { fn other(&self, n: u32) -> u32 { wait(self.0 + n) } }
        impl Derived for One { fn derived(&self, n: u32) -> u32 { compute(self.0 ^ n) } }
        impl Base for Two { fn base(&self, n: u32) -> u32 { compute(self.0 - n) } }
        impl Other for Two { fn other(&self, n: u32) -> u32 { compute(self.0 * n) } }
        impl Derived for Two { fn derived(&self, n: u32) -> u32 { compute(self.0 & n) } }
        #[inline(never)] fn derives(it: &dyn Derived, n: u32) -> u32 { it.derived(n) + 3 }
        #[inline(never)] fn through_derived(it: &dyn Derived, n: u32) -> u32 { it.other(n) + 1 }
        #[inline(never)] fn through_other(it: &dyn Other, n: u32) -> u32 { it.other(n) + 2 }
        fn entry(n: u32) -> u32 {
            let it: Box<dyn Derived> = if n > 3 { Box::new(One(n)) } else { Box::new(Two(n)) };
            let it = black_box(it);
            let direct = derives(&*it, n) + through_derived(&*it, n);
            let it: Box<dyn Other> = it;
            direct + through_other(&*black_box(it), n)
        }
        "#,
    );
    probe.check(&["through_derived", "through_other"], &["derives"]);
}

#[test]
fn function_pointers_in_collections() {
    let probe = analyse(
        r#"
        use std::collections::HashMap;
        fn waits(n: u32) -> u32 { wait(n) + 1 }
        fn computes(n: u32) -> u32 { compute(n) + 1 }
        #[inline(never)] fn looks_up(map: &HashMap<u32, fn(u32) -> u32>, n: u32) -> u32 {
            map.get(&n).map_or(0, |f| f(n)) + 1
        }
        #[inline(never)] fn walks(list: &[fn(u32) -> u32], n: u32) -> u32 {
            list.iter().map(|f| f(n)).sum()
        }
        fn entry(n: u32) -> u32 {
            let mut map: HashMap<u32, fn(u32) -> u32> = HashMap::new();
            map.insert(1, waits);
            map.insert(2, computes);
            let list = vec![computes as fn(u32) -> u32, waits];
            looks_up(black_box(&map), n) + walks(black_box(&list), n)
        }
        "#,
    );
    probe.check(&["looks_up", "walks"], &["computes"]);
}

#[test]
fn panics_are_cut() {
    let probe = analyse(
        r#"
        struct Shown(u32);
        impl std::fmt::Display for Shown {
            fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                wait(self.0);
                f.write_str("shown")
            }
        }
        #[inline(never)] fn shows(n: u32) -> u32 { Shown(n).to_string().len() as u32 }
        #[inline(never)] fn panics(n: u32) -> u32 { if n == 77 { panic!("{}", Shown(n)) } n + 1 }
        #[inline(never)] fn unwraps(n: u32) -> u32 { "12".get(n as usize..).unwrap().len() as u32 }
        fn entry(n: u32) -> u32 { shows(n) + panics(n) + unwraps(n) }
        "#,
    );
    probe.check(&["shows"], &["panics", "unwraps"]);
}

/// What wasm-bindgen interprets takes the address of `waits`, but never runs.
#[test]
fn descriptions_are_left_out() {
    let probe = analyse(
        r#"
        #[link(wasm_import_module = "__wbindgen_placeholder__")]
        unsafe extern "C" { fn __wbindgen_describe(n: u32); }
        fn waits(n: u32) -> u32 { wait(n) + 1 }
        fn computes(n: u32) -> u32 { compute(n) + 1 }
        #[unsafe(no_mangle)] extern "C" fn __wbindgen_describe_closure() {
            unsafe { __wbindgen_describe(waits as fn(u32) -> u32 as usize as u32) }
        }
        #[inline(never)] fn calls(f: &fn(u32) -> u32, n: u32) -> u32 { f(n) + 1 }
        fn entry(n: u32) -> u32 {
            let functions: [fn(u32) -> u32; 2] = [computes, compute];
            calls(black_box(&functions[n as usize % 2]), n) + wait(n)
        }
        "#,
    );
    probe.check(&["wait"], &["calls"]);
}

#[test]
fn nobody_reached_by_no_fiber_is_a_member() {
    let probe = analyse(
        r#"
        #[inline(never)] fn apart(n: u32) -> u32 { wait(n) + 3 }
        #[unsafe(no_mangle)] extern "C" fn other_export(n: u32) -> u32 { apart(n) }
        fn entry(n: u32) -> u32 { wait(n) }
        "#,
    );
    probe.check(&["wait"], &["apart"]);
}

/// A trait of two methods, of which one waits, in one of two types.
const SOURCES: &str = r#"
    trait Source { fn read(&self, n: u32) -> u32; fn size(&self, n: u32) -> u32; }
    struct Remote(u32);
    struct Local(u32);
    impl Source for Remote {
        fn read(&self, n: u32) -> u32 { wait(self.0 + n) }
        fn size(&self, n: u32) -> u32 { compute(self.0 + n) }
    }
    impl Source for Local {
        fn read(&self, n: u32) -> u32 { compute(self.0 * n) }
        fn size(&self, n: u32) -> u32 { compute(self.0 ^ n) }
    }
"#;

/// It is called through `dyn`, each method by a function of its own.
fn two_methods() -> String {
    let calls = r#"
    #[inline(never)] fn reads(source: &dyn Source, n: u32) -> u32 { source.read(n) + 1 }
    #[inline(never)] fn sizes(source: &dyn Source, n: u32) -> u32 { source.size(n) + 2 }
    fn entry(n: u32) -> u32 {
        let source: Box<dyn Source> = if n > 3 { Box::new(Remote(n)) } else { Box::new(Local(n)) };
        let source = black_box(source);
        reads(&*source, n) + sizes(&*source, n)
    }
"#;
    [SOURCES, calls].concat()
}

#[test]
fn debug_builds_are_analysed_as_well() {
    let probe = analyse_with(&two_methods(), &["opt-level=0", "debuginfo=2", RELOCATIONS]);
    probe.check(&["reads"], &["sizes"]);
}

#[test]
fn without_relocations_signatures_count() {
    let probe = analyse_with(&two_methods(), &["opt-level=3"]);
    assert!(!probe.0.relocations);
    probe.check(&["reads", "sizes"], &["compute"]);
}

#[test]
fn chains_lead_to_suspend() {
    let probe = analyse(&two_methods());
    let chain = probe.0.chain("__suspendable_run").unwrap();
    assert_eq!(chain.last().unwrap().reason, Reason::Suspends);
    assert!(chain.iter().any(|step| step.caller == probe.find("reads").unwrap()));
    assert_eq!(probe.0.chain(probe.find("sizes").unwrap()), None);
    assert_eq!(probe.0.chain("no such function"), None);
}

#[test]
fn the_costliest_call_is_the_one_that_all_depends_on() {
    let probe = analyse(&two_methods());
    let costly = probe.0.costly_callers();
    assert_eq!(costly[0].caller, probe.find("reads").unwrap());
    assert_eq!(costly[0].cost, Cost { calls: 1, members: probe.0.members.len() });
    assert!(
        costly[1..].iter().all(|other| other.cost.members < costly[0].cost.members),
        "{costly:?}"
    );
    let costly = probe.0.costly_signatures();
    assert_eq!(costly[0].signature, "(i32, i32) -> i32");
    let (callee, _) = &costly[0].callees[0];
    assert!(callee.contains("Remote") && callee.contains("4read"), "{callee}");
}

#[test]
fn the_list_is_the_set_and_new_callers_of_it() {
    use super::{ENTRY, without_relocations};
    use walrus::{ExportItem, FunctionBuilder, Module, ValType::I32};
    let wasm = compile(&two_methods(), &["opt-level=3", RELOCATIONS]);
    let set = suspension_set(&Linked::read(&wasm).unwrap(), None, &[]).unwrap();
    let stripped = without_relocations(&wasm).unwrap();
    assert!(!suspension_set(&Linked::read(&stripped).unwrap(), None, &[]).unwrap().relocations);
    let mut module = Module::from_buffer(&stripped).unwrap();
    let members: Vec<String> = set.members.keys().cloned().collect();
    assert_eq!(set.carried_to(&module, &[], &[]).unwrap(), members);

    let run = module.exports.get_func(ENTRY).unwrap();
    let mut wrapper = FunctionBuilder::new(&mut module.types, &[I32], &[I32]);
    wrapper.name("a wrapper".to_owned());
    let argument = module.locals.add(I32);
    wrapper.func_body().local_get(argument).call(run);
    let wrapper = wrapper.finish(vec![argument], &mut module.funcs);
    let others = set.carried_to(&module, &[], &[]).unwrap();
    assert_eq!(others, members, "no fiber reaches the wrapper");
    for export in module.exports.iter_mut().filter(|export| export.name == ENTRY) {
        export.item = ExportItem::Function(wrapper);
    }
    let names = set.carried_to(&module, &[], &[]).unwrap();
    assert!(names.contains(&"a wrapper".to_owned()), "{names:?}");
}

#[test]
fn without_names_there_is_no_list() {
    let wasm = compile(&two_methods(), &["opt-level=3", RELOCATIONS, "strip=symbols"]);
    let set = suspension_set(&Linked::read(&wasm).unwrap(), None, &[]).unwrap();
    let module = walrus::Module::from_buffer(&wasm).unwrap();
    assert!(set.carried_to(&module, &[], &[]).is_err());
}

/// Code that LLVM does not write at will.
mod by_hand {
    use super::super::flow::{Callee, Flow, Value};
    use super::super::linked::Linked;
    use super::super::origin::{Origin, Origins, Tracer};

    /// The origins of the address of the only indirect call in `$f`, which is the first function.
    fn origins(code: &str) -> Origins {
        let module = format!("(module (type $t (func)) (table 1 funcref) (memory 1) {code})");
        let wasm = wat::parse_str(module).unwrap();
        let linked = Linked::read(&wasm).unwrap();
        let flow = Flow::of(&linked, 0).unwrap();
        let [call] = &flow.calls[..] else {
            panic!("{} calls", flow.calls.len());
        };
        let Callee::Indirect { address, .. } = call.callee else {
            panic!("a direct call");
        };
        Tracer::new(&flow).origins(address)
    }

    /// So far behind the first parameter.
    fn slots<const N: usize>(offsets: [i32; N]) -> Origins {
        offsets.map(|offset| (Origin::Behind(0, offset), 0)).into()
    }

    /// What is exchanged with memory is there from then on.
    #[test]
    fn what_is_exchanged_is_stored() {
        for exchange in [
            "(i32.atomic.rmw.xchg (i32.const 8) (local.get 0))",
            "(i32.atomic.rmw.cmpxchg (i32.const 8) (i32.const 0) (local.get 0))",
        ] {
            let module =
                format!("(module (memory 1 1 shared) (func (param i32) (drop {exchange})))");
            let wasm = wat::parse_str(module).unwrap();
            let flow = Flow::of(&Linked::read(&wasm).unwrap(), 0).unwrap();
            let mut escaped = flow.escaped.iter().map(|value| &flow.values[*value as usize]);
            assert!(escaped.any(|value| *value == Value::Parameter(0)), "{exchange}");
        }
    }

    #[test]
    fn a_local_is_what_it_was_set_to_last() {
        let found = origins(
            "(func (param i32) (local $x i32)
                (local.set $x (i32.load offset=12 (local.get 0)))
                (drop (local.get $x))
                (local.set $x (i32.load offset=16 (local.get 0)))
                (call_indirect (type $t) (local.get $x))
                (local.set $x (i32.load offset=20 (local.get 0))))",
        );
        assert_eq!(found, slots([16]));
    }

    #[test]
    fn arms_are_joined() {
        let found = origins(
            "(func (param i32 i32) (local $x i32)
                (if (local.get 1)
                    (then (local.set $x (i32.load offset=12 (local.get 0))))
                    (else (local.set $x (i32.load offset=16 (local.get 0)))))
                (call_indirect (type $t) (local.get $x)))",
        );
        assert_eq!(found, slots([12, 16]));
    }

    #[test]
    fn without_else_the_old_value_stays() {
        let found = origins(
            "(func (param i32 i32) (local $x i32)
                (local.set $x (i32.load offset=12 (local.get 0)))
                (if (local.get 1) (then (local.set $x (i32.load offset=16 (local.get 0)))))
                (call_indirect (type $t) (local.get $x)))",
        );
        assert_eq!(found, slots([12, 16]));
    }

    #[test]
    fn a_loop_brings_back_what_its_end_set() {
        let found = origins(
            "(func (param i32 i32) (local $x i32) (local $y i32)
                (local.set $x (i32.load offset=12 (local.get 0)))
                (local.set $y (i32.load offset=16 (local.get 0)))
                (loop $again
                    (call_indirect (type $t) (local.get $x))
                    (local.set $x (local.get $y))
                    (local.set $y (i32.load offset=20 (local.get 0)))
                    (br_if $again (local.get 1))))",
        );
        assert_eq!(found, slots([12, 16, 20]));
    }

    #[test]
    fn who_leaves_does_not_come_back() {
        let found = origins(
            "(func (param i32 i32) (local $x i32)
                (local.set $x (i32.load offset=12 (local.get 0)))
                (block $out
                    (br_if $out (local.get 1))
                    (local.set $x (i32.load offset=16 (local.get 0)))
                    (return))
                (call_indirect (type $t) (local.get $x)))",
        );
        assert_eq!(found, slots([12]));
    }

    #[test]
    fn blocks_carry_values() {
        let found = origins(
            "(func (param i32 i32)
                (call_indirect (type $t)
                    (block $out (result i32)
                        (br_if $out (i32.load offset=12 (local.get 0)) (local.get 1))
                        (drop)
                        (block $inner (result i32)
                            (br_table $inner $out (i32.load offset=16 (local.get 0))
                                                  (local.get 1))))))",
        );
        assert_eq!(found, slots([12, 16]));
    }

    #[test]
    fn constants_are_added_and_chosen() {
        let found = origins(
            "(func (param i32 i32)
                (call_indirect (type $t)
                    (i32.load offset=4
                        (i32.add
                            (select (i32.const 12) (i32.const 16) (local.get 1))
                            (i32.sub (local.get 0) (i32.const 4))))))",
        );
        assert_eq!(found, slots([12, 16]));
    }

    #[test]
    fn a_pointer_and_a_computed_number_are_an_element() {
        let found = origins(
            "(func (param i32 i32)
                (call_indirect (type $t)
                    (i32.load offset=4
                        (i32.add (local.get 0) (i32.shl (local.get 1) (i32.const 2))))))",
        );
        assert_eq!(found, Origins::from([(Origin::Cell, 0)]));
    }

    /// LLVM copies two words at once.
    #[test]
    fn halves_of_two_words_are_words() {
        let call = |address: &str| {
            format!("(func (param i32 i32) (local $w i64) {address} (call_indirect (type $t)))")
        };
        let load = "(local.set $w (i64.load offset=12 (local.get 0)))";
        let lower = format!("{load} (i32.wrap_i64 (local.get $w))");
        assert_eq!(origins(&call(&lower)), slots([12]));
        let upper = format!("{load} (i32.wrap_i64 (i64.shr_u (local.get $w) (i64.const 32)))");
        assert_eq!(origins(&call(&upper)), slots([16]));
        let extended =
            "(i64.shl (i64.extend_i32_u (i32.load offset=20 (local.get 0))) (i64.const 32))";
        let put = format!("(local.set $w (i64.or {extended} (i64.extend_i32_u (local.get 1))))");
        let upper = format!("{put} (i32.wrap_i64 (i64.shr_u (local.get $w) (i64.const 32)))");
        assert_eq!(origins(&call(&upper)), slots([20]));
        let branch = format!(
            "{load} (if (local.get 1) (then (local.set $w (i64.load offset=24 (local.get 0)))))
             (i32.wrap_i64 (local.get $w))"
        );
        assert_eq!(origins(&call(&branch)), slots([12, 24]));
        // Of other arithmetic nothing is known.
        let sum = format!("{load} (i32.wrap_i64 (i64.add (local.get $w) (i64.const 1)))");
        assert_eq!(origins(&call(&sum)), Origins::from([(Origin::Opaque, 0)]));
        let shifted = format!("{load} (i32.wrap_i64 (i64.shr_u (local.get $w) (i64.const 8)))");
        assert_eq!(origins(&call(&shifted)), Origins::from([(Origin::Opaque, 0)]));
    }

    #[test]
    fn an_aligned_pointer_is_an_element() {
        for pointer in
            ["i32.and (local.get 0) (i32.const -4)", "i32.or (local.get 0) (i32.const 8)"]
        {
            let found = origins(&format!(
                "(func (param i32) (call_indirect (type $t) (i32.load offset=4 ({pointer}))))"
            ));
            assert_eq!(found, Origins::from([(Origin::Cell, 0)]), "{pointer}");
        }
    }

    #[test]
    fn computed_addresses_may_be_anywhere() {
        let found = origins(
            "(func (param i32 i32)
                (call_indirect (type $t) (i32.load offset=4 (i32.shl (local.get 1) (i32.const 2)))))",
        );
        assert_eq!(found, Origins::from([(Origin::Memory, 0)]));
    }

    #[test]
    fn a_pointer_that_walks_is_an_element() {
        let found = origins(
            "(func (param i32 i32) (local $f i32)
                (loop $again
                    (local.set $f (i32.load (local.get 0)))
                    (local.set 0 (i32.add (local.get 0) (i32.const 4)))
                    (br_if $again (local.get 1)))
                (call_indirect (type $t) (local.get $f)))",
        );
        // What it begins with, and what stands at any number of steps behind it.
        assert!(found.contains(&(Origin::Cell, 0)), "{found:?}");
        assert!(
            !found.iter().any(|(origin, _)| matches!(origin, Origin::Computed | Origin::Memory))
        );
    }

    #[test]
    fn a_number_that_counts_stays_computed() {
        let found = origins(
            "(func (param i32 i32) (local $n i32)
                (loop $again
                    (local.set $n (i32.add (local.get $n) (i32.const 4)))
                    (br_if $again (local.get 1)))
                (call_indirect (type $t) (i32.load (local.get $n))))",
        );
        let is_anything = |origin: &Origin| matches!(origin, Origin::Opaque | Origin::Memory);
        assert!(found.iter().any(|(origin, _)| is_anything(origin)), "{found:?}");
    }
}

/// Calls that are told by what the source names.
mod by_name {
    use super::super::{Linked, Sources, suspension_set};
    use super::{Probe, RELOCATIONS, built, built_with, compile};
    use crate::transform::rust_path;
    use std::collections::BTreeSet;

    const LINES: &str = "debuginfo=line-tables-only";
    const SYMBOLS: &str = "llvm-args=-mergefunc-preserve-debug-info";

    pub fn named_with(program: &str, options: &[&str]) -> Probe {
        let wasm = compile(program, options);
        let sources = Sources::of(&built(program, options)).unwrap();
        Probe(suspension_set(&Linked::read(&wasm).unwrap(), Some(sources), &[]).unwrap())
    }

    /// What the tool has cargo compile with.
    pub const OPTIONS: &[&str] = &["opt-level=3", RELOCATIONS, LINES, "strip=none", SYMBOLS];

    fn named(program: &str) -> Probe {
        named_with(program, OPTIONS)
    }

    /// Two traits with a method at the same place of the vtable, of one signature; one waits.
    const TRAITS: &str = r#"
        trait Reads { fn read(&self, n: u32) -> u32; fn other(&self); }
        trait Counts { fn count(&self, n: u32) -> u32; fn another(&self); }
        struct Both(u32);
        impl Reads for Both {
            fn read(&self, n: u32) -> u32 { wait(self.0 + n) }
            fn other(&self) { compute(1); }
        }
        impl Counts for Both {
            fn count(&self, n: u32) -> u32 { compute(self.0 + n) }
            fn another(&self) { compute(2); }
        }
        fn both(n: u32) -> (Box<dyn Reads>, Box<dyn Counts>) {
            let (reader, counter): (Box<dyn Reads>, Box<dyn Counts>) =
                black_box((Box::new(Both(n)), Box::new(Both(n))));
            reader.other();
            counter.another();
            (reader, counter)
        }
    "#;

    #[test]
    fn methods_of_one_signature_are_told_apart() {
        let program = format!(
            "{TRAITS}
            #[inline(never)] fn reads(it: &dyn Reads, n: u32) -> u32 {{ it.read(n) + 1 }}
            #[inline(never)] fn counts(it: &dyn Counts, n: u32) -> u32 {{ it.count(n) + 2 }}
            #[inline(never)] fn by_path(it: &dyn Counts, n: u32) -> u32 {{ Counts::count(it, n) + 3 }}
            fn entry(n: u32) -> u32 {{
                let (reader, counter) = both(n);
                reads(&*reader, n) + counts(&*counter, n) + by_path(&*counter, n)
            }}"
        );
        named(&program).check(&["reads"], &["counts", "by_path"]);
        // Without line tables, a call reaches what has its signature.
        let without = &["opt-level=3", RELOCATIONS, SYMBOLS];
        named_with(&program, without).check(&["reads", "counts", "by_path"], &[]);
    }

    /// LLVM makes one function of them, whose lines are those of one.
    #[test]
    fn functions_of_one_code_have_no_place() {
        let program = format!(
            "{TRAITS}
            #[inline(never)] fn reads(it: &dyn Reads, n: u32) -> u32 {{ it.read(n) + 1 }}
            #[inline(never)] fn counts(it: &dyn Counts, n: u32) -> u32 {{ it.count(n) + 1 }}
            fn entry(n: u32) -> u32 {{
                let (reader, counter) = both(n);
                reads(&*reader, n) + counts(&*counter, n)
            }}"
        );
        let probe = named(&program);
        assert!(probe.contains("reads") || probe.contains("counts"));
    }

    /// `<Wait as Reads>::read` and `<Wait as Counts>::count` are one function, with a symbol for each.
    #[test]
    fn a_method_is_found_under_each_of_its_names() {
        let probe = named(
            r#"
            trait Reads { fn read(&self, n: u32) -> u32; fn other(&self); }
            trait Counts { fn count(&self, n: u32) -> u32; fn another(&self); }
            struct Wait(u32);
            struct Pure(u32);
            impl Reads for Wait { fn read(&self, n: u32) -> u32 { wait(self.0 + n) } fn other(&self) {} }
            impl Counts for Wait { fn count(&self, n: u32) -> u32 { wait(self.0 + n) } fn another(&self) {} }
            impl Counts for Pure { fn count(&self, n: u32) -> u32 { compute(n) } fn another(&self) {} }
            #[inline(never)] fn reads(it: &dyn Reads, n: u32) -> u32 { it.read(n) + 1 }
            #[inline(never)] fn counts(it: &dyn Counts, n: u32) -> u32 { it.count(n) + 2 }
            fn entry(n: u32) -> u32 {
                let reader: Box<dyn Reads> = black_box(Box::new(Wait(n)));
                let counter: Box<dyn Counts> =
                    if n > 3 { Box::new(Wait(n)) } else { Box::new(Pure(n)) };
                reads(&*reader, n) + counts(&*black_box(counter), n)
            }
            "#,
        );
        probe.check(&["reads", "counts"], &[]);
    }

    #[test]
    fn closures_and_functions_behind_dyn_fn_are_pointers() {
        let probe = named(
            r#"
            trait Counts { fn before(&self, n: u32) -> u32; fn middle(&self, n: u32) -> u32; fn count(&self, n: u32) -> u32; }
            struct Pure(u32);
            impl Counts for Pure {
                fn before(&self, n: u32) -> u32 { compute(self.0 ^ n) }
                fn middle(&self, n: u32) -> u32 { compute(self.0 | n) }
                fn count(&self, n: u32) -> u32 { compute(self.0 & n) }
            }
            fn plain(n: u32) -> u32 { wait(n) + 4 }
            struct Held { hook: Box<dyn Fn(u32) -> u32>, list: Vec<Box<dyn Fn(u32) -> u32>> }
            #[inline(never)] fn calls(f: &dyn Fn(u32) -> u32, n: u32) -> u32 { f(n) + 1 }
            #[inline(never)] fn held(it: &Held, n: u32) -> u32 { (it.hook)(n) + 2 }
            #[inline(never)] fn listed(it: &Held, n: u32) -> u32 { it.list[n as usize](n) + 3 }
            #[inline(never)] fn counts(it: &dyn Counts, n: u32) -> u32 { it.count(n) + 5 }
            fn entry(n: u32) -> u32 {
                let m = black_box(n);
                let held_ones = black_box(Held { hook: Box::new(move |n| wait(n ^ m)), list: vec![Box::new(plain)] });
                let counter: Box<dyn Counts> = black_box(Box::new(Pure(n)));
                calls(black_box(&plain), n) + held(&held_ones, n) + listed(&held_ones, n)
                    + counter.before(n) + counter.middle(n) + counts(&*counter, n)
            }
            "#,
        );
        probe.check(&["calls", "held", "listed"], &["counts"]);
    }

    #[test]
    fn what_macros_write_is_told_by_what_stands_in_them() {
        let program = format!(
            "{TRAITS}
            macro_rules! count {{ ($it:expr, $n:expr) => {{ $it.count($n) }} }}
            macro_rules! any {{ ($it:expr, $name:ident, $n:expr) => {{ $it.$name($n) }} }}
            #[inline(never)] fn counts(it: &dyn Counts, n: u32) -> u32 {{ count!(it, n) + 2 }}
            #[inline(never)] fn reads(it: &dyn Reads, n: u32) -> u32 {{ any!(it, read, n) + 1 }}
            fn entry(n: u32) -> u32 {{
                let (reader, counter) = both(n);
                reads(&*reader, n) + counts(&*counter, n)
            }}"
        );
        named(&program).check(&["reads"], &["counts"]);
    }

    /// Jobs of rayon's are called where it runs them, and nowhere else, though anybody could have their address.
    #[test]
    fn jobs_are_called_where_they_are_run() {
        let program = r#"
            extern crate rayon_core;
            #[inline(never)] fn waiting(n: u32) -> u32 { wait(n) + 1 }
            #[inline(never)] fn spawns(n: u32) -> u32 {
                rayon_core::scope(|scope| scope.spawn(move |_| { waiting(n); }));
                n + 2
            }
            unsafe fn computes(_: *const ()) { compute(3); }
            #[inline(never)] fn calls(f: unsafe fn(*const ()), n: u32) -> u32 {
                unsafe { f(std::ptr::null()) }
                n + 4
            }
            fn entry(n: u32) -> u32 { spawns(n) + calls(black_box(computes), n) }
        "#;
        let analyse = |options, is_named: bool| {
            let file = built_with(program, options, "rayon-core = \"1.12\"");
            let sources = is_named.then(|| Sources::of(&file).unwrap());
            let wasm = std::fs::read(file).unwrap();
            Probe(suspension_set(&Linked::read(&wasm).unwrap(), sources, &[]).unwrap())
        };
        // Who calls a job.
        let callers = |probe: &Probe| -> BTreeSet<String> {
            let calls = probe.0.calls().filter(|call| call.callee.contains("HeapJob"));
            calls.map(|call| rust_path(call.caller)).collect()
        };
        let named = analyse(OPTIONS, true);
        named.check(&["spawns", "waiting"], &[]);
        let of_named = callers(&named);
        assert!(of_named.iter().any(|caller| caller.contains("rayon_core")), "{of_named:?}");
        assert!(!of_named.iter().any(|caller| caller.ends_with("::calls")), "{of_named:?}");
        // Where the places of calls are not known, each may be that one.
        let of_all = callers(&analyse(OPTIONS, false));
        assert!(of_all.iter().any(|caller| caller.ends_with("::calls")), "{of_all:?}");
    }

    /// A source that is newer than the module may be another one.
    #[test]
    fn a_source_that_has_changed_is_not_read() {
        let program = format!(
            "{TRAITS}
            #[inline(never)] fn reads(it: &dyn Reads, n: u32) -> u32 {{ it.read(n) + 7 }}
            #[inline(never)] fn counts(it: &dyn Counts, n: u32) -> u32 {{ it.count(n) + 8 }}
            fn entry(n: u32) -> u32 {{
                let (reader, counter) = both(n);
                reads(&*reader, n) + counts(&*counter, n)
            }}"
        );
        let wasm = compile(&program, OPTIONS);
        let module = tempfile::NamedTempFile::new().unwrap();
        let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1);
        module.as_file().set_modified(old).unwrap();
        let sources = Sources::of(module.path()).unwrap();
        let probe =
            Probe(suspension_set(&Linked::read(&wasm).unwrap(), Some(sources), &[]).unwrap());
        probe.check(&["reads", "counts"], &[]);
    }

    #[test]
    fn drop_glue_reaches_drop_glue() {
        let probe = named(
            r#"
            fn hooked(n: *const u32) { wait(n as u32); }
            static HOOK: std::sync::Mutex<Option<fn(*const u32)>> = std::sync::Mutex::new(None);
            trait Named { fn name(&self) -> u32; }
            struct Listed(Vec<u32>);
            impl Named for Listed { fn name(&self) -> u32 { compute(self.0[0]) } }
            #[inline(never)] fn drops(it: Box<dyn Named>) -> u32 { let n = it.name(); drop(it); n }
            #[inline(never)] fn hooks(n: u32) { if let Some(hook) = *HOOK.lock().unwrap() { hook(n as *const u32) } }
            fn entry(n: u32) -> u32 {
                *HOOK.lock().unwrap() = Some(black_box(hooked as fn(*const u32)));
                hooks(n);
                drops(black_box(Box::new(Listed(vec![n]))))
            }
            "#,
        );
        probe.check(&["hooks", "hooked"], &[]);
        // That it is glue says the standard library, if its sources are here.
        assert_eq!(probe.contains("drops"), !has_sources_of_std());
    }

    /// What an object of a trait is dropped with, stands in a vtable of that trait.
    #[test]
    fn drop_glue_is_that_of_the_trait() {
        let probe = named(
            r#"
            trait Named { fn name(&self) -> u32; }
            trait Held { fn hold(&self, n: u32) -> u32; }
            trait Again: Held { }
            trait Above: Held { fn above(&self) -> u32; }
            struct Listed(Vec<u32>);
            impl Named for Listed { fn name(&self) -> u32 { compute(self.0[0]) } }
            struct Waits(u32);
            impl Drop for Waits { fn drop(&mut self) { wait(self.0); } }
            impl Held for Waits { fn hold(&self, n: u32) -> u32 { compute(self.0 ^ n) } }
            impl Again for Waits { }
            struct More(Waits);
            impl Held for More { fn hold(&self, n: u32) -> u32 { compute(self.0.0 | n) } }
            impl Above for More { fn above(&self) -> u32 { compute(self.0.0) } }
            #[inline(never)] fn named(it: Box<dyn Named>) -> u32 { let n = it.name(); drop(it); n }
            #[inline(never)] fn held(it: Box<dyn Held>, n: u32) -> u32 { let n = it.hold(n); drop(it); n + 1 }
            // Of a trait without methods of its own.
            #[inline(never)] fn again(it: Box<dyn Again>, n: u32) -> u32 { let n = it.hold(n); drop(it); n + 2 }
            #[inline(never)] fn above(it: Box<dyn Above>, n: u32) -> u32 { let n = it.above(); drop(it); n + 3 }
            // The vtable is that of the trait below, or one of its own.
            #[inline(never)] fn upcast(it: Box<dyn Above>, n: u32) -> u32 {
                let it: Box<dyn Held> = black_box(it);
                let n = it.hold(n) + 4;
                drop(it);
                n
            }
            fn entry(n: u32) -> u32 {
                named(black_box(Box::new(Listed(vec![n])))) + held(black_box(Box::new(Waits(n))), n)
                    + again(black_box(Box::new(Waits(n))), n)
                    + above(black_box(Box::new(More(Waits(n)))), n)
                    + upcast(black_box(Box::new(More(Waits(n)))), n)
            }
            "#,
        );
        probe.check(&["held", "again", "above", "upcast"], &["named"]);
    }

    /// A slice is two words, as two arguments are.
    #[test]
    fn closures_are_told_apart_by_how_many_arguments_they_have() {
        let probe = named(
            r#"
            macro_rules! call { ($f:ident, $($n:expr),*) => { $f($($n),*) } }
            #[inline(never)] fn two(f: &dyn Fn(usize, usize) -> u32, n: usize) -> u32 { f(n, n / 2) + 1 }
            #[inline(never)] fn one(f: &dyn Fn(&[u8]) -> u32, n: &[u8]) -> u32 { f(n) + 2 }
            #[inline(never)] fn by_macro(f: &dyn Fn(usize, usize) -> u32, n: usize) -> u32 { call!(f, n, 7) + 3 }
            #[inline(never)] fn generic(f: impl Fn(usize, usize) -> u32, n: usize) -> u32 { f(n, n / 4) + 4 }
            fn entry(n: u32) -> u32 {
                // With something to be dropped, `call_once` is another function than `call`.
                let m = black_box(n);
                let kept = black_box(vec![n]);
                let waits: Box<dyn Fn(usize, usize) -> u32> = black_box(Box::new(move |a, b| wait(a as u32 ^ b as u32 ^ kept[0])));
                let computes: Box<dyn Fn(&[u8]) -> u32> = black_box(Box::new(move |n| compute(n.len() as u32 + m)));
                two(&*waits, n as usize) + one(&*computes, &n.to_le_bytes()) + by_macro(&*waits, n as usize)
                    + generic(waits, n as usize)
            }
            "#,
        );
        probe.check(&["two", "by_macro", "generic"], &["one"]);
    }

    /// `Box` and `&F` have a `call` of their own, in the library: its types say how many arguments there are.
    #[test]
    fn a_closure_in_a_box_is_called_with_as_many_arguments() {
        let probe = named(
            r#"
            type Two = Box<dyn Fn(usize, usize) -> u32>;
            type One = Box<dyn Fn(&[u8]) -> u32 + Send>;
            trait Plugin { fn call(&self, a: usize, b: usize) -> u32; fn other(&self); }
            struct Waits(u32);
            impl Plugin for Waits {
                fn call(&self, a: usize, b: usize) -> u32 { wait(self.0 + a as u32 * b as u32) }
                fn other(&self) { compute(2); }
            }
            // User code may call itself so.
            #[inline(always)] fn call<T>(f: &dyn Fn(usize, usize) -> u32, n: T) -> u32 where T: Into<(usize, )> {
                let (n,) = n.into();
                f(n, n / 3)
            }
            #[inline(never)] fn two(f: &Two, n: usize) -> u32 { f(n, n / 2) + 1 }
            #[inline(never)] fn one(f: &One, n: &[u8]) -> u32 { f(n) + 2 }
            #[inline(never)] fn by_reference(f: &&(dyn Fn(usize, usize) -> u32), n: usize) -> u32 { f(n, 7) + 3 }
            #[inline(never)] fn own(f: &dyn Fn(usize, usize) -> u32, n: usize) -> u32 { call(f, (n,)) + 4 }
            #[inline(never)] fn plugin(it: &dyn Plugin, n: usize) -> u32 { it.other(); it.call(n, 3) + 5 }
            fn entry(n: u32) -> u32 {
                let m = black_box(n);
                let kept = black_box(vec![n]);
                let waits: Two = black_box(Box::new(move |a, b| wait(a as u32 ^ b as u32 ^ kept[0])));
                let computes: One = black_box(Box::new(move |n| compute(n.len() as u32 + m)));
                two(&waits, n as usize) + one(&computes, &n.to_le_bytes()) + by_reference(&&*waits, n as usize)
                    + own(&*waits, n as usize) + plugin(&*black_box(Box::new(Waits(n)) as Box<dyn Plugin>), n as usize)
            }
            "#,
        );
        probe.check(&["two", "by_reference", "own", "plugin"], &["one"]);
    }

    /// A method that is called `call` is one of closures if its trait is.
    #[test]
    fn a_method_named_call_is_no_closure() {
        let probe = named(
            r#"
            trait Plugin { fn call(&self, n: u32) -> u32; fn other(&self); }
            struct Waits(u32);
            impl Plugin for Waits { fn call(&self, n: u32) -> u32 { wait(self.0 + n) } fn other(&self) { compute(2); } }
            #[inline(never)] fn closure(f: &dyn Fn(u32) -> u32, n: u32) -> u32 { f(n) + 1 }
            #[inline(never)] fn plugin(it: &dyn Plugin, n: u32) -> u32 { it.other(); it.call(n) + 2 }
            fn entry(n: u32) -> u32 {
                let m = black_box(n);
                let computes: Box<dyn Fn(u32) -> u32> = black_box(Box::new(move |n| compute(n + m)));
                closure(&*computes, n) + plugin(&*black_box(Box::new(Waits(n)) as Box<dyn Plugin>), n)
            }
            "#,
        );
        probe.check(&["plugin"], &["closure"]);
    }

    /// Also in functions whose lines LLVM has merged.
    #[test]
    fn core_formats_with_what_formats() {
        let probe = named(
            r#"
            trait Event { fn event(&self, text: *const u8, length: usize) -> bool; fn other(&self); }
            struct Remote(u32);
            impl Event for Remote {
                fn event(&self, text: *const u8, length: usize) -> bool { wait(text as u32 ^ length as u32) == self.0 }
                fn other(&self) { compute(1); }
            }
            #[inline(never)] fn sends(it: &dyn Event, n: u32) -> u32 { it.other(); it.event(n as *const u8, 3) as u32 }
            #[inline(never)] fn pads(n: u32) -> u32 { format!("{:>9}|{:?}", if n > 3 { "a" } else { "bc" }, 'd').len() as u32 }
            fn entry(n: u32) -> u32 {
                sends(&*black_box(Box::new(Remote(n)) as Box<dyn Event>), n) + pads(n)
            }
            "#,
        );
        probe.check(&["sends"], &["pads"]);
    }

    /// A call that LLVM has made of several, by arithmetic, has no place; one that has a place calls by an address in
    /// memory.
    #[test]
    fn a_call_with_a_name_is_no_choice_of_several() {
        let many = r#"
            trait Many { fn a(&self, n: u32) -> u32; fn b(&self, n: u32) -> u32; }
            struct Waits(u32);
            impl Many for Waits {
                fn a(&self, n: u32) -> u32 { wait(self.0 + n) }
                fn b(&self, n: u32) -> u32 { wait(self.0 ^ n) }
            }
            #[inline(never)] fn chooses(it: &dyn Many, n: u32) -> u32 {
                (if n % 5 == 0 { it.a(n) } else { it.b(n) }) + 1
            }
            #[inline(never)] fn listed(list: &[fn(*const u32, u32) -> u32], n: u32) -> u32 {
                list[n as usize / 7](&n, n) + 2
            }
            fn one(at: *const u32, n: u32) -> u32 { compute(at as u32 ^ n) }
            fn entry(n: u32) -> u32 {
                let list = black_box(vec![one as fn(*const u32, u32) -> u32]);
                chooses(&*black_box(Box::new(Waits(n)) as Box<dyn Many>), n) + listed(&list, n)
            }
        "#;
        named(many).check(&["chooses"], &["listed"]);
    }

    /// `fn $name(…) { T::$name(…) }`, as in macros that write what forwards to something else.
    #[test]
    fn a_name_that_a_macro_is_given_is_that_of_its_function() {
        let program = format!(
            r#"{TRAITS}
            macro_rules! forward {{
                ($($name:ident)*) => {{
                    $(#[inline(never)] fn $name(it: &dyn Counts, n: u32) -> u32 {{ Counts::$name(it, n) + 2 }})*
                }}
            }}
            forward!(count);
            macro_rules! other {{
                ($($name:ident $called:ident)*) => {{
                    $(#[inline(never)] fn $name(it: &dyn Reads, n: u32) -> u32 {{ Reads::$called(it, n) + 3 }})*
                }}
            }}
            other!(by_another_name read);
            #[inline(never)] fn counts(it: &dyn Counts, n: u32) -> u32 {{ count(it, n) ^ 1 }}
            #[inline(never)] fn reads(it: &dyn Reads, n: u32) -> u32 {{ by_another_name(it, n) ^ 2 }}
            fn entry(n: u32) -> u32 {{
                let (reader, counter) = both(n);
                reads(&*reader, n) + counts(&*counter, n)
            }}"#
        );
        named(&program).check(&["reads"], &["counts"]);
    }

    fn has_sources_of_std() -> bool {
        let sysroot = std::process::Command::new("rustc").args(["--print", "sysroot"]).output();
        let sysroot = String::from_utf8(sysroot.unwrap().stdout).unwrap();
        let sources = std::path::Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library");
        sources.join("core/src/ptr/mod.rs").exists()
    }
}

/// Arguments of `format_args!` reach functions whose address is taken, not methods of any trait.
#[test]
fn formatting_reaches_what_is_formatted() {
    let probe = analyse(
        r#"
        trait Source {
            fn a(&self); fn b(&self); fn c(&self); fn d(&self, n: u32) -> u32;
            fn read(&self, n: u32) -> u32;
        }
        struct Remote(u32);
        impl Source for Remote {
            fn a(&self) { compute(1); }
            fn b(&self) { compute(2); }
            fn c(&self) { compute(3); }
            fn d(&self, n: u32) -> u32 { compute(self.0 + n) }
            fn read(&self, n: u32) -> u32 { wait(self.0 + n) }
        }
        #[inline(never)] fn reads(it: &dyn Source, n: u32) -> u32 {
            it.a(); it.b(); it.c();
            it.d(n).wrapping_mul(3) + it.read(n)
        }
        #[inline(never)] fn formats(n: u32) -> u32 { format!("{n} and {}", n as f32).len() as u32 }
        fn entry(n: u32) -> u32 {
            reads(&*black_box(Box::new(Remote(n)) as Box<dyn Source>), n) + formats(n)
        }
        "#,
    );
    probe.check(&["reads"], &["formats"]);
}

/// A function whose address is passed to where it is called, and nowhere else, is nobody else's to call.
#[test]
fn an_address_that_is_passed_on_is_not_taken() {
    let probe = analyse(
        r#"
        fn waits(n: u32) -> u32 { wait(n) + 1 }
        #[inline(never)] fn passes(callback: fn(u32) -> u32, n: u32) -> u32 { calls(callback, n) ^ 5 }
        #[inline(never)] fn calls(callback: fn(u32) -> u32, n: u32) -> u32 { callback(n) + callback(n + 1) }
        #[inline(never)] fn held(f: &fn(u32) -> u32, n: u32) -> u32 { f(n) + 2 }
        fn entry(n: u32) -> u32 { passes(waits, n) + held(black_box(&(compute as fn(u32) -> u32)), n) }
        "#,
    );
    probe.check(&["passes", "calls"], &["held"]);
}

/// The same function, which also goes into memory on the way.
#[test]
fn an_address_that_is_stored_is_taken() {
    let probe = analyse(
        r#"
        fn waits(n: u32) -> u32 { wait(n) + 1 }
        #[inline(never)] fn calls(callback: fn(u32) -> u32, n: u32) -> u32 { callback(black_box(n)) + 1 }
        #[inline(never)] fn keeps(callback: fn(u32) -> u32, n: u32) -> u32 { held(black_box(&callback), n) }
        #[inline(never)] fn held(f: &fn(u32) -> u32, n: u32) -> u32 { f(n) + 2 }
        fn entry(n: u32) -> u32 { calls(waits, n) + keeps(waits, n) + keeps(compute, n) }
        "#,
    );
    probe.check(&["calls", "keeps", "held"], &[]);
}

/// A vtable that is passed as an argument is the one that is read there.
#[test]
fn a_vtable_behind_a_parameter_is_what_the_callers_pass() {
    let probe = analyse(
        &[SOURCES, r#"
        #[inline(never)] fn local(it: &dyn Source, n: u32) -> u32 { black_box(it.read(n)) + it.size(n) + 2 }
        #[inline(never)] fn any(it: &dyn Source, n: u32) -> u32 { it.read(n) ^ it.size(n) }
        fn entry(n: u32) -> u32 {
            let (here, there) = black_box((Local(n), Remote(n)));
            let some: &dyn Source = if n > 3 { &here } else { &there };
            local(&here, n) + any(black_box(some), n)
        }
        "#].concat(),
    );
    probe.check(&["any"], &["local"]);
}

#[test]
fn what_only_wasm_bindgen_and_stds_panic_hook_need_is_unused() {
    let program = r#"
        #[inline(never)] fn described(n: u32) -> u32 { black_box(n) + 77 }
        #[unsafe(no_mangle)] pub extern "C" fn __wbindgen_describe_it(n: u32) -> u32 { described(n) }
        fn entry(n: u32) -> u32 {
            let previous = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                compute(info.payload_as_str().map_or(0, str::len) as u32);
                previous(info);
            }));
            assert!(n > 0, "the number is {n}");
            wait(n)
        }"#;
    let wasm = compile(program, &[RELOCATIONS, "strip=none"]);
    let super::Unused { functions, constants } =
        super::unused(&Linked::read(&wasm).unwrap(), &Default::default()).unwrap();
    let has = |part: &str| functions.iter().any(|name| name.contains(part));
    assert!(has("default_write_fmt") && has("DisplayBacktrace"), "{functions:#?}");
    assert!(!has("panic_with_hook") && !has("compute") && !has("FormatStringPayload"));
    assert!(constants.len() > 10);
    // What describes types for wasm-bindgen is not called any more, unless that has made something of it.
    let entered = ["__wbindgen_describe_it".to_owned()].into();
    let still = super::unused(&Linked::read(&wasm).unwrap(), &entered).unwrap().functions;
    assert!(has("described") && !still.iter().any(|name| name.contains("described")));
    let without = compile(program, &["strip=none"]);
    let without = super::unused(&Linked::read(&without).unwrap(), &Default::default());
    assert!(without.unwrap().functions.is_empty());
}
