//! Which functions have their address somewhere in memory because code took it.
//!
//! Most code that takes the address of a function stores it. But LLVM also passes it as an argument, instead of the
//! closure or the vtable that it would be loaded from: down to where it is called, and nowhere else. The origins of that
//! call have it (`origin`), and no other one can reach it.

use super::flow::{Callee, Flow, Value, ValueId};
use super::linked::Linked;
use std::collections::{BTreeSet, HashSet};

/// The functions whose address escapes where code takes it, but for the code of `never_run`.
pub fn functions(linked: &Linked, flows: &[Flow], never_run: &BTreeSet<u32>) -> BTreeSet<u32> {
    let leaking = leaking_parameters(linked, flows);
    let mut functions = BTreeSet::new();
    for (index, flow) in flows.iter().enumerate() {
        if never_run.contains(&(index as u32)) {
            continue;
        }
        for value in escaping(flow, &leaking) {
            if let Value::Function(function) = flow.values[value as usize] {
                functions.insert(function);
            }
        }
    }
    functions
}

/// The parameters, by function and number, that do not only end where they are called.
fn leaking_parameters(linked: &Linked, flows: &[Flow]) -> HashSet<(u32, u32)> {
    let mut leaking = HashSet::new();
    for (index, flow) in flows.iter().enumerate() {
        let function = &linked.functions[index];
        if function.body.is_none() || flow.lost {
            let signature = &linked.signatures[function.signature as usize];
            leaking
                .extend((0..signature.params().len()).map(|number| (index as u32, number as u32)));
        }
    }
    loop {
        let before = leaking.len();
        for (index, flow) in flows.iter().enumerate() {
            for value in escaping(flow, &leaking) {
                if let Value::Parameter(number) = flow.values[value as usize] {
                    leaking.insert((index as u32, number));
                }
            }
        }
        if leaking.len() == before {
            return leaking;
        }
    }
}

/// The values of a function that escape, in it or from what it calls.
fn escaping(flow: &Flow, leaking: &HashSet<(u32, u32)>) -> HashSet<ValueId> {
    let mut queue: Vec<ValueId> = flow.escaped.iter().copied().collect();
    for call in &flow.calls {
        if let Callee::Function(callee) = call.callee {
            let arguments = call.arguments.iter().enumerate();
            queue.extend(arguments.filter_map(|(number, argument)| {
                leaking.contains(&(callee, number as u32)).then_some(*argument)
            }));
        }
    }
    let mut escaping = HashSet::new();
    while let Some(value) = queue.pop() {
        if escaping.insert(value)
            && let Value::Join(inputs) = &flow.values[value as usize]
        {
            queue.extend(inputs);
        }
    }
    escaping
}
