//! What the address of an indirect call can be.
//!
//! [`Origins`] of a value are found by following its [`Flow`] backwards, and for a parameter by
//! following every direct call of the function:
//!
//! | the address comes from | and reaches, with the call's signature |
//! | --- | --- |
//! | a constant | that function |
//! | `i32.load offset=K` of a whole pointer | slot K of the vtables; other tables; taken addresses |
//! | a place in a constant object of the data | what stands there |
//! | a place in a variable of the data | what stands there at first; other tables; taken addresses |
//! | `i32.load` at a whole pointer and a computed number, an *element* | the methods of vtables that have two or more of that signature; other tables; taken addresses |
//! | a parameter of a function that is called directly only, or behind it | what the calls pass, or what stands there |
//! | another parameter, a call's result, arithmetic | everything |
//! | memory at a computed address | everything |
//!
//! Sums with constants are followed, so that `vtable + 12` then `i32.load offset=0` is slot 12.
//!
//! What is loaded from an element is a *cell*: of an array, as a rule. But LLVM also turns a `match` over methods of
//! one signature into arithmetic on the vtable's address, which is why a cell can be one of such methods.
//!
//! # What is assumed
//!
//! 1. A pointer that a function is given, loads or gets from a call points at the beginning of a
//!    vtable or into no vtable. Only LLVM could make another, and where it does (`vtable + 12` in
//!    two arms of an `if`), it is within one function, where sums are followed.
//! 2. A function that stands only in vtables is called where its address was loaded, or passed on
//!    to there (LLVM's argument promotion does that), but not stored in memory between. Rust has no
//!    way to get a method's address out of a vtable, so no program does.
//! 3. What an object in `.rodata` holds does not change.
//!
//! Where code breaks these, by reading a vtable of rustc through raw pointers, an uninstrumented
//! function is on a suspended stack, which the Asyncify build notices when that happens.

use super::flow::{Call, Callee, Flow, Value, ValueId};
use super::linked::Linked;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Where a value can come from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A constant, which is its shift.
    Number,
    Function(u32),
    /// The address of an object; its shift is the place inside.
    Object(u32),
    /// An address somewhere in an object.
    Inside(u32),
    Parameter(u32),
    /// Loaded so far behind a parameter.
    Behind(u32, i32),
    /// A whole pointer and a computed number.
    Element,
    /// Loaded from an element.
    Cell,
    /// Loaded so far behind a whole pointer.
    Slot(i32),
    /// Loaded from an object, at a known place or somewhere.
    Content(u32, Option<i32>),
    /// Loaded from a computed address.
    Memory,
    /// From elsewhere, whole.
    Opaque,
    /// From arithmetic.
    Computed,
}

/// Each with the number that has been added to it.
pub type Origins = BTreeSet<(Origin, i32)>;

/// Where more origins than this meet, they are [widened](widen).
const MANY: usize = 32;
/// A pointer to which more numbers than this are added in one place walks.
const STEPS: usize = 8;

/// The origins of one function's values, found on demand.
pub struct Tracer<'a> {
    flow: &'a Flow,
    known: HashMap<ValueId, Origins>,
}

impl<'a> Tracer<'a> {
    pub fn new(flow: &'a Flow) -> Self {
        Tracer { flow, known: HashMap::new() }
    }

    pub fn origins(&mut self, value: ValueId) -> Origins {
        if self.flow.lost {
            return only(Origin::Computed);
        }
        if !self.known.contains_key(&value) {
            self.solve(value);
        }
        self.known[&value].clone()
    }

    /// Finds the origins of a value and of everything that it depends on.
    ///
    /// The joins of loops depend on themselves: origins are added until there are no new ones.
    fn solve(&mut self, value: ValueId) {
        let order = self.dependencies(value);
        for &value in &order {
            self.known.insert(value, Origins::new());
        }
        let mut walking = BTreeSet::new();
        let mut wide = BTreeSet::new();
        let mut changed = true;
        while changed {
            changed = false;
            for &value in &order {
                let mut origins = self.step(value);
                origins.extend(self.known[&value].iter().cloned());
                if is_walk(&origins) {
                    walking.insert(value);
                }
                if walking.contains(&value) {
                    origins = walk(&origins);
                }
                if origins.len() > MANY {
                    wide.insert(value);
                }
                if wide.contains(&value) {
                    origins = widen(&origins);
                }
                if origins != self.known[&value] {
                    self.known.insert(value, origins);
                    changed = true;
                }
            }
        }
    }

