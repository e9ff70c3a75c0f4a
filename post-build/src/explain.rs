//! `cargo suspendable explain`: who can suspend, and why.
//!
//! Without a name, how many functions the suspension set has and which indirect calls make it
//! large. With one, whether each function of that name is instrumented, and if it is, a shortest chain
//! of calls to the import that suspends:
//!
//! ```text
//! zip::read::ZipArchive<big::Remote>::new can suspend: it is instrumented
//!   → zip::read::find_and_parse_eocd           a call
//!   → <big::Remote as std::io::Read>::read     by method 0 of a vtable, at 0x1d2e7
//!   → suspendable::raw::suspend                a call
//!   → suspends
//! zip::read::ZipArchive<big::Remote>::len cannot suspend: it is not instrumented
//! ```

use crate::analysis::{
    self, Cost, CostlyCaller, CostlySignature, Reason, Sources, Step, SuspensionSet, suspension_set,
};
use crate::build;
use crate::options::Selection;
use crate::picture;
use crate::progress::Progress;
use crate::similar::did_you_mean;
use crate::transform::rust_path;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

/// How many indirect calls are shown.
const COSTLIEST: usize = 10;
/// How many ways to reach others of one function, and how many functions that one signature reaches.
const MOST_WAYS: usize = 3;
/// How many functions that cannot suspend.
const MOST_OTHERS: usize = 10;

/// Compiles the selected crate, and explains its suspension set.
pub fn explain(
    selection: &Selection,
    name: Option<&str>,
    graph: Option<&Path>,
    cut: &[String],
    verbose: bool,
) -> Result<()> {
    let progress = Progress::new(verbose);
    let built = build::compile_selected(&progress, selection, || Ok(()))?;
    let wasm = std::fs::read(&built.file)
        .with_context(|| format!("cannot read {}", built.file.display()))?;
    let linked = analysis::read(&wasm, &[("cut", cut)])?;
    let sources = Some(Sources::of(&built.file)?);
    let set = progress.step("suspension set", || suspension_set(&linked, sources, cut))?;
    if let Some(file) = graph {
        progress.step("graph", || picture::write(&set, file))?;
    }
    let text = match name {
        None => summary(&set),
        Some(name) => answer(&set, name)?,
    };
    match std::io::stdout().write_all(text.as_bytes()) {
        // Whoever reads it has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to the standard output"),
    }
}

/// The size of the set, and what makes it large.
fn summary(set: &SuspensionSet) -> String {
    let mut text = String::new();
    line(&mut text, &format!("{} of {} functions can suspend.", set.members.len(), set.functions));
    let callers = set.costly_callers();
    if !callers.is_empty() {
        line(
            &mut text,
            "\nWithout these indirect calls of one function alone, so many fewer would:\n",
        );
    }
    for CostlyCaller { caller, cost, ways } in callers.iter().take(COSTLIEST) {
        let (caller, count) = (rust_path(caller), count(cost));
        line(&mut text, &format!("{:>6}  {count} in {caller}", cost.members));
        for (how, way) in ways.iter().take(MOST_WAYS) {
            line(&mut text, &format!("{:>14}  by {how}", way.members));
        }
    }
    let signatures = set.costly_signatures();
    if !signatures.is_empty() {
        line(&mut text, "\nWithout those of one signature alone, so many fewer would:\n");
    }
    for CostlySignature { signature, cost, callees } in signatures.iter().take(COSTLIEST) {
        line(&mut text, &format!("{:>6}  {} of `{signature}`", cost.members, count(cost)));
        for (callee, part) in callees.iter().take(MOST_WAYS) {
            let (callee, reach) = (rust_path(callee), reach(part));
            line(&mut text, &format!("{:>14}  {} {reach} {callee}", part.members, part.calls));
        }
    }
    text
}

fn count(cost: &Cost) -> String {
    format!("{} {}", cost.calls, if cost.calls == 1 { "call" } else { "calls" })
}

fn reach(cost: &Cost) -> &'static str {
    if cost.calls == 1 { "reaches" } else { "reach" }
}

/// Whether the functions with `name` in their Rust paths can suspend, and how.
fn answer(set: &SuspensionSet, name: &str) -> Result<String> {
    let mut text = String::new();
    for chain in chains(set, name) {
        line(
            &mut text,
            &format!("{} can suspend: it is instrumented", rust_path(&chain[0].caller)),
        );
        for step in chain {
            line(&mut text, &format!("  → {}", describe(set, &step)));
        }
    }
    let others = others(set, name);
    for path in others.iter().take(MOST_OTHERS) {
        line(&mut text, &format!("{path} cannot suspend: it is not instrumented"));
    }
    if let Some(more @ 1..) = others.len().checked_sub(MOST_OTHERS) {
        line(&mut text, &format!("… and {more} more that cannot suspend"));
    }
    ensure!(!text.is_empty(), unknown(set, name));
    Ok(text)
}

