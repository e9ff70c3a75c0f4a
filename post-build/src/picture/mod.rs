//! The suspension set as a picture: `--graph FILE.svg`.
//!
//! The entry of the fibers is on top, the import that suspends at the bottom. Between them each
//! function stands in the band that says how many calls it is away from suspending, so that every
//! shortest way goes down by one band a call:
//!
//! ```text
//!                 __suspendable_run
//!   4 calls          (churn)
//!   3 calls         (descend)        (import_text)
//!   2 calls          (settle)          (js_import)
//!   1 call                  (block_on)
//!                            suspend
//! ```
//!
//! The calls of the shortest ways are dark, the others faint; indirect ones are dashed. Where the
//! picture can be pointed at, each function shows its whole path and the calls that it makes.
//!
//! The layout is our own because sets are wide: hundreds of functions that are three to five calls
//! away. A general layered layout puts each such band into one row, which nobody can look at.
//!
//! ```text
//! label   a Rust path as the two lines of a box
//! layout  where each box stands
//! svg     boxes and lines as SVG
//! ```

mod label;
mod layout;
mod svg;

use crate::analysis::{How, Reason, SuspensionSet};
use crate::transform::rust_path;
use anyhow::{Context, Result};
use label::Label;
use std::collections::HashMap;
use std::path::Path;

/// Writes the picture of a set.
pub fn write(set: &SuspensionSet, file: &Path) -> Result<()> {
    let text = svg::draw(&Graph::of(set));
    std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

/// What is drawn.
struct Graph {
    title: String,
    /// The entry is first and the import that suspends last; empty if the module lacks one.
    nodes: Vec<Node>,
    lines: Vec<Line>,
}

struct Node {
    /// The whole Rust path.
    path: String,
    label: Label,
    /// How many calls it is away from suspending; the entry is always above all others.
    band: usize,
}

/// A call, or all calls from one function to one other.
struct Line {
    caller: usize,
    callee: usize,
    how: Option<How>,
    /// Whether it begins a shortest way.
    shortest: bool,
}

impl Graph {
    fn of(set: &SuspensionSet) -> Self {
        let title = format!("{} of {} functions can suspend", set.members.len(), set.functions);
        let Some((entry, suspend)) = set.ends() else {
            return Graph { title, nodes: Vec::new(), lines: Vec::new() };
        };
        let inner = set.members.keys().map(String::as_str).filter(|name| *name != entry);
        let names: Vec<&str> = [entry].into_iter().chain(inner).chain([suspend]).collect();
        let index: HashMap<&str, usize> =
            names.iter().enumerate().map(|(index, name)| (*name, index)).collect();
        let mut nodes: Vec<Node> = names.iter().map(|name| Node::of(set, name)).collect();
        nodes[0].band = nodes.iter().skip(1).map(|node| node.band).max().unwrap_or(0) + 1;
        // The entry is there, too, when it is no member: if it calls itself, for nothing.
        let is_shortest = |caller: &str, callee: &str| match set.members.get(caller) {
            None => false,
            Some(Reason::Suspends) => callee == suspend,
            Some(reason) => reason.callee() == Some(callee),
        };
        let lines = set.calls().filter(|call| call.caller != suspend).map(|call| Line {
            caller: index[call.caller],
            callee: index[call.callee],
            how: call.how,
            shortest: is_shortest(call.caller, call.callee),
        });
        Graph { title, lines: lines.collect(), nodes }
    }
}

impl Node {
    fn of(set: &SuspensionSet, name: &str) -> Self {
        let path = rust_path(name);
        let band = set.chain(name).map_or(0, |chain| chain.len());
        Node { label: Label::of(&path), path, band }
    }
}

#[cfg(test)]
mod tests {
    use super::{Graph, svg};
    use crate::analysis::{Linked, suspension_set};

    /// The picture of a module with these functions, besides the entry and the import.
    fn picture(functions: &str) -> String {
        let module = format!(
            r#"(module
            (import "suspendable" "suspend" (func $raw::suspend (param i32) (result i32)))
            {functions})"#
        );
        let wasm = wat::parse_str(module).unwrap();
        let linked = Linked::read(&wasm).unwrap();
        svg::draw(&Graph::of(&suspension_set(&linked, None, &[]).unwrap()))
    }

    #[test]
    fn an_entry_that_calls_itself_and_never_suspends() {
        let picture = picture(
            r#"(func $entry (export "__suspendable_run") (param i32) (result i32)
                (call $entry (local.get 0)))"#,
        );
        assert!(picture.contains("0 of 1 functions can suspend"), "{picture}");
    }

    #[test]
    fn boxes_and_lines() {
        let picture = picture(
            r#"(table 2 funcref)
            (elem (i32.const 0) $<&files::Remote>::read)
            (func (export "__suspendable_run") (param i32) (result i32)
                (call_indirect (param i32) (result i32) (local.get 0) (i32.const 0)))
            (func $<&files::Remote>::read (param i32) (result i32)
                (call $raw::suspend (local.get 0)))"#,
        );
        assert!(picture.contains("2 of 2 functions can suspend"), "{picture}");
        assert!(picture.contains("<title>&lt;&amp;files::Remote&gt;::read</title>"), "{picture}");
        assert!(picture.contains(">&amp;Remote</text>"), "{picture}");
        assert_eq!(picture.matches("class=\"line way").count(), 2, "{picture}");
        assert!(picture.contains("<title>by any function of this signature</title>"), "{picture}");
    }

    #[test]
    fn nothing_can_suspend() {
        let picture = picture(
            r#"(func (export "__suspendable_run") (param i32) (result i32) (local.get 0))"#,
        );
        assert!(picture.contains("0 of 1 functions can suspend"), "{picture}");
    }

    /// Each of 2000 functions calls the next, and also nine at random.
    #[test]
    fn of_too_many_calls_the_shortest_ways_are_drawn() {
        let call = |callee: usize| format!("(drop (call $f{callee} (i32.const 0)))");
        let functions = (0..2000).map(|caller| {
            let others = (1..10).map(|n| call((caller * 31 + n * n * 97) % 2000));
            let calls: String = others.chain([call(caller + 1)]).collect();
            format!("(func $f{caller} (param i32) (result i32) {calls} (i32.const 0))")
        });
        let functions: String = functions.collect();
        let picture = picture(&format!(
            r#"(func (export "__suspendable_run") (param i32) (result i32) (call $f0 (i32.const 0)))
            (func $f2000 (param i32) (result i32) (call $raw::suspend (i32.const 0)))
            {functions}"#
        ));
        assert!(picture.contains("other calls are left out"));
        assert_eq!(picture.matches("class=\"line way").count(), 2002);
    }
}
