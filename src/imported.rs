//! The modules that this instance has imported: to import one again takes no call to JavaScript.

use crate::ImportOptions;
use js_sys::Object;
use std::cell::RefCell;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

struct Imported {
    hash: u64,
    specifier: Rc<str>,
    options: ImportOptions,
    namespace: Object,
}

thread_local! {
    /// Sorted by their hashes. A map would take every package some kilobytes of code.
    static IMPORTED: RefCell<Vec<Imported>> = const { RefCell::new(Vec::new()) };
}

/// The specifier and the namespace of a module that was imported before.
pub(crate) fn get(specifier: &str, options: &ImportOptions) -> Option<(Rc<str>, Object)> {
    let hash = hash(specifier);
    IMPORTED.with_borrow(|imported| {
        let mut same = imported[place(imported, hash)..].iter().take_while(|one| one.hash == hash);
        let found = same.find(|one| *one.specifier == *specifier && one.options == *options)?;
        Some((found.specifier.clone(), found.namespace.clone()))
    })
}

/// Keeps the namespace of a module, and returns its specifier.
///
/// Two calls may have imported it at the same time: then it is kept twice, and found once.
pub(crate) fn insert(specifier: &str, options: &ImportOptions, namespace: &Object) -> Rc<str> {
    let hash = hash(specifier);
    let (options, namespace) = (options.clone(), namespace.clone());
    IMPORTED.with_borrow_mut(|imported| {
        let at = place(imported, hash);
        let specifier: Rc<str> = specifier.into();
        imported.insert(at, Imported { hash, specifier: specifier.clone(), options, namespace });
        specifier
    })
}

fn hash(specifier: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    specifier.hash(&mut hasher);
    hasher.finish()
}

/// Where the modules with a hash begin.
fn place(imported: &[Imported], hash: u64) -> usize {
    imported.partition_point(|one| one.hash < hash)
}
