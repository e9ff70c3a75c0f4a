//! Who calls whom, and who can thus be on the stack when a fiber suspends.
//!
//! Functions that share a name are one node, for the list that Asyncify gets has names.

use super::calls::{Call, Calls, Edge, Node, To, WHOLE};
use super::flow::{Callee, Flow};
use super::linked::Linked;
use super::named::{Named, Sources};
use super::origin::{Addresses, Origin, Origins};
use super::reason::How;
use super::runtime::{Caller, Reserved, never_suspends};
use super::targets::{IndirectCall, Targets};
use super::uncontended::Uncontended;
use crate::transform::{is_panic_entry, rust_path};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

/// The calls of a whole module.
pub struct CallGraph {
    pub names: Vec<String>,
    pub calls: Calls,
    pub entry: Option<Node>,
    pub suspend: Option<Node>,
    /// Those whose calls are left out: [`never_suspends`].
    pub quiet: Vec<Node>,
    /// Whether calls of C are told by their types.
    pub has_types: bool,
}

impl CallGraph {
    /// `sources` are read to tell calls by the names of methods.
    pub fn of(linked: &Linked, flows: &[Flow], sources: Option<Sources>) -> Self {
        let (nodes, names) = nodes(linked);
        let describers = describers(linked, flows);
        let mut addresses = Addresses::new(linked, flows);
        let named = sources.map(|sources| named(linked, flows, sources)).unwrap_or_default();
        let callers: Vec<Caller> =
            linked.functions.iter().map(|function| Caller::of(&function.name)).collect();
        let reserved = Reserved::of(linked, |main| {
            let signature = linked.functions[main as usize].signature;
            let calls =
                flows.iter().zip(&callers).filter(|(_, caller)| **caller == Caller::StartsProgram);
            calls.flat_map(|(flow, _)| &flow.calls).any(|call| match call.callee {
                Callee::Indirect { signature: called, .. } => called == signature,
                Callee::Function(_) => false,
            })
        });
        let mut targets = Targets::of(linked, flows, &describers, &named, reserved);
        let mut quiet = Vec::new();
        let uncontended = linked.wait.map(|_| Uncontended::among(&names));
        let mut calls = vec![Vec::new(); names.len()];
        for (index, flow) in flows.iter().enumerate() {
            let caller = nodes[index];
            // Nothing that a panic does can suspend: `transform::prepare`.
            if never_suspends(&rust_path(&names[caller])) {
                quiet.push(caller);
                continue;
            }
            if is_panic_entry(&names[caller]) || describers.contains(&(index as u32)) {
                continue;
            }
            for call in &flow.calls {
                let to = match call.callee {
                    Callee::Function(function) => {
                        let callee = nodes[function as usize];
                        if uncontended
                            .as_ref()
                            .is_some_and(|locks| locks.never_calls(&names[caller], callee))
                        {
                            continue;
                        }
                        To::Function(callee)
                    }
                    Callee::Indirect { signature, address } => {
                        let origins = match linked.relocations {
                            Some(_) => addresses.origins(index as u32, address),
                            None => Origins::from([(Origin::Computed, 0)]),
                        };
                        let called = named.call(call.offset);
                        let of_c = named.call_of_c(call.offset, content(&origins));
                        let caller = match callers[index] {
                            Caller::Other
                                if !named.is_known() || named.may_run_job(call.offset) =>
                            {
                                Caller::RunsJob
                            }
                            caller => caller,
                        };
                        To::Set(targets.reached(IndirectCall {
                            signature,
                            origins,
                            caller,
                            called,
                            of_c,
                        }))
                    }
                };
                let offset = call.offset;
                calls[caller].push(Call { offset, to });
            }
        }
        // A thread begins behind the back of who asks for it, which need not be in the set: as if `_start` called it.
        if let (Some(entry), Some(thread)) = (linked.entry, linked.thread) {
            let to = To::Function(nodes[thread as usize]);
            calls[nodes[entry as usize]].push(Call { offset: 0, to });
        }
        let to_nodes = |set: Vec<(u32, How)>| {
            set.into_iter().map(|(function, how)| (nodes[function as usize], how)).collect()
        };
        let has_types = !named.of_c().is_empty();
        let suspend = linked.functions.iter().position(|function| function.suspends);
        CallGraph {
            calls: Calls {
                of: calls,
                sets: targets.into_sets().into_iter().map(to_nodes).collect(),
            },
            entry: linked.entry.map(|entry| nodes[entry as usize]),
            suspend: suspend.map(|suspend| nodes[suspend]),
            quiet,
            has_types,
            names,
        }
    }

