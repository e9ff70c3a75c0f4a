//! The suspension set: the functions that can be on the stack when a fiber suspends.
//!
//! Those are the functions that a fiber's entry can reach, and that can reach the import `suspend`. A program
//! (`program/`) is one fiber, which its `_start` enters, or several; there, every import that can wait suspends.
//! Asyncify instruments them and nothing else, so one that is missing is a fault at run time, and
//! one too many is only slower. Direct calls are exact. What an indirect call reaches, [`origin`]
//! tells from where its address comes from:
//!
//! ```text
//! linked    the module as lld linked it with --emit-relocs: functions, symbols, relocations
//!   ├─ flow      where each value of a function comes from
//!   │    └─ origin    what the address of an indirect call can be; the rules and assumptions
//!   ├─ vtables   which functions stand in which slot of a vtable, or elsewhere in the data
//!   │    └─ targets   which functions an indirect call reaches
//!   │         ├─ escapes   whose address code takes for anybody to call
//!   │         ├─ named     what the source names at a call; symbols: what a function is called
//!   │         ├─ traits    of which traits a vtable can be
//!   │         └─ runtime   what is known of parts of the standard library
//!   └─ graph     who calls whom; the members
//!        ├─ calls    the calls, and who reaches whom through them
//!        ├─ uncontended    what nobody waits for
//!        ├─ reason    why somebody is a member
//!        ├─ inner     the part of it between the entry and `suspend`
//!        ├─ costs     which calls make the set large
//!        └─ carry     the members that are left in the optimised module
//!             └─ choices   what the author adds and takes away
//! unused         what nothing reaches at all
//! unsupported    what of std is called that never works
//! ```
//!
//! Three things are cut. Nothing that a panic does can suspend (`transform::prepare`), so the
//! functions of [`is_panic_entry`] call nobody. Neither do hooks for panics and backtraces (`runtime`). And JavaScript that a function calls cannot suspend
//! the fiber by calling back, so imports call nobody.
//!
//! Without relocations, an indirect call reaches every function of its signature whose address
//! exists.
//!
//! [`is_panic_entry`]: crate::transform::is_panic_entry

mod calls;
mod carry;
mod choices;
mod costs;
mod escapes;
mod flow;
mod graph;
mod inner;
mod linked;
mod named;
mod origin;
mod reason;
mod runtime;
mod symbols;
mod targets;
#[cfg(test)]
mod tests;
mod traits;
mod uncontended;
mod unsupported;
mod unused;
mod vtables;

use crate::beside::beside;
use anyhow::Result;
use calls::Edge;
pub use choices::read;
pub use costs::{Cost, CostlyCaller, CostlySignature};
use graph::CallGraph;
use inner::Inner;
pub use linked::{Linked, without_relocations};
pub use named::Sources;
pub use reason::{How, MemberCall, Reason, Step};
use std::collections::{BTreeMap, BTreeSet};
pub use unsupported::{Unsupported, unsupported};
pub use unused::{Unused, unused};

/// The export that enters every fiber, and the one that begins a program.
const ENTRY: &str = "__suspendable_run";
const PROGRAM: &str = "_start";
/// The export that begins a thread of one.
const THREAD: &str = "wasi_thread_start";

/// The rules that leave functions out, for who reads an error.
const BY_NAME: &str = "by the names that calls have in the sources and the line tables";
const BY_TYPE: &str = "by the names that calls have in the sources and the line tables, or by the types that C has for what it calls";
const QUIET: &str =
    "because the standard library's hooks for panics and backtraces are taken never to suspend";

