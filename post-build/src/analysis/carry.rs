//! From the set of a linked module to the functions of the one that is instrumented: wasm-bindgen
//! keeps their names.
//!
//! A function that is new, an adapter of wasm-bindgen's or a wrapper of ours, is listed if it calls
//! a listed one and can be on the stack of a fiber: so far none does.

use super::linked::UNNAMED;
use super::{ENTRY, SuspensionSet, choices};
use crate::calls::{DirectCalls, direct_calls};
use crate::transform::{SUSPEND, declared, holds_references};
use anyhow::{Result, ensure};
use std::collections::BTreeSet;
use walrus::{FunctionId, Module};

impl SuspensionSet {
    /// The names of the functions of `module` that have to be instrumented; sorted.
    ///
    /// `module` is prepared: `suspend` is still an import. `include` and `exclude` are what the
    /// author says.
    pub fn carried_to(
        &self,
        module: &Module,
        include: &[String],
        exclude: &[String],
    ) -> Result<Vec<String>> {
        let entry = module.exports.get_func(ENTRY).ok();
        ensure!(
            entry.is_none() || !self.members.keys().any(|name| name.starts_with(UNNAMED)),
            "functions that can suspend have no names, and are known by them: \
             leave `strip` out of the Cargo profile"
        );
        let mut names = BTreeSet::new();
        let mut listed: BTreeSet<FunctionId> = BTreeSet::new();
        for function in module.funcs.iter() {
            if self.members.contains_key(function.name.as_deref().unwrap_or_default()) {
                listed.insert(function.id());
            }
        }
        let calls = direct_calls(module);
        // In a program nobody is new.
        if let Some(entry) = entry {
            self.add_new_callers(module, entry, &calls, &mut listed)?;
        }
        choices::include(module, include, &calls, &mut listed)?;
        choices::exclude(module, exclude, &mut listed)?;
        for function in listed {
            let name = module.funcs.get(function).name.clone().unwrap_or_default();
            ensure!(
                !holds_references(module, function),
                "function `{name}` can be on the stack of a suspended fiber and has JavaScript \
                 references in its locals, which cannot be saved. Declare the JavaScript \
                 function that it calls in a #[wasm_bindgen] or #[suspending] block"
            );
            names.insert(name);
        }
        Ok(names.into_iter().collect())
    }

    /// Adds the functions which the linked module did not have, which a fiber can reach by direct
    /// calls, and which call a listed one.
    fn add_new_callers(
        &self,
        module: &Module,
        entry: FunctionId,
        calls: &DirectCalls,
        listed: &mut BTreeSet<FunctionId>,
    ) -> Result<()> {
        let mut below = listed.clone();
        below.insert(entry);
        let mut queue: Vec<_> = below.iter().copied().collect();
        while let Some(function) = queue.pop() {
            for &callee in calls.get(&function).iter().copied().flatten() {
                if below.insert(callee) {
                    queue.push(callee);
                }
            }
        }
        let suspend = declared(module, SUSPEND);
        loop {
            let calls_listed = |callees: &BTreeSet<FunctionId>| {
                let mut callees = callees.iter();
                callees.any(|callee| listed.contains(callee) || Some(*callee) == suspend)
            };
            let new: Vec<_> = calls
                .iter()
                .filter(|(caller, callees)| {
                    let name = module.funcs.get(**caller).name.as_deref().unwrap_or_default();
                    !self.known.contains(name) && below.contains(caller) && calls_listed(callees)
                })
                .map(|(caller, _)| *caller)
                .filter(|caller| !listed.contains(caller))
                .collect();
            if new.is_empty() {
                return Ok(());
            }
            listed.extend(new);
        }
    }
}
