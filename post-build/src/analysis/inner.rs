//! The part of the call graph between the entry and `suspend`.

use super::calls::{Call, Callers, Calls, Edge, Node, To, Without};
use super::graph::CallGraph;
use std::collections::BTreeMap;

pub struct Inner {
    /// The names; the entry is first and `suspend` last.
    pub names: Vec<String>,
    pub calls: Calls,
}

impl Inner {
    pub fn of(graph: &CallGraph, members: &BTreeMap<Node, Edge>) -> Self {
        let mut nodes: Vec<Node> = graph.entry.into_iter().collect();
        nodes.extend(members.keys().filter(|node| Some(**node) != graph.entry));
        nodes.extend(graph.suspend);
        let index: BTreeMap<Node, usize> =
            nodes.iter().enumerate().map(|(index, node)| (*node, index)).collect();
        let inside = |set: &Vec<(Node, _)>| {
            set.iter().filter_map(|(node, how)| Some((*index.get(node)?, *how))).collect()
        };
        let sets: Vec<Vec<_>> = graph.calls.sets.iter().map(inside).collect();
        let inner = |&Call { offset, to }: &Call| {
            let to = match to {
                To::Function(callee) => To::Function(*index.get(&callee)?),
                To::Set(set) if sets[set].is_empty() => return None,
                To::Set(set) => To::Set(set),
            };
            Some(Call { offset, to })
        };
        let of = nodes
            .iter()
            .map(|node| graph.calls.of[*node].iter().filter_map(inner).collect())
            .collect();
        Inner {
            names: nodes.iter().map(|node| graph.names[*node].clone()).collect(),
            calls: Calls { of, sets },
        }
    }

    /// How many members there would be without some of the calls.
    pub fn left_without(&self, without: &Without, callers: &Callers) -> usize {
        let Some(suspend) = self.names.len().checked_sub(1) else {
            return 0;
        };
        let below = self.calls.below(0, without);
        let above = self.calls.above(suspend, callers, without);
        (0..suspend).filter(|&node| below[node] && above[node]).count()
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::{How, Linked, suspension_set};

    #[test]
    fn calls_that_reach_the_same_do_not_multiply() {
        const FUNCTIONS: usize = 1000;
        let call = "(call_indirect (param i32) (result i32) (local.get 0) (local.get 0))";
        let functions: String = (0..FUNCTIONS)
            .map(|n| format!("(func $f{n} (param i32) (result i32) {call})"))
            .collect();
        let table: String = (0..FUNCTIONS).map(|n| format!(" $f{n}")).collect();
        let text = format!(
            r#"(module
            (import "suspendable" "suspend" (func $suspend (param i32) (result i32)))
            (table {} funcref)
            (elem (i32.const 0) $suspends {table})
            (func $suspends (param i32) (result i32) (call $suspend (local.get 0)))
            (func (export "__suspendable_run") (param i32) (result i32) {call})
            {functions})"#,
            FUNCTIONS + 1
        );
        let linked = wat::parse_str(text).unwrap();
        let set = suspension_set(&Linked::read(&linked).unwrap(), None, &[]).unwrap();
        assert_eq!(set.members.len(), FUNCTIONS + 2);
        let calls = &set.graph.calls;
        let kept = calls.of.iter().map(Vec::len).sum::<usize>()
            + calls.sets.iter().map(Vec::len).sum::<usize>();
        assert!(kept < 3 * FUNCTIONS, "{kept} steps");
        // Told one by one, they are all there.
        assert_eq!(set.calls().count(), (FUNCTIONS + 1) * (FUNCTIONS + 1) + 1);
        assert!(set.calls().filter(|call| call.how == Some(How::Signature)).count() > FUNCTIONS);
        let costly = set.costly_signatures();
        assert_eq!(costly[0].cost.calls, FUNCTIONS + 1);
        assert_eq!(costly[0].cost.members, FUNCTIONS + 2);
    }
}
