//! Which indirect calls make the set large.
//!
//! Each group of calls is judged as if it alone were gone; several that lead to the same functions hide each other. So
//! the calls are put together in two ways: those in one function, and those of one signature. Of each it is also said
//! how much depends on a part: on one way in which the function reaches others, and on one function that is called.

use super::reason::How;
use super::{Edge, Members, SuspensionSet};
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
        let mut ways: BTreeMap<usize, Vec<(How, Cost)>> = BTreeMap::new();
        for ((caller, how), cost) in self.graph.costs(|caller, how, _| (caller, how)) {
            ways.entry(caller).or_default().push((how, cost));
        }
        let costs = self.graph.costs(|caller, _, _| caller).into_iter();
        let mut of = |(caller, cost)| {
            let mut ways = ways.remove(&caller).unwrap_or_default();
            ways.sort_by_key(|(how, cost): &(How, Cost)| Reverse((cost.members, *how)));
            CostlyCaller { caller: self.graph.names[caller].clone(), cost, ways }
        };
        costs.filter(|(_, cost)| cost.members > 0).map(&mut of).collect()
    }

    /// The same by their signatures.
    pub fn costly_signatures(&self) -> Vec<CostlySignature> {
        let names = &self.graph.names;
        let signature = |callee: usize| self.signatures.get(&names[callee]).map_or("", |of| of);
        let mut callees: BTreeMap<&str, Vec<(String, Cost)>> = BTreeMap::new();
        for (callee, cost) in self.graph.costs(|_, _, callee| callee) {
            callees.entry(signature(callee)).or_default().push((names[callee].clone(), cost));
        }
        let costs = self.graph.costs(|_, _, callee| signature(callee)).into_iter();
        let mut of = |(signature, cost): (&str, Cost)| {
            let mut callees = callees.remove(signature).unwrap_or_default();
            callees.sort_by_key(|(_, cost)| Reverse((cost.members, cost.calls)));
            CostlySignature { signature: signature.to_owned(), cost, callees }
        };
        costs.filter(|(_, cost)| cost.members > 0).map(&mut of).collect()
    }
}

impl Members {
    /// What the indirect calls of each group cost, which are put together by caller, how, and callee; the costliest
    /// first.
    fn costs<G: Ord + Copy>(&self, group: impl Fn(usize, How, usize) -> G) -> Vec<(G, Cost)> {
        let of = |caller: usize, edge: &Edge| Some(group(caller, edge.how?, edge.callee));
        let mut sites: BTreeMap<G, BTreeSet<usize>> = BTreeMap::new();
        for (caller, edges) in self.calls.iter().enumerate() {
            for edge in edges {
                if let Some(group) = of(caller, edge) {
                    sites.entry(group).or_default().insert(edge.offset);
                }
            }
        }
        let all = self.left_without(|_, _| false);
        let mut costs: Vec<(G, Cost)> = sites
            .into_iter()
            .map(|(group, calls)| {
                let left = self.left_without(|caller, edge| of(caller, edge) == Some(group));
                (group, Cost { calls: calls.len(), members: all - left })
            })
            .collect();
        costs.sort_by_key(|(_, cost)| Reverse(cost.members));
        costs
    }
}
