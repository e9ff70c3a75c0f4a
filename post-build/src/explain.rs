//! `cargo suspendable explain`: who can suspend, and why.
//!
//! Without a name, how many functions the suspension set has and which indirect calls make it
//! large. With one, the shortest chain of calls from each member of that name to the import that
//! suspends:
//!
//! ```text
//! zip::read::ZipArchive<big::Remote>::new
//!   → zip::read::find_and_parse_eocd           a call
//!   → <big::Remote as std::io::Read>::read     by method 0 of a vtable, at 0x1d2e7
//!   → suspendable::raw::suspend                a call
//!   → suspends
//! ```

use crate::analysis::{Reason, SuspensionSet, suspension_set};
use crate::build::{self, Selection};
use crate::picture;
use crate::progress::Progress;
use anyhow::{Context, Result, ensure};
use std::fmt::Write;
use std::path::Path;

/// How many indirect calls are shown.
const COSTLIEST: usize = 10;

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
    let set = progress.step("suspension set", || suspension_set(&wasm))?;
    if let Some(file) = graph {
        progress.step("graph", || picture::write(&set, file))?;
    }
    print!(
        "{}",
        match name {
            None => summary(&set),
            Some(name) => chains(&set, name)?,
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
        let (caller, offset) = (path(&call.caller), call.offset);
        line(&mut text, &format!("{:>6}  in {caller}, at {offset:#x}", call.members));
    }
    text
}

/// The chains of all members with `name` in their Rust paths.
fn chains(set: &SuspensionSet, name: &str) -> Result<String> {
    let mut text = String::new();
    for member in set.members.keys().filter(|member| path(member).contains(name)) {
        line(&mut text, &path(member));
        for step in set.chain(member).unwrap_or_default() {
            line(&mut text, &format!("  → {}", describe(&step.reason)));
        }
    }
    ensure!(!text.is_empty(), "no function with `{name}` in its path can suspend");
    Ok(text)
}

fn describe(reason: &Reason) -> String {
    match reason {
        Reason::Suspends => "suspends".to_owned(),
        Reason::Direct { callee } => path(callee),
        Reason::Indirect { callee, how, offset } => {
            format!("{}    by {how}, at {offset:#x}", path(callee))
        }
    }
}

/// A mangled name as a Rust path.
fn path(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}

fn line(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("a string can be written to");
}