    /// What `value` depends on and is not known yet, each after what it depends on, but for loops.
    fn dependencies(&self, value: ValueId) -> Vec<ValueId> {
        let mut order = Vec::new();
        let mut seen = BTreeSet::from([value]);
        let mut stack = vec![(value, false)];
        while let Some((value, expanded)) = stack.pop() {
            if expanded {
                order.push(value);
                continue;
            }
            stack.push((value, true));
            for input in inputs(&self.flow.values[value as usize]) {
                if !self.known.contains_key(&input) && seen.insert(input) {
                    stack.push((input, false));
                }
            }
        }
        order
    }

    fn step(&self, value: ValueId) -> Origins {
        match &self.flow.values[value as usize] {
            Value::Computed => only(Origin::Computed),
            // A `Wide` is no address; its halves are values of their own.
            Value::Opaque | Value::Wide(..) => only(Origin::Opaque),
            Value::Parameter(index) => only(Origin::Parameter(*index)),
            Value::Number(number) => Origins::from([(Origin::Number, *number)]),
            Value::Function(function) => only(Origin::Function(*function)),
            Value::Object { object, addend } => Origins::from([(Origin::Object(*object), *addend)]),
            Value::Load { address, offset } => {
                let addresses = &self.known[address];
                addresses.iter().map(|(origin, shift)| (load(origin, shift + offset), 0)).collect()
            }
            Value::Index { address, object, addend } => {
                let addresses = &self.known[address];
                let at = |(origin, shift): &(Origin, i32)| match origin {
                    Origin::Number => Some(addend + shift),
                    _ => None,
                };
                addresses.iter().map(|index| (Origin::Content(*object, at(index)), 0)).collect()
            }
            Value::Sum(left, right) => sum(&self.known[left], &self.known[right]),
            Value::Join(inputs) => {
                inputs.iter().flat_map(|input| self.known[input].iter().cloned()).collect()
            }
        }
    }
}

fn inputs(value: &Value) -> Vec<ValueId> {
    match value {
        Value::Load { address, .. } | Value::Index { address, .. } => vec![*address],
        Value::Sum(left, right) => vec![*left, *right],
        Value::Join(inputs) => inputs.clone(),
        _ => Vec::new(),
    }
}

fn only(origin: Origin) -> Origins {
    Origins::from([(origin, 0)])
}

/// What `i32.load` gets from an address of this origin.
fn load(address: &Origin, offset: i32) -> Origin {
    match address {
        Origin::Object(object) => Origin::Content(*object, Some(offset)),
        Origin::Inside(object) => Origin::Content(*object, None),
        Origin::Parameter(index) => Origin::Behind(*index, offset),
        Origin::Element => Origin::Cell,
        Origin::Computed => Origin::Memory,
        Origin::Number
        | Origin::Function(_)
        | Origin::Behind(..)
        | Origin::Cell
        | Origin::Slot(_)
        | Origin::Content(..)
        | Origin::Memory
        | Origin::Opaque => Origin::Slot(offset),
    }
}

fn sum(left: &Origins, right: &Origins) -> Origins {
    let pair = |left: &(Origin, i32), right: &(Origin, i32)| match (left, right) {
        ((origin, shift), (Origin::Number, number))
        | ((Origin::Number, number), (origin, shift)) => {
            let shift = match origin {
                // More of them would only make loops run longer.
                Origin::Computed | Origin::Inside(_) | Origin::Element => 0,
                _ => shift.wrapping_add(*number),
            };
            (origin.clone(), shift)
        }
        ((Origin::Object(object) | Origin::Inside(object), _), _)
        | (_, (Origin::Object(object) | Origin::Inside(object), _)) => (Origin::Inside(*object), 0),
        ((Origin::Computed, _), (Origin::Computed, _)) => (Origin::Computed, 0),
        ((Origin::Computed | Origin::Element, _), _)
        | (_, (Origin::Computed | Origin::Element, _)) => (Origin::Element, 0),
        _ => (Origin::Computed, 0),
    };
    left.iter().flat_map(|left| right.iter().map(move |right| pair(left, right))).collect()
}

/// Whether a whole pointer comes with more than a few numbers added: `p`, `p + 8`, …
fn is_walk(origins: &Origins) -> bool {
    let mut steps = 0;
    let mut last = None;
    origins.iter().any(|(origin, _)| {
        steps = if last == Some(origin) { steps + 1 } else { 1 };
        last = Some(origin);
        steps > STEPS && can_walk(origin)
    })
}

