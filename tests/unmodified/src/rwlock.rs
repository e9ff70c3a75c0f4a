//! std's `RwLock`: what becomes of it when a thread panics that holds it, and that it locks.

use crate::own::{milliseconds, text};
use js_sys::Promise;
use std::panic;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard, TryLockError};
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

/// Who waits for what a thread writes, or comes later, gets an error when that thread has failed.
#[suspendable]
pub fn writer_fails(how: String) -> String {
    let writes = |lock: &'static RwLock<i32>| {
        let how = how.clone();
        thread::spawn(move || {
            let mut guard = lock.write().unwrap();
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
            true => lock.write().is_err(),
            false => lock.read().is_err(),
        })
    });
    let waited = waiters.map(|waiter| waiter.join().unwrap());
    assert!(holder.join().is_err());
    lock.clear_poison();
    let shown = format!("{lock:?}");
    // The first to look is another one each time.
    let first: [fn(&RwLock<i32>) -> bool; 5] = [
        |lock| lock.is_poisoned(),
        |lock| lock.read().is_err(),
        |lock| lock.write().is_err(),
        |lock| matches!(lock.try_write(), Err(TryLockError::Poisoned(_))),
        |lock| matches!(lock.try_read(), Err(TryLockError::Poisoned(_))),
    ];
    let seen = first.map(|look| {
        let lock: &'static _ = Box::leak(Box::new(RwLock::new(0)));
        assert!(writes(lock).join().is_err());
        look(lock)
    });
    let uses: [fn(&RwLock<i32>); 4] = [
        |lock| assert_eq!(*lock.read().unwrap_or_else(PoisonError::into_inner), 2),
        |lock| *lock.write().unwrap_or_else(PoisonError::into_inner) += 1,
        |lock| drop(RwLockWriteGuard::downgrade(lock.write().unwrap_err().into_inner())),
        |lock| {
            // SAFETY: nobody else has it, and it is forgotten.
            let lock = unsafe { std::ptr::read(lock) };
            lock.into_inner().unwrap();
        },
    ];
    let said = uses.map(|uses| text(thread::spawn(move || uses(lock)).join().unwrap_err()));
    assert!(said.iter().all(|text| *text == said[0]), "{said:?}");
    format!("{waited:?} {shown} {seen:?} {}", said[0])
}

/// What a thread read that has failed, others can read and nobody can write. It poisons nothing.
#[suspendable]
pub fn reader_fails(how: String) -> String {
    let lock = Arc::new(RwLock::new(1));
    let reads = || {
        let (own, how) = (lock.clone(), how.clone());
        thread::spawn(move || {
            let _guards = (own.read().unwrap(), own.read().unwrap());
            thread::sleep(milliseconds(1));
            fails(&how)
        })
    };
    let (one, other) = (reads(), reads());
    thread::yield_now();
    let [writer, reader] = [true, false].map(|writes| {
        let own = lock.clone();
        thread::spawn(move || match writes {
            true => own.write().map(drop).is_err(),
            false => own.read().is_ok_and(|guard| *guard == 1),
        })
    });
    assert!(one.join().is_err() && other.join().is_err());
    let waited = (writer.join().unwrap(), reader.join().unwrap());
    let tried = (lock.try_read().is_ok(), lock.try_write().is_err());
    format!("{waited:?} {tried:?} {} {}", lock.is_poisoned(), *lock.read().unwrap())
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

static SHARED: RwLock<u32> = RwLock::new(0);

/// Writes until the promise settles.
#[suspendable]
pub fn writes_until(promise: Promise) -> u32 {
    let mut count = SHARED.write().unwrap();
    suspendable::block_on(&promise).unwrap();
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
    let shared = Arc::new((RwLock::new((0, 0)), [const { AtomicBool::new(false) }; 2]));
    let threads: Vec<_> = (0..2 + numbers.below(6))
        .map(|index| {
            let shared = shared.clone();
            let mut numbers = crate::cancelled::Numbers(u64::from(seed) << 8 | u64::from(index));
            thread::spawn(move || {
                let (lock, failed) = &*shared;
                for _ in 0..1 + numbers.below(8) {
                    let pauses = numbers.below(3);
                    let panics = numbers.below(24) == 0;
                    let pause = || (0..pauses).for_each(|_| thread::yield_now());
                    if numbers.below(3) == 0 {
                        let guard = lock.write();
                        assert_eq!(guard.is_err(), failed.iter().any(|one| one.load(Relaxed)));
                        let Ok(mut guard) = guard else { continue };
                        assert_eq!(guard.0, guard.1);
                        guard.0 += 1;
                        pause();
                        failed[0].fetch_or(panics, Relaxed);
                        assert!(!panics, "while it writes");
                        guard.1 += 1;
                    } else {
                        let guard = lock.read();
                        assert_eq!(guard.is_err(), failed[0].load(Relaxed));
                        let Ok(guard) = guard else { continue };
                        let seen = *guard;
                        let again = (numbers.below(2) == 0).then(|| lock.read().unwrap());
                        pause();
                        failed[1].fetch_or(panics, Relaxed);
                        assert!(!panics, "while it reads");
                        assert_eq!((*guard, seen.0), (seen, seen.1));
                        drop(again);
                    }
                }
            })
        })
        .collect();
    let ended: Vec<_> = threads.into_iter().filter_map(|thread| thread.join().err()).collect();
    let ended: Vec<_> = ended.into_iter().map(text).collect();
    assert!(ended.iter().all(|why| why.starts_with("while it")), "{ended:?}");
    let (lock, failed) = &*shared;
    let [has_written, has_read] = [0, 1].map(|index| failed[index].load(Relaxed));
    assert_eq!(lock.is_poisoned(), has_written);
    assert_eq!(lock.write().is_err(), has_written || has_read);
    ended.len() as u32
}
