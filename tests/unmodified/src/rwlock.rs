//! std's `RwLock`: what becomes of it when a thread panics that holds it, and that it locks.

use crate::own::{milliseconds, text};
use js_sys::Promise;
use std::panic;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError, mpsc};
use std::thread;
use suspendable::suspendable;

/// How a thread ends that holds a lock.
fn fails(how: &str) -> ! {
    match how {
        "panic" => panic!("with the lock"),
        "trap" => core::arch::wasm32::unreachable(),
        other => wasm_bindgen::throw_str(other),
    }
}

/// Who waits for what a thread writes, or comes later, has it poisoned when that thread has failed.
#[suspendable]
pub fn writer_fails(how: String) -> String {
    let writes = |lock: &'static RwLock<i32>| {
        let how = how.clone();
        thread::spawn(move || {
            let mut guard = lock.write().unwrap_or_else(PoisonError::into_inner);
            *guard += 1;
            thread::sleep(milliseconds(2));
            fails(&how)
        })
    };
    let lock: &'static _ = Box::leak(Box::new(RwLock::new(1)));
    let holder = writes(lock);
    thread::yield_now();
    let waiters = [false, true, false].map(|writes| {
        thread::spawn(move || match writes {
            true => lock.write().map_or_else(|error| -*error.into_inner(), |guard| *guard),
            false => lock.read().map_or_else(|error| -*error.into_inner(), |guard| *guard),
        })
    });
    let waited = waiters.map(|waiter| waiter.join().unwrap());
    assert!(holder.join().is_err());
    let is_poisoned = (lock.is_poisoned(), lock.try_read().is_err(), lock.try_write().is_err());
    lock.clear_poison();
    let is_whole = (lock.is_poisoned(), *lock.read().unwrap());
    // The first to look is another one each time.
    let first: [fn(RwLock<i32>) -> bool; 6] = [
        |lock| lock.is_poisoned(),
        |lock| lock.read().is_err(),
        |lock| matches!(lock.try_write(), Err(TryLockError::Poisoned(_))),
        |mut lock| lock.get_mut().is_err(),
        |lock| lock.into_inner().is_err(),
        |lock| {
            lock.clear_poison();
            lock.write().is_ok()
        },
    ];
    let seen = first.map(|look| {
        let lock = Box::into_raw(Box::new(RwLock::new(0)));
        // SAFETY: the thread has ended when the lock is given away.
        unsafe {
            assert!(writes(&*lock).join().is_err());
            look(*Box::from_raw(lock))
        }
    });
    format!("{waited:?} {is_poisoned:?} {is_whole:?} {seen:?}")
}

/// Who reads and fails sets free what it read, as often as it did, and poisons nothing.
#[suspendable]
pub fn reader_fails(how: String) -> String {
    let lock = Arc::new(RwLock::new(1));
    let lasts = Arc::new(AtomicBool::new(true));
    let reads = || {
        let (own, how) = (lock.clone(), how.clone());
        thread::spawn(move || {
            let _guards = (own.read().unwrap(), own.read().unwrap());
            thread::sleep(milliseconds(1));
            fails(&how)
        })
    };
    let lasting = {
        let (own, lasts) = (lock.clone(), lasts.clone());
        thread::spawn(move || {
            let guards = (own.read().unwrap(), own.read().unwrap());
            while lasts.load(Relaxed) {
                thread::yield_now();
            }
            *guards.0 + *guards.1
        })
    };
    let (one, other) = (reads(), reads());
    thread::yield_now();
    let own = lock.clone();
    let writer = thread::spawn(move || {
        let mut guard = own.write().unwrap();
        *guard += 1;
        *guard
    });
    assert!(one.join().is_err() && other.join().is_err());
    let waits = (writer.is_finished(), lock.try_write().is_err());
    lasts.store(false, Relaxed);
    let ends = (lasting.join().unwrap(), writer.join().unwrap());
    // One that holds it alone.
    assert!(reads().join().is_err());
    format!("{waits:?} {ends:?} {} {}", lock.is_poisoned(), *lock.try_write().unwrap())
}

