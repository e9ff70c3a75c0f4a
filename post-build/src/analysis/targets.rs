//! Which functions an indirect call reaches.

use super::escapes;
use super::flow::Flow;
use super::linked::{Linked, Relocations, Signature, Target};
use super::named::{CallOfC, Called, Named};
use super::origin::{Origin, Origins};
use super::reason::How;
use super::runtime::{Caller, Reserved};
use super::symbols::Names;
use super::traits::Traits;
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
    /// The methods that stand in a vtable with another one of their signature.
    choices: BTreeSet<u32>,
    reserved: Reserved,
    named: &'a Named,
    /// Those of `taken` whose address code takes that is not of C.
    taken_by_others: BTreeSet<u32>,
    /// The names of functions, where those of calls are known.
    names: HashMap<u32, Names>,
    traits: Traits,
    sets: Vec<Vec<(u32, How)>>,
    known: HashMap<IndirectCall<'a>, SetId>,
}

/// What is known of an indirect call.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IndirectCall<'a> {
    pub signature: Signature,
    /// Of the address.
    pub origins: Origins,
    pub caller: Caller,
    /// What the source names there; none if that is not known.
    pub called: Option<&'a Called>,
    /// How it calls, if it is one of C.
    pub of_c: Option<&'a CallOfC>,
}

/// An index into [`Targets::into_sets`].
pub type SetId = usize;

impl<'a> Targets<'a> {
    /// `never_run` are functions that take no address and are called by nobody.
    pub fn of(
        linked: &'a Linked<'a>,
        flows: &[Flow],
        never_run: &BTreeSet<u32>,
        named: &'a Named,
        reserved: Reserved,
    ) -> Self {
        let mut table: HashMap<Signature, Vec<u32>> = HashMap::new();
        for &function in linked.table.difference(never_run) {
            let signature = linked.functions[function as usize].signature;
            table.entry(signature).or_default().push(function);
        }
        let (data, taken) = match &linked.relocations {
            None => Default::default(),
            Some(relocations) => {
                (DataFunctions::of(relocations), taken(linked, relocations, flows, never_run))
            }
        };
        let taken_by_others = match &linked.relocations {
            Some(relocations) if !named.of_c().is_empty() => {
                addresses_in(linked, relocations, flows, &(never_run | named.of_c()))
            }
            _ => BTreeSet::new(),
        };
        let choices = choices(linked, &data);
        let (names, traits) = match named.is_known() {
            false => Default::default(),
            true => (names(linked, &data, named), Traits::of(linked, &data, named)),
        };
        Targets {
            linked,
            table,
            data,
            taken,
            choices,
            reserved,
            named,
            taken_by_others,
            names,
            traits,
            sets: Vec::new(),
            known: HashMap::new(),
        }
    }

    /// What a call reaches.
    pub fn reached(&mut self, call: IndirectCall<'a>) -> SetId {
        if let Some(set) = self.known.get(&call) {
            return *set;
        }
        let mut reached = BTreeMap::new();
        for (origin, shift) in &call.origins {
            self.reach(&call, origin, *shift, &mut |function, how| {
                let known = reached.entry(function).or_insert(how);
                *known = how.min(*known);
            });
        }
        self.sets.push(reached.into_iter().collect());
        self.known.insert(call, self.sets.len() - 1);
        self.sets.len() - 1
    }

    pub fn into_sets(self) -> Vec<Vec<(u32, How)>> {
        self.sets
    }

