//! The calls of a module, and who reaches whom through them.
//!
//! Between the indirect calls and the functions that they reach stand sets of functions, which calls share. Whoever goes
//! along them goes through each set once: 20 000 calls that reach 20 000 functions are 40 000 steps, not 400 million.

use super::reason::How;
use super::targets::SetId;

/// An index into the names of functions.
pub type Node = usize;

#[derive(Clone, Copy)]
pub struct Call {
    /// Where it stands in the file.
    pub offset: usize,
    pub to: To,
}

#[derive(Clone, Copy)]
pub enum To {
    Function(Node),
    Set(SetId),
}

/// A way from a call to one function; `how` is none for direct calls.
#[derive(Clone, Copy, Debug)]
pub struct Edge {
    pub offset: usize,
    pub callee: Node,
    pub how: Option<How>,
}

#[derive(Default)]
pub struct Calls {
    /// Those of each function.
    pub of: Vec<Vec<Call>>,
    /// What indirect calls reach.
    pub sets: Vec<Vec<(Node, How)>>,
}

/// Indirect calls that are taken away: those of one function, or of all.
pub struct Without<'a> {
    pub caller: Option<Node>,
    /// Of these, the ways to which functions.
    pub is_gone: &'a dyn Fn(Node, How) -> bool,
}

/// Nothing is taken away.
pub const WHOLE: Without = Without { caller: None, is_gone: &|_, _| false };

impl Without<'_> {
    /// Whether a way is gone that all calls of a set have, but for those of the one function.
    fn is_gone_for_all(&self, callee: Node, how: How) -> bool {
        self.caller.is_none() && (self.is_gone)(callee, how)
    }
}

impl Calls {
    /// Every way from a function to another.
    pub fn edges(&self, caller: Node) -> impl Iterator<Item = Edge> {
        self.of[caller].iter().flat_map(|&Call { offset, to }| {
            let (direct, indirect) = match to {
                To::Function(callee) => (Some(Edge { offset, callee, how: None }), &[][..]),
                To::Set(set) => (None, &self.sets[set][..]),
            };
            let indirect =
                indirect.iter().map(move |&(callee, how)| Edge { offset, callee, how: Some(how) });
            direct.into_iter().chain(indirect)
        })
    }

    /// Which functions `from` reaches.
    pub fn below(&self, from: Node, without: &Without) -> Vec<bool> {
        let mut reached = vec![false; self.of.len()];
        let mut seen = vec![false; self.sets.len()];
        reached[from] = true;
        let mut queue = vec![from];
        while let Some(caller) = queue.pop() {
            let mut reach = |callee: Node| {
                if !std::mem::replace(&mut reached[callee], true) {
                    queue.push(callee);
                }
            };
            let is_apart = without.caller == Some(caller);
            for call in &self.of[caller] {
                match call.to {
                    To::Function(callee) => reach(callee),
                    To::Set(set) if is_apart => {
                        let left =
                            self.sets[set].iter().filter(|way| !(without.is_gone)(way.0, way.1));
                        left.for_each(|way| reach(way.0));
                    }
                    To::Set(set) if !std::mem::replace(&mut seen[set], true) => {
                        let left = self.sets[set]
                            .iter()
                            .filter(|way| !without.is_gone_for_all(way.0, way.1));
                        left.for_each(|way| reach(way.0));
                    }
                    To::Set(_) => {}
                }
            }
        }
        reached
    }

    /// Who calls whom, of the functions that are asked for.
    pub fn callers(&self, is_asked_for: impl Fn(Node) -> bool) -> Callers {
        let mut callers = Callers {
            direct: vec![Vec::new(); self.of.len()],
            in_sets: vec![Vec::new(); self.of.len()],
            of_sets: vec![Vec::new(); self.sets.len()],
        };
        for (set, members) in self.sets.iter().enumerate() {
            for &(member, how) in members {
                callers.in_sets[member].push((set, how));
            }
        }
        for caller in (0..self.of.len()).filter(|&node| is_asked_for(node)) {
            for &Call { offset, to } in &self.of[caller] {
                match to {
                    To::Function(callee) => callers.direct[callee].push((caller, offset)),
                    To::Set(set) => callers.of_sets[set].push((caller, offset)),
                }
            }
        }
        callers
    }

    /// Which functions reach `to`.
    pub fn above(&self, to: Node, callers: &Callers, without: &Without) -> Vec<bool> {
        let mut reached = vec![false; self.of.len()];
        reached[to] = true;
        // What the calls of the one function still reach.
        let mut left = vec![false; self.of.len()];
        for edge in without.caller.into_iter().flat_map(|caller| self.edges(caller)) {
            left[edge.callee] |= edge.how.is_some_and(|how| !(without.is_gone)(edge.callee, how));
        }
        let mut seen = vec![false; self.sets.len()];
        let mut queue = vec![to];
        while let Some(callee) = queue.pop() {
            let mut reach = |caller: Node| {
                if !std::mem::replace(&mut reached[caller], true) {
                    queue.push(caller);
                }
            };
            callers.direct[callee].iter().for_each(|&(caller, _)| reach(caller));
            without.caller.filter(|_| left[callee]).into_iter().for_each(&mut reach);
            for &(set, how) in &callers.in_sets[callee] {
                if !without.is_gone_for_all(callee, how) && !std::mem::replace(&mut seen[set], true)
                {
                    let all = callers.of_sets[set].iter().map(|(caller, _)| *caller);
                    all.filter(|caller| without.caller != Some(*caller)).for_each(&mut reach);
                }
            }
        }
        reached
    }
}

/// The calls, the other way round: each with its caller and its offset.
pub struct Callers {
    pub direct: Vec<Vec<(Node, usize)>>,
    /// The sets that a function is in.
    pub in_sets: Vec<Vec<(SetId, How)>>,
    pub of_sets: Vec<Vec<(Node, usize)>>,
}