    /// The functions that the entry reaches and that reach `suspend`, each with the first step of
    /// a shortest way there.
    pub fn members(&self) -> BTreeMap<Node, Edge> {
        let (Some(entry), Some(suspend)) = (self.entry, self.suspend) else {
            return BTreeMap::new();
        };
        let below = self.calls.below(entry, &WHOLE);
        let callers = self.calls.callers(|node| below[node]);
        let mut members = BTreeMap::new();
        let mut seen = vec![false; self.calls.sets.len()];
        let mut queue = VecDeque::from([suspend]);
        while let Some(callee) = queue.pop_front() {
            let mut reach = |&(caller, offset): &(Node, usize), how| {
                if caller != suspend && !members.contains_key(&caller) {
                    members.insert(caller, Edge { offset, callee, how });
                    queue.push_back(caller);
                }
            };
            callers.direct[callee].iter().for_each(|call| reach(call, None));
            for &(set, how) in &callers.in_sets[callee] {
                if !std::mem::replace(&mut seen[set], true) {
                    callers.of_sets[set].iter().for_each(|call| reach(call, Some(how)));
                }
            }
        }
        members
    }
}

/// The place in an object of the data that an address is loaded from, if there is but one.
fn content(origins: &Origins) -> Option<(u32, u32)> {
    let mut origins = origins.iter();
    match (origins.next()?, origins.next()) {
        ((Origin::Content(object, Some(place)), 0), None) => {
            Some((*object, u32::try_from(*place).ok()?))
        }
        _ => None,
    }
}

fn named(linked: &Linked, flows: &[Flow], sources: Sources) -> Named {
    let mut calls = Vec::new();
    for (function, flow) in flows.iter().enumerate() {
        for call in &flow.calls {
            if let Callee::Indirect { .. } = call.callee {
                calls.push((call.offset, function as u32));
            }
        }
    }
    Named::of(linked, &calls, sources)
}

/// The functions that tell wasm-bindgen the types of imports, exports and casts. They take the
/// addresses of the functions through which JavaScript calls closures, which nobody else does.
///
/// Their code never runs: wasm-bindgen interprets it, and then removes it. Who calls a describer is
/// one itself, with one exception: a function that also calls an import `__wbindgen_describe_…`
/// becomes an import itself (a cast), and its callers run.
fn describers(linked: &Linked, flows: &[Flow]) -> BTreeSet<u32> {
    const DESCRIBE: &str = "__wbindgen_describe";
    let mut callers: HashMap<u32, Vec<u32>> = HashMap::new();
    for (caller, flow) in flows.iter().enumerate() {
        for call in &flow.calls {
            if let Callee::Function(callee) = call.callee {
                callers.entry(callee).or_default().push(caller as u32);
            }
        }
    }
    let callers = |callee: u32| callers.get(&callee).into_iter().flatten().copied();
    let mut queue = Vec::new();
    let mut imports = BTreeSet::new();
    for (index, function) in linked.functions.iter().enumerate() {
        match function.import {
            Some((_, DESCRIBE)) => queue.extend(callers(index as u32)),
            Some((_, name)) if name.starts_with(DESCRIBE) => imports.extend(callers(index as u32)),
            _ => {}
        }
    }
    queue.extend(&imports);
    let mut describers = BTreeSet::new();
    while let Some(function) = queue.pop() {
        if describers.insert(function) && !imports.contains(&function) {
            queue.extend(callers(function));
        }
    }
    describers
}

/// The node of each function, and the names of the nodes. The imports that suspend are one, under the name
/// of the first.
fn nodes(linked: &Linked) -> (Vec<Node>, Vec<String>) {
    let mut by_name: BTreeMap<&str, Node> = BTreeMap::new();
    let mut suspend = None;
    let mut names = Vec::new();
    let nodes = linked.functions.iter().map(|function| {
        let add = || {
            names.push(function.name.clone());
            names.len() - 1
        };
        if function.suspends {
            return *suspend.get_or_insert_with(add);
        }
        *by_name.entry(&function.name).or_insert_with(add)
    });
    (nodes.collect(), names)
}