/// The chains of all members with `name` in their paths, the shortest first.
fn chains(set: &SuspensionSet, name: &str) -> Vec<Vec<Step>> {
    let members = set.members.keys().filter(|member| rust_path(member).contains(name));
    let mut chains: Vec<_> = members.filter_map(|member| set.chain(member)).collect();
    chains.sort_by_cached_key(|chain| (chain.len(), rust_path(&chain[0].caller)));
    chains
}

/// The paths with `name` in them of functions that are no members. A path that also a member has,
/// because a generic function was compiled several times, is left out.
fn others(set: &SuspensionSet, name: &str) -> BTreeSet<String> {
    let members: BTreeSet<String> = set.members.keys().map(|member| rust_path(member)).collect();
    let suspend = set.ends().map(|(_, suspend)| suspend);
    // wasm-bindgen's descriptions of types never run, and the package has none.
    let runs = |name: &&str| Some(*name) != suspend && !name.starts_with("__wbindgen_describe");
    let others = set.names().filter(runs).map(rust_path);
    others.filter(|path| path.contains(name) && !members.contains(path)).collect()
}

/// What is said where no path has `name` in it.
fn unknown(set: &SuspensionSet, name: &str) -> String {
    let paths: BTreeSet<String> = set.names().map(rust_path).collect();
    let hint = did_you_mean(&paths, name)
        .unwrap_or_else(|| "a function that was inlined everywhere has none".to_owned());
    format!("the module has no function with `{name}` in its path: {hint}")
}

fn describe(set: &SuspensionSet, Step { caller, reason }: &Step) -> String {
    match reason {
        Reason::Suspends => match set.waits_in(caller) {
            Some(import) => format!("waits in {import}"),
            None => "suspends".to_owned(),
        },
        Reason::Direct { callee } => rust_path(callee),
        Reason::Indirect { callee, how, offset } => {
            format!("{}    by {how}, at {offset:#x}", rust_path(callee))
        }
    }
}

fn line(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("a string can be written to");
}

#[cfg(test)]
mod tests {
    use super::{answer, summary};
    use crate::analysis::{Linked, SuspensionSet, read, suspension_set};

