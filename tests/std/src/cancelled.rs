//! Calls that are cancelled, or panic, in the middle of what they do with locks, channels and threads, against a model.
//!
//! Of this crate's own, and of std's where it waits: tests/unmodified has this file too, and each says which with
//! `waiting`. tests/cancelled.mjs makes the calls.

use crate::waiting::sync::atomic::{AtomicU32, Ordering::Relaxed};
use crate::waiting::sync::mpsc::{self, Receiver, SyncSender};
use crate::waiting::sync::{Arc, Mutex, RwLock};
use crate::waiting::thread;
use js_sys::{Function, Promise, Reflect};
use std::cell::{Cell, RefCell};
use suspendable::{block_on, cancel, suspendable};
use wasm_bindgen::prelude::*;

const LOCKS: usize = 2;

/// What the calls of one program share, and beside each thing what has to have become of it.
#[wasm_bindgen]
pub struct Meeting {
    shared: Arc<Shared>,
    sender: RefCell<Option<SyncSender<u32>>>,
    receiver: RefCell<Option<Receiver<u32>>>,
    sent: Cell<u32>,
    begun: Cell<u32>,
}

#[derive(Default)]
struct Shared {
    locks: [Added; LOCKS],
    table: RwLock<u32>,
    written: AtomicU32,
    /// How many have panicked that read or wrote the table.
    readers_failed: AtomicU32,
    writers_failed: AtomicU32,
}

#[derive(Default)]
struct Added {
    lock: Mutex<u32>,
    count: AtomicU32,
    panics: AtomicU32,
}

impl Shared {
    fn can_read(&self) -> bool {
        self.writers_failed.load(Relaxed) == 0
    }

    fn can_write(&self) -> bool {
        self.can_read() && self.readers_failed.load(Relaxed) == 0
    }
}

/// Numbers that look random, the same for each seed.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn below(&mut self, end: u32) -> u32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as u32 % end
    }
}

/// A call panics. What it has, it drops no more: its sender, if nobody took it, would keep the channel open.
fn fail(sender: SyncSender<u32>) -> ! {
    drop(sender);
    panic!("as its numbers say");
}

/// What the call that runs has been cancelled with.
fn reason() -> Option<JsValue> {
    let signal = cancel::signal().expect("each call has one");
    let reason = Reflect::get(&signal, &"reason".into()).expect("a signal");
    (!reason.is_undefined()).then_some(reason)
}

/// Blocks for as long as JavaScript says, which may cancel this call or others meanwhile.
fn pause(pauses: &Function) -> Result<(), JsValue> {
    let promise: Promise = pauses.call0(&JsValue::NULL).expect("a promise").unchecked_into();
    let was_cancelled = reason().is_some();
    let Err(error) = block_on(&promise) else {
        assert!(!was_cancelled, "a call that is cancelled does not block");
        return Ok(());
    };
    assert_eq!(Some(&error), reason().as_ref(), "nothing else fails");
    let again = block_on(&Promise::resolve(&JsValue::UNDEFINED));
    assert_eq!(again.as_ref(), Err(&error), "every later one fails too");
    Err(error)
}

#[suspendable]
impl Meeting {
    #[wasm_bindgen(constructor)]
    pub fn new(bound: usize) -> Meeting {
        let (sender, receiver) = mpsc::sync_channel(bound);
        Meeting {
            shared: Arc::default(),
            sender: RefCell::new(Some(sender)),
            receiver: RefCell::new(Some(receiver)),
            sent: Cell::new(0),
            begun: Cell::new(0),
        }
    }

    /// One call, which does some random things.
    #[suspendable]
    pub fn call(&self, seed: u32, pauses: &Function) -> Result<(), JsValue> {
        self.begun.set(self.begun.get() + 1);
        let mut numbers = Numbers(seed.into());
        let sender = self.sender.borrow().clone().expect("nobody has closed it");
        for _ in 0..1 + numbers.below(8) {
            let added = &self.shared.locks[numbers.below(LOCKS as u32) as usize];
            match numbers.below(6) {
                0 | 1 => {
                    let guard = added.lock.lock();
                    assert_eq!(guard.is_err(), added.panics.load(Relaxed) > 0);
                    let Ok(mut guard) = guard else { continue };
                    let before = *guard;
                    pause(pauses)?;
                    *guard = before + 1;
                    added.count.fetch_add(1, Relaxed);
                    if numbers.below(16) == 0 {
                        added.panics.fetch_add(1, Relaxed);
                        fail(sender);
                    }
                }
                2 => {
                    let guard = self.shared.table.read();
                    assert_eq!(guard.is_ok(), self.shared.can_read());
                    let Ok(guard) = guard else { continue };
                    let before = *guard;
                    pause(pauses)?;
                    assert_eq!(*guard, before, "nobody writes meanwhile");
                    if numbers.below(16) == 0 {
                        self.shared.readers_failed.fetch_add(1, Relaxed);
                        fail(sender);
                    }
                }
                3 => {
                    let guard = self.shared.table.write();
                    assert_eq!(guard.is_ok(), self.shared.can_write());
                    let Ok(mut guard) = guard else { continue };
                    let before = *guard;
                    pause(pauses)?;
                    *guard = before + 1;
                    self.shared.written.fetch_add(1, Relaxed);
                    if numbers.below(16) == 0 {
                        self.shared.writers_failed.fetch_add(1, Relaxed);
                        fail(sender);
                    }
                }
                4 => {
                    let number = 1 + numbers.below(9);
                    // What waits for room is not cut short.
                    sender.send(number).expect("a receiver");
                    self.sent.set(self.sent.get() + number);
                }
                _ => {
                    let shared = self.shared.clone();
                    let child = thread::spawn(move || {
                        let guard = shared.table.write();
                        assert_eq!(guard.is_ok(), shared.can_write());
                        let Ok(mut guard) = guard else { return };
                        let before = *guard;
                        thread::yield_now();
                        *guard = before + 1;
                        shared.written.fetch_add(1, Relaxed);
                    });
                    // A thread goes on whoever is cancelled, and to join is not cut short.
                    if numbers.below(2) == 0 {
                        pause(pauses)?;
                    }
                    child.join().expect("no panic");
                }
            }
            pause(pauses)?;
        }
        Ok(())
    }

    /// The sum of all that is sent, when nobody can send any more.
    #[suspendable]
    pub fn collect(&self) -> u32 {
        let receiver = self.receiver.take().expect("the only one");
        let mut sum = 0;
        while let Ok(number) = receiver.recv() {
            sum += number;
        }
        sum
    }

    /// No call begins after this.
    pub fn close(&self) {
        self.sender.take();
    }

    pub fn begun(&self) -> u32 {
        self.begun.get()
    }

    /// When all have ended: how much was sent. It panics if anything is not as it has to be.
    #[suspendable]
    pub fn check(&self) -> u32 {
        for added in &self.shared.locks {
            let [count, panics] = [&added.count, &added.panics].map(|number| number.load(Relaxed));
            assert_eq!(added.lock.is_poisoned(), panics > 0, "{panics} have panicked with it");
            if let Ok(value) = added.lock.lock() {
                assert_eq!(*value, count, "what was cancelled has not been added");
            }
        }
        let table = &self.shared.table;
        assert_eq!(table.is_poisoned(), !self.shared.can_read(), "by writers alone");
        // Threads that nobody joined may have it still.
        match (table.write(), self.shared.can_write()) {
            (Ok(value), true) => assert_eq!(*value, self.shared.written.load(Relaxed)),
            (written, can_write) => assert_eq!((written.is_ok(), can_write), (false, false)),
        }
        self.sent.get()
    }
}
