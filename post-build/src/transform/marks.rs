//! Which functions wasm-opt may inline: those of the suspension set.
//!
//! A member that has become part of its caller is a frame less to save. Everything else stays as
//! LLVM has left it: inlined into a member, it would be instrumented too, and it could bring
//! JavaScript references, which cannot be saved. wasm-opt is told by name, so all others get a mark.
//!
//! It also makes up another name for a function that is called as another one is: LLVM leaves several
//! copies of one function. So copies get names of their own beforehand, which are known here.

use super::names::copy_of;
use std::collections::{HashMap, HashSet};
use walrus::{FunctionId, Module};

/// What the names of the others begin with.
pub const MARK: &str = "outside of the set: ";

/// The functions with these names.
pub fn called(module: &Module, names: &[String]) -> HashSet<FunctionId> {
    let names: HashSet<&str> = names.iter().map(String::as_str).collect();
    let is_called_so = |name: &String| names.contains(name.as_str());
    let functions = module.funcs.iter();
    functions
        .filter(|function| function.name.as_ref().is_some_and(is_called_so))
        .map(|function| function.id())
        .collect()
}

/// Marks every function that is not of the set, and gives all of them different names. Returns the
/// names of the members.
pub fn mark_others(module: &mut Module, members: &[String]) -> Vec<String> {
    let is_member: HashSet<&str> = members.iter().map(String::as_str).collect();
    let mut copies: HashMap<String, usize> = HashMap::new();
    let mut names = Vec::new();
    for function in module.funcs.iter_mut() {
        let name = function.name.take().unwrap_or_default();
        let copy = copies.entry(name.clone()).or_default();
        *copy += 1;
        let own = copy_of(&name, *copy);
        function.name = Some(if is_member.contains(name.as_str()) {
            names.push(own.clone());
            own
        } else {
            format!("{MARK}{own}")
        });
    }
    names
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
pub fn remaining(module: &Module, members: &[String]) -> Vec<String> {
    let names: HashSet<&str> =
        module.funcs.iter().filter_map(|function| function.name.as_deref()).collect();
    members.iter().filter(|member| names.contains(member.as_str())).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::{mark_others, remaining, unmark};
    use walrus::Module;

    #[test]
    fn copies_of_a_function_are_members_or_not_together() {
        // A name section, for text has no two functions of one name.
        let wasm = wat::parse_str(
            r#"(module
                (func (@name "wait")) (func (@name "add")) (func (@name "wait")) (func (@name "add")))"#,
        );
        let mut module = Module::from_buffer(&wasm.unwrap()).unwrap();
        let members = mark_others(&mut module, &["wait".to_owned()]);
        assert_eq!(members, ["wait", "wait, copy 2"]);
        unmark(&mut module);
        let names: Vec<_> = module.funcs.iter().map(|one| one.name.clone().unwrap()).collect();
        assert_eq!(names, ["wait", "add", "wait, copy 2", "add, copy 2"]);
        assert_eq!(remaining(&module, &members), ["wait", "wait, copy 2"]);
    }
}