fn can_walk(origin: &Origin) -> bool {
    !matches!(origin, Origin::Number | Origin::Function(_) | Origin::Object(_) | Origin::Computed)
}

/// Pointers that walk are elements, but for where they begin.
fn walk(origins: &Origins) -> Origins {
    let step = |(origin, shift): &(Origin, i32)| match origin {
        origin if *shift != 0 && can_walk(origin) => (Origin::Element, 0),
        origin => (origin.clone(), *shift),
    };
    origins.iter().map(step).collect()
}

/// Many origins as few: whole pointers are [opaque](Origin::Opaque), and numbers [computed](Origin::Computed).
fn widen(origins: &Origins) -> Origins {
    let wide = |(origin, shift): &(Origin, i32)| match origin {
        Origin::Element => Origin::Element,
        Origin::Number | Origin::Computed | Origin::Inside(_) => Origin::Computed,
        _ if *shift == 0 => Origin::Opaque,
        _ => Origin::Computed,
    };
    origins.iter().map(|origin| (wide(origin), 0)).collect()
}

fn shifted(origin: Origin, shift: i32, by: i32) -> (Origin, i32) {
    match origin {
        Origin::Computed | Origin::Inside(_) | Origin::Element => (origin, 0),
        _ => (origin, shift.wrapping_add(by)),
    }
}

/// The origins of the addresses that indirect calls use, across functions.
pub struct Addresses<'a> {
    linked: &'a Linked<'a>,
    tracers: Vec<Tracer<'a>>,
    /// Who calls a function directly.
    callers: HashMap<u32, Vec<(u32, &'a Call)>>,
    parameters: BTreeMap<(u32, u32), Origins>,
}

impl<'a> Addresses<'a> {
    pub fn new(linked: &'a Linked<'a>, flows: &'a [Flow]) -> Self {
        let mut callers: HashMap<u32, Vec<(u32, &Call)>> = HashMap::new();
        for (caller, flow) in flows.iter().enumerate() {
            for call in &flow.calls {
                if let Callee::Function(callee) = call.callee {
                    callers.entry(callee).or_default().push((caller as u32, call));
                }
            }
        }
        Addresses {
            linked,
            tracers: flows.iter().map(Tracer::new).collect(),
            callers,
            parameters: BTreeMap::new(),
        }
    }

    /// The origins of a value of a function; none of them is a parameter, or behind one.
    pub fn origins(&mut self, function: u32, value: ValueId) -> Origins {
        let origins = self.tracers[function as usize].origins(value);
        let mut resolved = Origins::new();
        for (origin, shift) in origins {
            match origin {
                Origin::Parameter(index) => {
                    let passed = self.parameter(function, index);
                    resolved.extend(passed.into_iter().map(|(of, by)| shifted(of, by, shift)));
                }
                Origin::Behind(index, offset) => {
                    let passed = self.parameter(function, index);
                    let loaded = passed.iter().map(|(of, by)| load(of, by.wrapping_add(offset)));
                    resolved.extend(loaded.map(|origin| shifted(origin, 0, shift)));
                }
                _ => {
                    resolved.insert((origin, shift));
                }
            }
        }
        resolved
    }

    /// What the direct calls of a function pass as a parameter, through any number of functions.
    fn parameter(&mut self, function: u32, index: u32) -> Origins {
        if let Some(known) = self.parameters.get(&(function, index)) {
            return known.clone();
        }
        let mut found = Origins::new();
        let mut seen = BTreeSet::from([(function, index)]);
        let mut queue = vec![(function, index)];
        while let Some((function, index)) = queue.pop() {
            if self.has_unknown_callers(function) {
                found.insert((Origin::Opaque, 0));
            }
            for (caller, call) in self.callers.get(&function).cloned().unwrap_or_default() {
                let argument = call.arguments[index as usize];
                for (origin, shift) in self.tracers[caller as usize].origins(argument) {
                    match origin {
                        Origin::Parameter(index) if shift == 0 => {
                            if seen.insert((caller, index)) {
                                queue.push((caller, index));
                            }
                        }
                        Origin::Parameter(_) => {
                            found.insert((Origin::Opaque, shift));
                        }
                        Origin::Behind(_, offset) => {
                            found.insert((Origin::Slot(offset), shift));
                        }
                        _ => {
                            found.insert((origin, shift));
                        }
                    }
                }
            }
        }
        self.parameters.insert((function, index), found.clone());
        found
    }

    fn has_unknown_callers(&self, function: u32) -> bool {
        self.linked.functions[function as usize].exported || self.linked.table.contains(&function)
    }
}
