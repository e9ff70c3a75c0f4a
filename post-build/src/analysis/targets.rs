//! Which functions an indirect call reaches.

use super::linked::{Linked, Relocations, Signature, Target};
use super::origin::{Origin, Origins};
use super::reason::How;
use super::vtables::DataFunctions;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The functions of a module by what an indirect call can know of them.
///
/// Sets of functions are shared between the calls that reach the same: most do.
pub struct Targets<'a> {
    linked: &'a Linked<'a>,
    /// The functions in the table, by signature.
    table: HashMap<Signature, Vec<u32>>,
    data: DataFunctions,
    /// Those whose address the code takes.
    taken: BTreeSet<u32>,
    sets: Vec<Vec<(u32, How)>>,
    known: HashMap<(Signature, Origins), SetId>,
}

/// An index into [`Targets::into_sets`].
pub type SetId = usize;

impl<'a> Targets<'a> {
    /// `never_run` are functions that take no address and are called by nobody.
    pub fn of(linked: &'a Linked<'a>, never_run: &BTreeSet<u32>) -> Self {
        let mut table: HashMap<Signature, Vec<u32>> = HashMap::new();
        for &function in linked.table.difference(never_run) {
            let signature = linked.functions[function as usize].signature;
            table.entry(signature).or_default().push(function);
        }
        let (data, taken) = match &linked.relocations {
            None => Default::default(),
            Some(relocations) => {
                (DataFunctions::of(relocations), taken(linked, relocations, never_run))
            }
        };
        Targets { linked, table, data, taken, sets: Vec::new(), known: HashMap::new() }
    }

    /// What a call with this signature reaches, when its address has these origins.
    pub fn reached(&mut self, signature: Signature, origins: Origins) -> SetId {
        let key = (signature, origins);
        if let Some(set) = self.known.get(&key) {
            return *set;
        }
        let mut reached = BTreeMap::new();
        for (origin, shift) in &key.1 {
            self.reach(signature, origin, *shift, &mut |function, how| {
                let known = reached.entry(function).or_insert(how);
                *known = how.min(*known);
            });
        }
        self.sets.push(reached.into_iter().collect());
        self.known.insert(key, self.sets.len() - 1);
        self.sets.len() - 1
    }

    pub fn into_sets(self) -> Vec<Vec<(u32, How)>> {
        self.sets
    }

    fn reach(
        &self,
        signature: Signature,
        origin: &Origin,
        shift: i32,
        add: &mut impl FnMut(u32, How),
    ) {
        let mut add = |functions: &mut dyn Iterator<Item = &u32>, how| {
            for &function in functions {
                if self.linked.functions[function as usize].signature == signature {
                    add(function, how);
                }
            }
        };
        match *origin {
            // Null: LLVM may merge it with the address that a check has led to.
            Origin::Number => return,
            Origin::Function(function) if shift == 0 => {
                add(&mut [function].iter(), How::Constant);
                return;
            }
            Origin::Slot(offset) if shift == 0 => {
                let slot = u32::try_from(offset).ok().and_then(|slot| self.data.slots.get(&slot));
                add(&mut slot.into_iter().flatten(), How::Slot(offset as u32));
            }
            Origin::Content(object, place) if shift == 0 => {
                let functions = self.data.objects.get(&object);
                let mut inside =
                    functions.into_iter().flatten().filter_map(|(offset, function)| {
                        let is_there = place.is_none_or(|place| place == *offset as i32);
                        is_there.then_some(function)
                    });
                add(&mut inside, How::Object);
                if self.is_constant(object) {
                    return;
                }
            }
            _ => {
                let all = self.table.get(&signature);
                add(&mut all.into_iter().flatten(), How::Signature);
                return;
            }
        }
        add(&mut self.data.others.iter(), How::Table);
        add(&mut self.taken.iter(), How::AddressTaken);
    }

    fn is_constant(&self, object: u32) -> bool {
        self.linked.relocations.as_ref().is_some_and(|relocations| {
            relocations.is_constant(&relocations.objects[object as usize])
        })
    }
}

/// The functions whose address the code takes, where it runs.
fn taken(linked: &Linked, relocations: &Relocations, never_run: &BTreeSet<u32>) -> BTreeSet<u32> {
    let dead: Vec<_> = never_run
        .iter()
        .filter_map(|function| linked.functions[*function as usize].body.as_ref())
        .map(|body| body.range())
        .collect();
    let taken = relocations.code.iter().filter_map(|(offset, target)| match target {
        Target::Function(function) => Some((offset, *function)),
        Target::Object { .. } => None,
    });
    taken
        .filter(|(offset, _)| {
            // The functions come in the order of their code.
            let after = dead.partition_point(|range| range.start <= **offset);
            after == 0 || !dead[after - 1].contains(*offset)
        })
        .map(|(_, function)| function)
        .filter(|function| !never_run.contains(function))
        .collect()
}
