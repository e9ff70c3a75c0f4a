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

use crate::analysis::{Reason, Sources, Step, SuspensionSet, suspension_set};
use crate::build::{self, Selection};
use crate::picture;
use crate::progress::Progress;
use crate::transform::rust_path;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

/// How many indirect calls are shown.
const COSTLIEST: usize = 10;
/// How many functions that cannot suspend.
const MOST_OTHERS: usize = 10;
/// How many paths that `name` could stand for, and from which similarity on: 1 is equal.
const MOST_NEAR: usize = 3;
const SIMILAR: f64 = 0.75;

/// Compiles the selected crate, and explains its suspension set.
pub fn explain(
    selection: &Selection,
    name: Option<&str>,
    graph: Option<&Path>,
    verbose: bool,
) -> Result<()> {
    let progress = Progress::new(verbose);
    let built = build::compile_selected(&progress, selection)?;
    let wasm = std::fs::read(&built.file)
        .with_context(|| format!("cannot read {}", built.file.display()))?;
    let set = progress
        .step("suspension set", || suspension_set(&wasm, Some(Sources::of(&built.file)?)))?;
    if let Some(file) = graph {
        progress.step("graph", || picture::write(&set, file))?;
    }
    print!(
        "{}",
        match name {
            None => summary(&set),
            Some(name) => answer(&set, name)?,
        }
    );
    Ok(())
}

/// The size of the set, and what makes it large.
fn summary(set: &SuspensionSet) -> String {
    let mut text = String::new();
    line(&mut text, &format!("{} of {} functions can suspend.", set.members.len(), set.functions));
    let costliest = set.costliest_indirect_calls();
    if !costliest.is_empty() {
        line(&mut text, "\nWithout this indirect call alone, so many fewer would:\n");
    }
    for call in costliest.iter().take(COSTLIEST) {
        let (caller, offset) = (rust_path(&call.caller), call.offset);
        line(&mut text, &format!("{:>6}  in {caller}, at {offset:#x}", call.members));
    }
    text
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
            line(&mut text, &format!("  → {}", describe(&step.reason)));
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
    let near = near(set, name);
    let hint = match near.is_empty() {
        true => "a function that was inlined everywhere has none".to_owned(),
        false => format!("did you mean {}?", near.join(", ")),
    };
    format!("the module has no function with `{name}` in its path: {hint}")
}

/// The paths that end almost like `name`, the most similar first.
fn near(set: &SuspensionSet, name: &str) -> Vec<String> {
    let segments = name.split("::").count();
    let similarity = |path: &str| {
        let mut end: Vec<_> = path.rsplit("::").take(segments).collect();
        end.reverse();
        strsim::normalized_damerau_levenshtein(&end.join("::"), name)
    };
    let paths: BTreeSet<String> = set.names().map(rust_path).collect();
    let mut near: Vec<_> = paths.iter().map(|path| (similarity(path), path)).collect();
    near.retain(|(similarity, _)| *similarity >= SIMILAR);
    near.sort_by(|one, other| other.0.total_cmp(&one.0));
    near.into_iter().take(MOST_NEAR).map(|(_, path)| format!("`{path}`")).collect()
}

fn describe(reason: &Reason) -> String {
    match reason {
        Reason::Suspends => "suspends".to_owned(),
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
    use crate::analysis::{SuspensionSet, suspension_set};

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
        suspension_set(&wat::parse_str(module).unwrap(), None).unwrap()
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
        assert!(text.contains("     3  in files::open, at 0x"), "{text}");
    }
}
