//! The modules that this instance has imported: to import one again takes no call to JavaScript.

use crate::ImportOptions;
use js_sys::Object;
use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::rc::Rc;

thread_local! {
    /// Never dropped: with `--std` it is all threads', and the first one that ends must not take it along.
    static IMPORTED: RefCell<ManuallyDrop<Table<(ImportOptions, Object)>>> =
        const { RefCell::new(ManuallyDrop::new(Table::new())) };
}

/// The specifier and the namespace of a module that was imported before.
pub(crate) fn get(specifier: &str, options: &ImportOptions) -> Option<(Rc<str>, Object)> {
    IMPORTED.with_borrow(|imported| {
        let (specifier, (_, namespace)) = imported.find(specifier, |one| one.0 == *options)?;
        Some((specifier.clone(), namespace.clone()))
    })
}

/// Keeps the namespace of a module, and returns its specifier.
///
/// Two calls may have imported it at the same time: then it is kept twice, and found once.
pub(crate) fn insert(specifier: &str, options: &ImportOptions, namespace: &Object) -> Rc<str> {
    let specifier: Rc<str> = specifier.into();
    let value = (options.clone(), namespace.clone());
    IMPORTED.with_borrow_mut(|imported| imported.insert(specifier.clone(), value));
    specifier
}

/// Values by texts, several by the same if need be. std's map would take every package some kilobytes of code.
struct Table<V> {
    /// Where the entries begin that have the same low bits in their hashes; as many as a power of two.
    heads: Vec<u32>,
    entries: Vec<Entry<V>>,
}

struct Entry<V> {
    hash: u32,
    /// The next one of those.
    next: u32,
    key: Rc<str>,
    value: V,
}

/// The index of no entry.
const NONE: u32 = u32::MAX;

impl<V> Table<V> {
    const fn new() -> Self {
        Table { heads: Vec::new(), entries: Vec::new() }
    }

    /// The head for a hash; none in a table without entries.
    fn place(&self, hash: u32) -> usize {
        hash as usize & self.heads.len().wrapping_sub(1)
    }

    fn find(&self, key: &str, is_it: impl Fn(&V) -> bool) -> Option<(&Rc<str>, &V)> {
        let hash = hash(key);
        let mut at = *self.heads.get(self.place(hash))?;
        while let Some(entry) = self.entries.get(at as usize) {
            if entry.hash == hash && *entry.key == *key && is_it(&entry.value) {
                return Some((&entry.key, &entry.value));
            }
            at = entry.next;
        }
        None
    }

    fn insert(&mut self, key: Rc<str>, value: V) {
        let hash = hash(&key);
        self.entries.push(Entry { hash, next: NONE, key, value });
        if self.entries.len() > self.heads.len() {
            self.heads = vec![NONE; self.entries.len().next_power_of_two() * 2];
            (0..self.entries.len()).for_each(|at| self.link(at));
        } else {
            self.link(self.entries.len() - 1);
        }
    }

    /// Puts an entry in front of those of its head.
    fn link(&mut self, at: usize) {
        let Some(entry) = self.entries.get_mut(at) else { return };
        let place = entry.hash as usize & self.heads.len().wrapping_sub(1);
        if let Some(head) = self.heads.get_mut(place) {
            entry.next = std::mem::replace(head, at as u32);
        }
    }
}

/// A cheap one: those with the same one are told apart all the same.
fn hash(key: &str) -> u32 {
    let mix = |hash: u32, word: u32| (hash.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9);
    let (words, rest) = key.as_bytes().as_chunks();
    let hash = words.iter().fold(0, |hash, word| mix(hash, u32::from_le_bytes(*word)));
    let hash = rest.iter().fold(hash, |hash, byte| mix(hash, u32::from(*byte)));
    // The low bits are what counts, and multiplication mixes upwards.
    hash ^ (hash >> 16)
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn what_was_put_in_is_found_among_many() {
        let mut table = Table::new();
        assert!(table.find("a", |_| true).is_none());
        for number in 0..5000_u32 {
            table.insert(format!("file:///modules/value.mjs?{number}").into(), number);
        }
        table.insert("file:///modules/value.mjs?7".into(), 10_007);
        for number in 0..5000 {
            let key = format!("file:///modules/value.mjs?{number}");
            let (found, value) = table.find(&key, |value| *value < 5000).unwrap();
            assert_eq!((&**found, *value), (&*key, number));
        }
        assert_eq!(
            table.find("file:///modules/value.mjs?7", |value| *value > 5000).unwrap().1,
            &10_007
        );
        assert!(table.find("file:///modules/value.mjs?5000", |_| true).is_none());
        // Few have the same head.
        let mut lengths = vec![0; table.heads.len()];
        table.entries.iter().for_each(|entry| lengths[table.place(entry.hash)] += 1);
        assert!(lengths.iter().max().unwrap() < &12, "{:?}", lengths.iter().max());
    }
}
