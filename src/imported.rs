//! The modules that this instance has imported: to import one again takes no call to JavaScript.

use crate::ImportOptions;
use js_sys::Object;
use std::cell::Cell;

/// A module that was imported.
pub(crate) struct Imported {
    options: ImportOptions,
    pub namespace: Object,
}

/// Such a module, by its specifier. It stays for ever: to import it again is to find it here.
pub(crate) type Module = Entry<Imported>;

struct OneThread<T>(T);

// SAFETY: there is one thread of the machine's: the tool refuses modules with shared memory, and outside of WebAssembly
// nothing is ever put in.
unsafe impl<T> Sync for OneThread<T> {}

static IMPORTED: OneThread<Table<Imported>> = OneThread(Table::new());

/// A module that was imported before.
pub(crate) fn get(
    specifier: &str,
    is_it: impl Fn(&ImportOptions) -> bool,
) -> Option<&'static Module> {
    IMPORTED.0.find(specifier, |one| is_it(&one.options))
}

/// Keeps the namespace of a module.
///
/// Two calls may have imported it at the same time: then it is kept twice, and found once.
pub(crate) fn insert(
    specifier: &str,
    options: ImportOptions,
    namespace: Object,
) -> &'static Module {
    IMPORTED.0.insert(specifier.into(), Imported { options, namespace })
}

/// Values by texts, several by the same if need be, which stay. std's map would take every package some kilobytes of
/// code, and so would all that grows.
struct Table<V: 'static> {
    /// Where the entries begin that have the same high bits in their hashes: as many as a page may import, or some more,
    /// without a longer way than one step.
    heads: [Cell<Option<&'static Entry<V>>>; 1 << HEADS],
}

const HEADS: u32 = 12;

/// One of them.
pub(crate) struct Entry<V: 'static> {
    hash: u32,
    /// The next one of those.
    next: Option<&'static Entry<V>>,
    pub key: Box<str>,
    pub value: V,
}

impl<V> Table<V> {
    const fn new() -> Self {
        Table { heads: [const { Cell::new(None) }; _] }
    }

    fn head(&self, hash: u32) -> &Cell<Option<&'static Entry<V>>> {
        &self.heads[(hash >> (u32::BITS - HEADS)) as usize]
    }

    fn find(&self, key: &str, is_it: impl Fn(&V) -> bool) -> Option<&'static Entry<V>> {
        let hash = hash(key);
        let mut next = self.head(hash).get();
        while let Some(entry) = next {
            if entry.hash == hash && *entry.key == *key && is_it(&entry.value) {
                break;
            }
            next = entry.next;
        }
        next
    }

    fn insert(&self, key: Box<str>, value: V) -> &'static Entry<V> {
        let hash = hash(&key);
        let head = self.head(hash);
        let entry = &*Box::leak(Box::new(Entry { hash, next: head.get(), key, value }));
        head.set(Some(entry));
        entry
    }
}

/// A cheap one: those with the same one are told apart all the same.
#[inline(never)]
fn hash(key: &str) -> u32 {
    let mix = |hash: u32, word: u32| (hash.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9);
    let (words, rest) = key.as_bytes().as_chunks();
    let hash = words.iter().fold(0, |hash, word| mix(hash, u32::from_le_bytes(*word)));
    // The high bits are what counts: multiplication mixes upwards.
    rest.iter().fold(hash, |hash, byte| mix(hash, u32::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::Table;
    use std::iter::successors;

    #[test]
    fn what_was_put_in_is_found_among_many() {
        let table = Table::new();
        assert!(table.find("a", |_| true).is_none());
        for number in 0..5000_u32 {
            table.insert(format!("file:///modules/value.mjs?{number}").into(), number);
        }
        table.insert("file:///modules/value.mjs?7".into(), 10_007);
        for number in 0..5000 {
            let key = format!("file:///modules/value.mjs?{number}");
            let found = table.find(&key, |value| *value < 5000).unwrap();
            assert_eq!((&*found.key, found.value), (&*key, number));
        }
        let other = table.find("file:///modules/value.mjs?7", |value| *value > 5000);
        assert_eq!(other.unwrap().value, 10_007);
        assert!(table.find("file:///modules/value.mjs?5000", |_| true).is_none());
        // Few have the same head.
        let lengths = table.heads.iter().map(|head| successors(head.get(), |one| one.next).count());
        assert!(lengths.clone().sum::<usize>() == 5001);
        assert!(lengths.clone().max().unwrap() < 12, "{:?}", lengths.max());
    }
}