    /// Without relocations the indirect call reaches every function of its signature in the table.
    fn set() -> SuspensionSet {
        let module = r#"(module
            (import "suspendable" "suspend" (func $raw::suspend (param i32) (result i32)))
            (table 2 funcref)
            (elem (i32.const 0) $files::read)
            (func $__suspendable_run (export "__suspendable_run") (param i32) (result i32)
                (call $files::open (call $files::size (local.get 0))))
            (func $files::open (param i32) (result i32)
                (call_indirect (param i32) (result i32) (local.get 0) (i32.const 0)))
            (func $files::read (param i32) (result i32) (call $raw::suspend (local.get 0)))
            (func $files::size (param i32) (result i32) (local.get 0)))"#;
        set_of(module, &[])
    }

    fn set_of(module: &str, cut: &[String]) -> SuspensionSet {
        let module = wat::parse_str(module).unwrap();
        suspension_set(&Linked::read(&module).unwrap(), None, cut).unwrap()
    }

    #[test]
    fn members_come_first_and_those_with_short_chains_before_others() {
        let text = answer(&set(), "files::").unwrap();
        let (before, rest) = text.split_once(", at 0x").unwrap();
        let (_, after) = rest.split_once('\n').unwrap();
        assert_eq!(
            before,
            "files::read can suspend: it is instrumented\n  → suspends\n\
             files::open can suspend: it is instrumented\n  \
             → files::read    by any function of this signature"
        );
        assert_eq!(after, "  → suspends\nfiles::size cannot suspend: it is not instrumented\n");
    }

    #[test]
    fn a_function_that_cannot_suspend() {
        let text = answer(&set(), "size").unwrap();
        assert_eq!(text, "files::size cannot suspend: it is not instrumented\n");
    }

    #[test]
    fn a_name_with_a_slip() {
        let message = answer(&set(), "files::raed").unwrap_err().to_string();
        assert_eq!(
            message,
            "the module has no function with `files::raed` in its path: did you mean `files::read`?"
        );
    }

    #[test]
    fn a_name_like_no_other() {
        let message = answer(&set(), "parse").unwrap_err().to_string();
        assert!(message.ends_with("a function that was inlined everywhere has none"), "{message}");
    }

    #[test]
    fn the_summary_has_the_costly_indirect_calls() {
        let text = summary(&set());
        assert!(text.starts_with("3 of 4 functions can suspend.\n"), "{text}");
        let by_caller =
            "     3  1 call in files::open\n             3  by any function of this signature\n";
        assert!(text.contains(by_caller), "{text}");
        let by_signature =
            "     3  1 call of `(i32) -> i32`\n             3  1 reaches files::read\n";
        assert!(text.ends_with(by_signature), "{text}");
    }

    #[test]
    fn a_chain_in_a_program_ends_with_the_import_that_waits() {
        let module = r#"(module
            (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_sync" (func $sync (param i32) (result i32)))
            (func $_start (export "_start")
                (drop (call $files::read (i32.const 0))) (drop (call $files::sync (i32.const 0))))
            (func $files::read (param i32) (result i32) (call $read (local.get 0)))
            (func $files::sync (param i32) (result i32) (call $sync (local.get 0))))"#;
        let set = set_of(module, &[]);
        assert_eq!(
            answer(&set, "files::").unwrap(),
            "files::read can suspend: it is instrumented\n  → waits in fd_read\n\
             files::sync can suspend: it is instrumented\n  → waits in fd_sync\n"
        );
    }

    /// Each of two calls in one function reaches what the other one does.
    #[test]
    fn calls_in_one_function_do_not_hide_each_other() {
        let module = r#"(module
            (import "suspendable" "suspend" (func $raw::suspend (param i32) (result i32)))
            (table 2 funcref)
            (elem (i32.const 0) $files::read)
            (func $__suspendable_run (export "__suspendable_run") (param i32) (result i32)
                (call $files::open (local.get 0)))
            (func $files::open (param i32) (result i32)
                (call_indirect (param i32) (result i32)
                    (call_indirect (param i32) (result i32) (local.get 0) (i32.const 0))
                    (i32.const 1)))
            (func $files::read (param i32) (result i32) (call $raw::suspend (local.get 0))))"#;
        let text = summary(&set_of(module, &[]));
        assert!(text.contains("     3  2 calls in files::open\n"), "{text}");
        let by_signature =
            "     3  2 calls of `(i32) -> i32`\n             3  2 reach files::read\n";
        assert!(text.ends_with(by_signature), "{text}");
    }

    /// An import is cut by its name in WASI.
    #[test]
    fn an_import_that_never_waits_draws_in_nothing() {
        let module = r#"(module
            (import "wasi_snapshot_preview1" "fd_read" (func $wasi::read (param i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_write" (func $wasi::write (param i32) (result i32)))
            (func $_start (export "_start")
                (drop (call $files::read (i32.const 0))) (drop (call $files::write (i32.const 0))))
            (func $files::read (param i32) (result i32) (call $wasi::read (local.get 0)))
            (func $files::write (param i32) (result i32) (call $wasi::write (local.get 0))))"#;
        let module = wat::parse_str(module).unwrap();
        let cut = |name: &str| [name.to_owned()];
        let members = |cut: &[String]| {
            let linked = read(&module, &[("cut", cut)]).unwrap();
            suspension_set(&linked, None, cut).unwrap().members.into_keys().collect::<Vec<_>>()
        };
        assert_eq!(members(&[]), ["_start", "files::read", "files::write"]);
        assert_eq!(members(&cut("fd_write")), ["_start", "files::read"]);
        let error = |flag: &str, name: &str| {
            read(&module, &[(flag, &cut(name))]).err().unwrap().to_string()
        };
        let wrong = error("cut", "fd_wrote");
        assert!(
            wrong.starts_with("`--cut 'fd_wrote'`: there is no function `fd_wrote`"),
            "{wrong}"
        );
        let wrong = error("include", "fd_write");
        assert!(wrong.starts_with("`--include 'fd_write'`: there is no function"), "{wrong}");
    }

    #[test]
    fn what_never_blocks_is_out_with_what_it_alone_draws_in() {
        let module = r#"(module
            (import "suspendable" "suspend" (func $raw::suspend (param i32) (result i32)))
            (func $__suspendable_run (export "__suspendable_run") (param i32) (result i32)
                (call $logs::write (call $files::read (local.get 0))))
            (func $files::read (param i32) (result i32) (call $raw::suspend (local.get 0)))
            (func $logs::write (param i32) (result i32) (call $logs::flush (local.get 0)))
            (func $logs::flush (param i32) (result i32) (call $files::read (local.get 0))))"#;
        let members = |cut: &[&str]| {
            let cut: Vec<_> = cut.iter().map(|name| (*name).to_owned()).collect();
            set_of(module, &cut).members.into_keys().collect::<Vec<_>>()
        };
        assert_eq!(
            members(&[]),
            ["__suspendable_run", "files::read", "logs::flush", "logs::write"]
        );
        assert_eq!(members(&["logs::write"]), ["__suspendable_run", "files::read"]);
    }
}
