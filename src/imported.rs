//! The modules that this instance has imported: to import one again takes no call to JavaScript.

use crate::ImportOptions;
use js_sys::Object;
use std::cell::RefCell;
use std::rc::Rc;

struct Imported {
    hash: u32,
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

/// A cheap one: specifiers are the program's own, and those with the same one are told apart all the same.
fn hash(specifier: &str) -> u32 {
    let mix = |hash: u32, word: u32| (hash.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9);
    let (words, rest) = specifier.as_bytes().as_chunks();
    let hash = words.iter().fold(0, |hash, word| mix(hash, u32::from_le_bytes(*word)));
    rest.iter().fold(hash, |hash, byte| mix(hash, u32::from(*byte)))
}

/// Where the modules with a hash begin.
fn place(imported: &[Imported], hash: u32) -> usize {
    imported.partition_point(|one| one.hash < hash)
}