/// Readers read at once, and again; a writer is alone; who writes can go on to read.
#[suspendable]
pub fn rwlocks() -> String {
    let lock = Arc::new(RwLock::new(0));
    let (readers, most) = (Arc::new(AtomicI32::new(0)), Arc::new(AtomicI32::new(0)));
    let threads: Vec<_> = (0..12)
        .map(|index| {
            let (lock, readers, most) = (lock.clone(), readers.clone(), most.clone());
            thread::spawn(move || {
                if index % 4 == 3 {
                    let mut guard = lock.write().unwrap();
                    assert_eq!(readers.load(Relaxed), 0);
                    let before = *guard;
                    thread::yield_now();
                    *guard = before + 1;
                    let guard = RwLockWriteGuard::downgrade(guard);
                    thread::yield_now();
                    assert!(lock.try_write().is_err());
                    assert!(*guard > before);
                } else {
                    let guard = lock.read().unwrap();
                    most.fetch_max(readers.fetch_add(1, Relaxed) + 1, Relaxed);
                    thread::yield_now();
                    // Though a writer waits: it waits for this thread.
                    assert_eq!(*guard, *lock.read().unwrap());
                    thread::yield_now();
                    readers.fetch_sub(1, Relaxed);
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let tries = {
        let _guard = lock.read().unwrap();
        (lock.try_read().is_ok(), lock.try_write().is_ok())
    };
    let writes = {
        let _guard = lock.write().unwrap();
        (lock.try_read().is_ok(), lock.try_write().is_ok())
    };
    format!("{} {} {tries:?} {writes:?} {lock:?}", lock.read().unwrap(), most.load(Relaxed) > 1)
}

/// A guard that others can still use keeps its lock, though its thread has panicked.
#[suspendable]
pub fn leaks_a_reader() -> String {
    static LOCK: RwLock<u32> = RwLock::new(7);
    let (sender, receiver) = mpsc::channel::<&'static u32>();
    let thread = thread::spawn(move || {
        let _other = LOCK.read().unwrap();
        let guard: &'static RwLockReadGuard<u32> = Box::leak(Box::new(LOCK.read().unwrap()));
        sender.send(&**guard).unwrap();
        panic!("with the lock");
    });
    assert!(thread.join().is_err());
    let lent = receiver.recv().unwrap();
    assert!(LOCK.try_write().is_err_and(|error| matches!(error, TryLockError::WouldBlock)));
    let refused = thread::spawn(|| drop(LOCK.write())).join().unwrap_err();
    format!("{lent}, {}: {}", LOCK.read().unwrap(), text(refused))
}

/// Guards whose lock was taken away before anybody used them where they are.
#[suspendable]
pub fn uses_stale_guards() -> String {
    static LOCKS: [RwLock<u32>; 2] = [const { RwLock::new(1) }; 2];
    let (sender, receiver) = mpsc::channel();
    let thread = thread::spawn(move || {
        let write: &'static _ = Box::leak(Box::new(LOCKS[0].write().unwrap()));
        let read: &'static _ = Box::leak(Box::new(LOCKS[1].read().unwrap()));
        sender.send((write, read)).unwrap();
        panic!("with the locks");
    });
    assert!(thread.join().is_err());
    let mut own = LOCKS[0].write().unwrap_err().into_inner();
    let mut other = LOCKS[1].write().unwrap();
    (*own, *other) = (2, 3);
    type Guards = (&'static RwLockWriteGuard<'static, u32>, &'static RwLockReadGuard<'static, u32>);
    let (write, read): Guards = receiver.recv().unwrap();
    let stale = [thread::spawn(move || **write), thread::spawn(move || **read)];
    let stale = stale.map(|thread| text(thread.join().unwrap_err()));
    (*own, *other) = (*own + 2, *other + 3);
    assert_eq!(stale[0], stale[1]);
    format!("{own} {other}: {}", stale[0])
}

static SHARED: RwLock<u32> = RwLock::new(0);

/// Writes until the promise settles.
#[suspendable]
pub fn writes_until(promise: Promise) -> u32 {
    let mut count = SHARED.write().unwrap_or_else(PoisonError::into_inner);
    suspendable::block_on(&promise).unwrap();
    SHARED.clear_poison();
    *count += 1;
    *count
}

#[suspendable]
pub fn reads() -> String {
    SHARED.read().map_or_else(|error| error.to_string(), |count| count.to_string())
}

#[wasm_bindgen::prelude::wasm_bindgen]
pub fn reads_outside() -> u32 {
    *SHARED.read().unwrap()
}

/// A hook for panics is set, and called, and taken back, while others panic.
#[suspendable]
pub fn hooks() -> String {
    static CALLED: AtomicBool = AtomicBool::new(false);
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        CALLED.store(true, Relaxed);
        before(info);
    }));
    let failed = thread::spawn(|| panic!("with a hook")).join().unwrap_err();
    let hook = panic::take_hook();
    panic::set_hook(hook);
    let again = thread::spawn(|| panic!("again")).join().unwrap_err();
    format!("{} {} {}", text(failed), text(again), CALLED.load(Relaxed))
}

/// Threads that read and write, some of which panic, against what has to be so. Returns how many have panicked.
#[suspendable]
pub fn random_rwlock(seed: u32) -> u32 {
    let mut numbers = crate::cancelled::Numbers(seed.into());
    let shared = Arc::new((RwLock::new((0, 0)), AtomicI32::new(0)));
    let threads: Vec<_> = (0..2 + numbers.below(6))
        .map(|index| {
            let shared = shared.clone();
            let mut numbers = crate::cancelled::Numbers(u64::from(seed) << 8 | u64::from(index));
            thread::spawn(move || {
                let (lock, written) = &*shared;
                for _ in 0..1 + numbers.below(8) {
                    let pauses = numbers.below(3);
                    let panics = numbers.below(24) == 0;
                    let pause = || (0..pauses).for_each(|_| thread::yield_now());
                    if numbers.below(3) == 0 {
                        let mut guard = lock.write().unwrap_or_else(PoisonError::into_inner);
                        // One that panicked has written the first alone.
                        guard.1 = guard.0;
                        assert_eq!(guard.0, written.load(Relaxed));
                        guard.0 += 1;
                        written.fetch_add(1, Relaxed);
                        pause();
                        assert!(!panics, "while it writes");
                        assert_eq!(guard.0, written.load(Relaxed));
                        guard.1 += 1;
                    } else {
                        let guard = lock.read();
                        let is_poisoned = guard.is_err();
                        let guard = guard.unwrap_or_else(PoisonError::into_inner);
                        let seen = *guard;
                        let again = (numbers.below(2) == 0)
                            .then(|| lock.read().unwrap_or_else(PoisonError::into_inner));
                        pause();
                        assert!(!panics, "while it reads");
                        assert_eq!((*guard, written.load(Relaxed)), (seen, seen.0));
                        assert!(is_poisoned || seen.0 == seen.1);
                        drop(again);
                    }
                }
            })
        })
        .collect();
    let failed: Vec<_> = threads.into_iter().filter_map(|thread| thread.join().err()).collect();
    let failed: Vec<_> = failed.into_iter().map(text).collect();
    let writers = failed.iter().filter(|why| *why == "while it writes").count();
    assert!(failed.iter().all(|why| why.starts_with("while it")), "{failed:?}");
    assert_eq!(shared.0.is_poisoned(), writers > 0);
    let ends = *shared.0.write().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(ends.0, shared.1.load(Relaxed));
    failed.len() as u32
}