/// A function that the guard watches, and the rule that has left it out of the set, if it is known.
pub type Watched = (String, Option<&'static str>);

/// The suspension set of a linked module.
pub struct SuspensionSet {
    /// The mangled names, each with the first call on a shortest way to `suspend`.
    pub members: BTreeMap<String, Reason>,
    /// How many functions the module has in all.
    pub functions: usize,
    /// Whether the module had relocations. If not, the set is several times too large.
    pub relocations: bool,
    /// The names of all functions.
    known: BTreeSet<String>,
    /// The imports of a program that those members call which wait themselves.
    waits: BTreeMap<String, String>,
    /// Of all functions, as text.
    signatures: BTreeMap<String, String>,
    /// Functions that would be members without a rule which rests on more than the module itself, and that rule.
    left_out: BTreeMap<String, &'static str>,
    /// Every call from a member to a member, or to `suspend`.
    graph: Inner,
}

/// Analyses a module that lld linked, before anything else has changed it, and that [`read`] has read. With its
/// sources, the set is smaller. The functions called `cut` never block, says the author.
pub fn suspension_set(
    linked: &Linked,
    sources: Option<Sources>,
    cut: &[String],
) -> Result<SuspensionSet> {
    let flows = flow::all(linked)?;
    let graph_with = |sources| {
        let mut graph = CallGraph::of(linked, &flows, sources);
        choices::cut(&mut graph, cut);
        graph
    };
    let without = || sources.map(|_| graph_with(None)).map(|graph| (graph.members(), graph.names));
    let (without, (graph, members)) = beside(without, || {
        let graph = graph_with(sources);
        let members = graph.members();
        (graph, members)
    });
    let mut left_out = BTreeMap::new();
    if let Some((without, names)) = without {
        let nodes = without.into_keys().filter(|node| !members.contains_key(node));
        let rule = if graph.has_types { BY_TYPE } else { BY_NAME };
        left_out.extend(nodes.map(|node| (names[node].clone(), rule)));
    }
    left_out.extend(graph.quiet.iter().map(|node| (graph.names[*node].clone(), QUIET)));
    let waits = members.iter().filter(|(_, edge)| Some(edge.callee) == graph.suspend).filter_map(
        |(node, edge)| {
            Some((graph.names[*node].clone(), linked.import_called_at(edge.offset)?.to_owned()))
        },
    );
    let waits = waits.collect();
    let reason = |edge: &Edge| {
        let callee = graph.names[edge.callee].clone();
        match edge.how {
            _ if Some(edge.callee) == graph.suspend => Reason::Suspends,
            None => Reason::Direct { callee },
            Some(how) => Reason::Indirect { callee, how, offset: edge.offset },
        }
    };
    Ok(SuspensionSet {
        members: members
            .iter()
            .map(|(node, edge)| (graph.names[*node].clone(), reason(edge)))
            .collect(),
        waits,
        signatures: linked
            .functions
            .iter()
            .map(|function| (function.name.clone(), linked.signature_of(function)))
            .collect(),
        functions: linked.functions.iter().filter(|function| function.body.is_some()).count(),
        relocations: linked.relocations.is_some(),
        left_out,
        graph: Inner::of(&graph, &members),
        known: graph.names.into_iter().collect(),
    })
}

impl SuspensionSet {
    /// A shortest chain of calls from a member to `suspend`; none if it is no member.
    pub fn chain(&self, name: &str) -> Option<Vec<Step>> {
        let mut steps = Vec::new();
        let mut next = Some(name);
        while let Some(caller) = next {
            let reason = self.members.get(caller)?;
            steps.push(Step { caller: caller.to_owned(), reason: reason.clone() });
            next = reason.callee();
        }
        Some(steps)
    }

    /// The import of a program in which a member waits, if it calls one itself.
    pub fn waits_in(&self, member: &str) -> Option<&str> {
        self.waits.get(member).map(String::as_str)
    }

    /// The functions that the guard watches, with why they are no members.
    pub fn with_rules(&self, guarded: Vec<String>) -> Vec<Watched> {
        let rule = |name: String| {
            let rule = self.left_out.get(&name).copied();
            (name, rule)
        };
        guarded.into_iter().map(rule).collect()
    }

    /// The names of all functions, members or not.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.known.iter().map(String::as_str)
    }

    /// The function that enters fibers, and the import that suspends; none if one is missing.
    pub fn ends(&self) -> Option<(&str, &str)> {
        match &self.graph.names[..] {
            [entry, .., suspend] => Some((entry, suspend)),
            _ => None,
        }
    }

    /// Every call from a member to a member, or to the import that suspends; of several from one
    /// function to one other, the one of which most is known.
    pub fn calls(&self) -> impl Iterator<Item = MemberCall<'_>> {
        let Inner { names, calls } = &self.graph;
        names.iter().enumerate().flat_map(move |(node, caller)| {
            let mut best = BTreeMap::new();
            for edge in calls.edges(node) {
                let how = best.entry(edge.callee).or_insert(edge.how);
                *how = edge.how.min(*how);
            }
            best.into_iter().map(move |(callee, how)| MemberCall {
                caller,
                callee: &names[callee],
                how,
            })
        })
    }
}
