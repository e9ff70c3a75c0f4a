//! Words on stacks, whose addresses are in a list that everybody uses.
//!
//! Whoever runs adds to words of others. What has been added is written down, so that the owner of a word
//! can take it off, and sees what it would have seen alone.

use crate::program::Random;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A word, as others know it.
pub struct Entry {
    word: *const Cell<u64>,
    /// What is in it.
    expected: Cell<u64>,
    /// How much of that is not its owner's.
    added: Cell<u64>,
    /// Where it is in the list.
    place: Cell<usize>,
}

thread_local! {
    static LIST: RefCell<Vec<Rc<Entry>>> = const { RefCell::new(Vec::new()) };
    /// Says who is visited. That depends on what others do, so no program must see it.
    static CHANCE: Random = const { Random::new(0) };
    static DAMAGE: RefCell<Option<String>> = const { RefCell::new(None) };
}

impl Entry {
    /// # Safety
    ///
    /// `word` stays where it is until the entry is withdrawn.
    pub unsafe fn new(word: &Cell<u64>) -> Rc<Entry> {
        let (expected, added) = (word.get().into(), 0.into());
        Rc::new(Entry { word, expected, added, place: usize::MAX.into() })
    }

    /// Lets others use it.
    pub fn publish(self: &Rc<Entry>) {
        LIST.with_borrow_mut(|list| {
            self.place.set(list.len());
            list.push(self.clone());
        });
    }

    pub fn withdraw(&self) {
        LIST.with_borrow_mut(|list| {
            if self.place.get() < list.len() {
                list.swap_remove(self.place.get());
                if let Some(moved) = list.get(self.place.get()) {
                    moved.place.set(self.place.get());
                }
            }
        });
        self.check();
    }

    fn word(&self) -> &Cell<u64> {
        // SAFETY: it stays where it is, said who made this.
        unsafe { &*self.word }
    }

    fn check(&self) {
        let (found, expected) = (self.word().get(), self.expected.get());
        if found != expected {
            DAMAGE.with_borrow_mut(|damage| {
                let what = format!("the word at {:p} is {found:x}, not {expected:x}", self.word);
                damage.get_or_insert(what);
            });
            self.expected.set(found);
        }
    }

    /// What its owner has in it.
    pub fn get(&self) -> u64 {
        self.word().get().wrapping_sub(self.added.get())
    }

    /// Its owner adds something.
    pub fn add(&self, value: u64) {
        self.word().set(self.word().get().wrapping_add(value));
        self.expected.set(self.expected.get().wrapping_add(value));
    }

    /// Somebody else does.
    fn meddle(&self, value: u64) {
        self.check();
        self.add(value);
        self.added.set(self.added.get().wrapping_add(value));
    }
}

/// Checks and changes `count` words, whosever they are.
pub fn meddle(count: u32) {
    LIST.with_borrow(|list| {
        CHANCE.with(|chance| {
            for _ in 0..count.min(list.len() as u32) {
                list[chance.below(list.len() as u32) as usize].meddle(chance.next());
            }
        });
    });
}

pub fn damage() -> Option<String> {
    DAMAGE.take()
}