    fn reach(
        &self,
        call: &IndirectCall,
        origin: &Origin,
        shift: i32,
        add: &mut impl FnMut(u32, How),
    ) {
        let mut add = |functions: &mut dyn Iterator<Item = &u32>, how| {
            for &function in functions {
                if self.linked.functions[function as usize].signature == call.signature
                    && self.reserved.allows(call.caller, function)
                    && (how == How::Constant || self.can_be_called(function, origin, how, call))
                {
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
            Origin::Cell if shift == 0 => {
                // `core::fmt::write` has no `match` over methods, and calls that are made of several have no place.
                if call.caller != Caller::Formats && call.called.is_none() {
                    add(&mut self.choices.iter(), How::Choice);
                }
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
                let all = self.table.get(&call.signature);
                add(&mut all.into_iter().flatten(), How::Signature);
                return;
            }
        }
        add(&mut self.data.others.iter(), How::Table);
        add(&mut self.taken.iter(), How::AddressTaken);
    }

    /// Whether the function can be what the source names at the call.
    fn can_be_called(&self, function: u32, origin: &Origin, how: How, call: &IndirectCall) -> bool {
        if let Some(of_c) = call.of_c {
            let in_data =
                || self.data.others.contains(&function) || self.taken_by_others.contains(&function);
            // C does not call methods in vtables of Rust.
            return self.has_address(function)
                && of_c.can_reach(self.named.callback(function), in_data);
        }
        let Some(names) = self.names.get(&function) else {
            return true;
        };
        // What the arguments of `format_args!` hold.
        if call.caller == Caller::Formats && *origin == Origin::Cell {
            return names.last.iter().any(|name| name == "fmt");
        }
        let Some(called) = call.called else {
            return true;
        };
        let glue = self.data.slots.get(&0);
        let is_glue = glue.is_some_and(|glue| glue.contains(&function));
        if called.glue {
            let dropped = called.dropped.as_deref();
            return is_glue && dropped.is_none_or(|name| self.traits.can_drop(name, function));
        }
        // A value that goes is dropped where a new one comes, and is named nowhere.
        if is_glue && matches!(how, How::Slot(0) | How::Signature | How::Choice) {
            return true;
        }
        names.is_doubtful
            || names.last.iter().any(|name| called.methods.contains(name))
            || names.closure && self.can_be_closure(function, called)
            || called.pointer && self.has_address(function)
    }

    /// Whether the function can be the closure that is called.
    fn can_be_closure(&self, function: u32, called: &Called) -> bool {
        match self.traits.arguments(function) {
            Some(counts) => {
                called.pointer && counts.iter().any(|count| called.arguments.can_be(*count))
            }
            // Also blocks that are `async` are called so.
            None => {
                ["poll", "next"].iter().any(|name| called.methods.contains(*name)) || called.pointer
            }
        }
    }

    /// Whether its address is somewhere else than in vtables.
    fn has_address(&self, function: u32) -> bool {
        self.taken.contains(&function) || self.data.others.contains(&function)
    }

    fn is_constant(&self, object: u32) -> bool {
        self.linked.relocations.as_ref().is_some_and(|relocations| {
            relocations.is_constant(&relocations.objects[object as usize])
        })
    }
}

/// The functions whose address the code takes, where it runs, and does not only pass to where it is called.
fn taken(
    linked: &Linked,
    relocations: &Relocations,
    flows: &[Flow],
    never_run: &BTreeSet<u32>,
) -> BTreeSet<u32> {
    let mut taken = addresses_in(linked, relocations, flows, never_run);
    taken.retain(|function| !never_run.contains(function));
    taken
}

/// The functions whose address the code takes, but for that of `others`.
fn addresses_in(
    linked: &Linked,
    relocations: &Relocations,
    flows: &[Flow],
    others: &BTreeSet<u32>,
) -> BTreeSet<u32> {
    let mut taken = escapes::functions(linked, flows, others);
    // Where the control flow is not followed.
    for (function, _) in flows.iter().enumerate().filter(|(_, flow)| flow.lost) {
        let body = linked.functions[function].body.as_ref().map(|body| body.range());
        let Some(body) = body.filter(|_| !others.contains(&(function as u32))) else {
            continue;
        };
        let from = relocations.code.partition_point(|(offset, _)| *offset < body.start);
        let inside = relocations.code[from..].iter().take_while(|(offset, _)| *offset < body.end);
        taken.extend(inside.filter_map(|(_, target)| match target {
            Target::Function(function) => Some(*function),
            Target::Object { .. } => None,
        }));
    }
    taken
}

/// The methods that stand in a vtable with another one of their signature.
fn choices(linked: &Linked, data: &DataFunctions) -> BTreeSet<u32> {
    let mut choices = BTreeSet::new();
    for vtable in &data.vtables {
        let mut by_signature: BTreeMap<Signature, Vec<u32>> = BTreeMap::new();
        for &(_, function) in vtable {
            let signature = linked.functions[function as usize].signature;
            by_signature.entry(signature).or_default().push(function);
        }
        choices.extend(by_signature.into_values().filter(|methods| methods.len() > 1).flatten());
    }
    choices
}

/// The names of the functions that have an address.
fn names(linked: &Linked, data: &DataFunctions, named: &Named) -> HashMap<u32, Names> {
    let mut names: HashMap<u32, Names> = linked
        .table
        .iter()
        .map(|&function| (function, Names::of(&linked.functions[function as usize])))
        .collect();
    for vtable in &data.vtables {
        for &(offset, function) in vtable.iter().filter(|(offset, _)| *offset > 0) {
            let again = vtable.iter().any(|other| other.1 == function && other.0 != offset);
            // The table has it, unless the relocation is wrong.
            let of = || Names::of(&linked.functions[function as usize]);
            let known = names.entry(function).or_insert_with(of);
            known.is_doubtful |= known.foreign || again && named.is_std(function);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::super::linked::Linked;
    use super::super::named::Named;
    use super::super::vtables::DataFunctions;
    use super::names;

    /// A relocation of a damaged file can say that a function stands in a vtable.
    #[test]
    fn a_method_that_is_not_in_the_table_has_names_too() {
        let wasm = wat::parse_str("(module (func $method))").unwrap();
        let linked = Linked::read(&wasm).unwrap();
        let data = DataFunctions { vtables: vec![vec![(12, 0)]], ..DataFunctions::default() };
        assert!(linked.table.is_empty());
        assert!(names(&linked, &data, &Named::default()).contains_key(&0));
    }
}
