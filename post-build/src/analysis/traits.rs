//! Which traits a vtable can be of, by the names of its methods, and with how many arguments closures are called.
//!
//! `<X as Trait>::method` and `Trait::method` are methods of that trait, or of one that it is a supertrait of. A vtable
//! of `dyn Trait` has all methods of `Trait`, if that has any that a vtable can have: so if one vtable has some, one that
//! has none of them is of another trait.
//!
//! What is in doubt is of any trait: a vtable without methods, or without one of them, or with one that has no name, one
//! that is no trait's, or one that was compiled with the standard library (in which functions were merged without a trace).

use super::linked::Linked;
use super::named::Named;
use super::symbols::{CLOSURES, trait_of};
use super::vtables::DataFunctions;
use crate::transform::rust_path;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What is known of the vtables in which functions stand.
#[derive(Default)]
pub struct Traits {
    /// The traits of the vtables with this drop glue; none if one of them can be of any.
    of_glue: HashMap<u32, Option<BTreeSet<String>>>,
    /// Those of which a vtable has methods.
    known: BTreeSet<String>,
    /// With how many arguments a function is called through the vtables of closures; none where that is not known.
    arguments: HashMap<u32, Option<BTreeSet<usize>>>,
}

impl Traits {
    pub fn of(linked: &Linked, data: &DataFunctions, named: &Named) -> Traits {
        let mut traits = Traits::default();
        let mut of_methods: HashMap<u32, Option<BTreeSet<String>>> = HashMap::new();
        for vtable in &data.vtables {
            let slots: BTreeMap<u32, u32> = vtable.iter().copied().collect();
            let methods = vtable.iter().filter(|(offset, _)| *offset > 0);
            let mut of = |method: u32| {
                let of = of_methods.entry(method);
                of.or_insert_with(|| of_method(linked, method, named)).clone()
            };
            let of: Vec<_> = methods.clone().map(|(_, method)| of(*method)).collect();
            traits.known.extend(of.iter().flatten().flatten().cloned());
            let of = of.into_iter().collect::<Option<Vec<_>>>().filter(|of| !of.is_empty());
            // A method that this `dyn Trait` has not, for a `where` clause of it, leaves its slot empty.
            let is_whole =
                (12..).step_by(4).zip(methods.clone()).all(|(at, (offset, _))| at == *offset);
            let of = of.filter(|_| is_whole);
            let of = of.map(|of| of.into_iter().flatten().collect::<BTreeSet<_>>());
            if let Some(glue) = slots.get(&0) {
                add(traits.of_glue.entry(*glue), of);
            }
            // `FnOnce` is a supertrait of the others, so its method comes first.
            let called = slots.get(&12).and_then(|once| named.arguments(*once));
            for (_, method) in methods {
                add(traits.arguments.entry(*method), called.map(|called| [called].into()));
            }
        }
        traits
    }

    /// Whether an object of this trait can have this drop glue.
    pub fn can_drop(&self, name: &str, glue: u32) -> bool {
        match self.of_glue.get(&glue) {
            Some(Some(traits)) => traits.contains(name) || !self.known.contains(name),
            _ => true,
        }
    }

    /// With how many arguments a function is called as a method of closures, if it is one and that is known.
    pub fn arguments(&self, function: u32) -> Option<&BTreeSet<usize>> {
        self.arguments.get(&function)?.as_ref()
    }
}

/// What is known of one vtable more.
fn add<T: Ord>(
    entry: std::collections::hash_map::Entry<u32, Option<BTreeSet<T>>>,
    of: Option<BTreeSet<T>>,
) {
    let known = entry.or_insert_with(|| Some(BTreeSet::new()));
    *known = known.take().zip(of).map(|(mut known, of)| {
        known.extend(of);
        known
    });
}

/// The traits that a method can be of; none if it can be of any.
fn of_method(linked: &Linked, method: u32, named: &Named) -> Option<BTreeSet<String>> {
    if named.is_std(method) {
        return None;
    }
    let function = &linked.functions[method as usize];
    let mut traits = BTreeSet::new();
    for symbol in function.symbols.iter().copied().chain([function.name.as_str()]) {
        if !symbol.starts_with("_R") && !symbol.starts_with("_ZN") {
            return None;
        }
        let name = trait_of(&rust_path(symbol))?.to_owned();
        match CLOSURES.contains(&name.as_str()) {
            true => traits.extend(CLOSURES.map(str::to_owned)),
            false => traits.extend([name]),
        }
    }
    Some(traits)
}
