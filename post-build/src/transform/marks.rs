//! Which functions wasm-opt may inline: those of the suspension set.
//!
//! A member that has become part of its caller is a frame less to save. Everything else stays as
//! LLVM has left it: inlined into a member, it would be instrumented too, and it could bring
//! JavaScript references, which cannot be saved. wasm-opt is told by name, so all others get a mark.

use std::collections::HashSet;
use walrus::Module;

/// What the names of the others begin with.
pub const MARK: &str = "outside of the set: ";

/// Marks every function that is not of the set.
pub fn mark_others(module: &mut Module, members: &[String]) {
    let members: HashSet<&str> = members.iter().map(String::as_str).collect();
    for function in module.funcs.iter_mut() {
        let name = function.name.take().unwrap_or_default();
        let is_member = members.contains(name.as_str());
        function.name = Some(if is_member { name } else { format!("{MARK}{name}") });
    }
}

/// Takes the marks away.
pub fn unmark(module: &mut Module) {
    for function in module.funcs.iter_mut() {
        if let Some(name) = &mut function.name
            && name.starts_with(MARK)
        {
            name.drain(..MARK.len());
        }
    }
}

/// The members that are still functions of their own. One that is gone has been inlined into all its
/// callers, which are members too, or cannot be reached.
pub fn remaining(module: &Module, mut members: Vec<String>) -> Vec<String> {
    let names: HashSet<&str> =
        module.funcs.iter().filter_map(|function| function.name.as_deref()).collect();
    members.retain(|member| names.contains(member.as_str()));
    members
}
