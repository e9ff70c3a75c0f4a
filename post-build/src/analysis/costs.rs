//! Which indirect calls make the set large.
//!
//! Each group of calls is judged as if it alone were gone; several that lead to the same functions hide each other. So
//! the calls are put together in two ways: those in one function, and those of one signature. Of each it is also said
//! how much depends on a part: on one way in which the function reaches others, and on one function that is called.

use super::SuspensionSet;
use super::calls::{Callers, Node, To, Without};
use super::inner::Inner;
use super::reason::How;
use super::targets::SetId;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The indirect calls in a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostlyCaller {
    pub caller: String,
    pub cost: Cost,
    /// How they reach members, the costliest first, and of equal ones those of which least is known.
    pub ways: Vec<(How, Cost)>,
}

/// The indirect calls of a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostlySignature {
    /// As WebAssembly has it: `(i32) -> i32`.
    pub signature: String,
    pub cost: Cost,
    /// The members that they reach, the costliest first, and of equal ones those which the most calls reach.
    pub callees: Vec<(String, Cost)>,
}

/// What depends on some calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    pub calls: usize,
    /// How many functions the set would lose without them.
    pub members: usize,
}

impl SuspensionSet {
    /// The indirect calls without which the set would be smaller, by their callers; the costliest first.
    pub fn costly_callers(&self) -> Vec<CostlyCaller> {
        let Inner { names, calls } = &self.graph;
        let callers = calls.callers(|_| true);
        let mut costly = Vec::new();
        for (caller, name) in names.iter().enumerate() {
            let cost = |calls, is_gone: &dyn Fn(Node, How) -> bool| {
                let without = Without { caller: Some(caller), is_gone };
                Cost { calls, members: self.lost(&without, &callers) }
            };
            let mut ways: BTreeMap<How, usize> = BTreeMap::new();
            let mut count = 0;
            for call in &calls.of[caller] {
                if let To::Set(set) = call.to {
                    count += 1;
                    let hows: BTreeSet<How> = calls.sets[set].iter().map(|way| way.1).collect();
                    hows.into_iter().for_each(|how| *ways.entry(how).or_default() += 1);
                }
            }
            if count == 0 {
                continue;
            }
            let of_all = cost(count, &|_, _| true);
            if of_all.members == 0 {
                continue;
            }
            let mut ways: Vec<(How, Cost)> = ways
                .into_iter()
                .map(|(how, count)| (how, cost(count, &|_, other| other == how)))
                .collect();
            ways.sort_by_key(|(how, cost)| Reverse((cost.members, *how)));
            costly.push(CostlyCaller { caller: name.clone(), cost: of_all, ways });
        }
        costly.sort_by_key(|costly| Reverse(costly.cost.members));
        costly
    }

    /// The same by their signatures.
    pub fn costly_signatures(&self) -> Vec<CostlySignature> {
        let Inner { names, calls } = &self.graph;
        let callers = calls.callers(|_| true);
        let cost = |sets: BTreeSet<SetId>, is_gone: &dyn Fn(Node) -> bool| {
            let calls = sets.iter().map(|set| callers.of_sets[*set].len()).sum();
            let without = Without { caller: None, is_gone: &|callee, _| is_gone(callee) };
            Cost { calls, members: self.lost(&without, &callers) }
        };
        let signature = |callee: Node| self.signatures.get(&names[callee]).map_or("", |of| of);
        let sets = |callee: Node| {
            let sets = callers.in_sets[callee].iter().map(|(set, _)| *set);
            sets.filter(|set| !callers.of_sets[*set].is_empty())
        };
        let mut by_signature: BTreeMap<&str, Vec<Node>> = BTreeMap::new();
        for callee in (0..names.len()).filter(|&callee| sets(callee).next().is_some()) {
            by_signature.entry(signature(callee)).or_default().push(callee);
        }
        let mut costly = Vec::new();
        for (of, callees) in by_signature {
            let all = callees.iter().copied().flat_map(sets).collect();
            let of_all = cost(all, &|callee| signature(callee) == of);
            if of_all.members == 0 {
                continue;
            }
            let name = |callee: Node| names[callee].clone();
            let mut callees: Vec<(String, Cost)> = callees
                .into_iter()
                .map(|node| (name(node), cost(sets(node).collect(), &|callee| callee == node)))
                .collect();
            callees.sort_by_key(|(_, cost)| Reverse((cost.members, cost.calls)));
            costly.push(CostlySignature { signature: of.to_owned(), cost: of_all, callees });
        }
        costly.sort_by_key(|costly| Reverse(costly.cost.members));
        costly
    }

    /// How many functions the set would lose.
    fn lost(&self, without: &Without, callers: &Callers) -> usize {
        self.members.len() - self.graph.left_without(without, callers)
    }
}
