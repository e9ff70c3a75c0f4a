//! `std::sync::RwLock`.

use suspendable::sync::{Arc, RwLock, RwLockWriteGuard, TryLockError};
use suspendable::thread;

pub fn readers_and_writer() {
    let lock = RwLock::new(5);
    {
        let r1 = lock.read().unwrap();
        let r2 = lock.read().unwrap();
        assert_eq!(*r1, 5);
        assert_eq!(*r2, 5);
    }
    {
        let mut w = lock.write().unwrap();
        *w += 1;
        assert_eq!(*w, 6);
    }
    let lock = Arc::new(RwLock::new(1));
    let c_lock = Arc::clone(&lock);
    let n = lock.read().unwrap();
    assert_eq!(*n, 1);
    thread::spawn(move || assert!(c_lock.read().is_ok())).join().unwrap();
    let c_lock = Arc::clone(&lock);
    let writer = thread::spawn(move || *c_lock.write().unwrap() += 1);
    thread::yield_now();
    assert_eq!(*n, 1, "the writer waits");
    drop(n);
    writer.join().unwrap();
    assert_eq!(*lock.read().unwrap(), 2);
}

pub fn try_read() {
    let lock = RwLock::new(1);
    assert_eq!(*lock.try_read().unwrap(), 1);
    let w = lock.write().unwrap();
    assert!(matches!(lock.try_read().map(drop), Err(TryLockError::WouldBlock)));
    drop(w);
}

pub fn try_write() {
    let lock = RwLock::new(1);
    let n = lock.read().unwrap();
    assert_eq!(*n, 1);
    assert!(lock.try_write().is_err());
    drop(n);
    *lock.try_write().unwrap() = 2;
    assert_eq!(lock.into_inner().unwrap(), 2);
}

pub fn poison() {
    let lock = Arc::new(RwLock::new(0));
    let c_lock = Arc::clone(&lock);
    let panicked = thread::spawn(move || {
        let _lock = c_lock.write().unwrap();
        panic!("the lock gets poisoned");
    });
    assert!(panicked.join().is_err());
    assert!(lock.is_poisoned());
    assert!(lock.read().is_err());
    let own = lock.clone();
    // Where panics unwind, the value is there; here it is lost.
    let x = thread::spawn(move || {
        own.write().map(|x| *x).unwrap_or_else(|mut e| {
            **e.get_mut() = 1;
            own.clear_poison();
            *e.into_inner()
        })
    });
    assert_eq!(x.join().ok(), (!cfg!(target_arch = "wasm32")).then_some(1));
    assert_eq!(lock.is_poisoned(), cfg!(target_arch = "wasm32"));
    assert_eq!(lock.read().is_err(), cfg!(target_arch = "wasm32"));
}

pub fn reader_panics() {
    let lock = Arc::new(RwLock::new(3));
    let c_lock = Arc::clone(&lock);
    let panicked = thread::spawn(move || {
        let reader = c_lock.read().unwrap();
        panic!("with {reader}");
    });
    assert!(panicked.join().is_err());
    assert!(!lock.is_poisoned(), "readers poison nothing");
    assert_eq!(*lock.read().unwrap(), 3);
    // Where panics unwind, it is free again.
    assert_eq!(lock.write().is_err(), cfg!(target_arch = "wasm32"));
}

pub fn downgrade() {
    let rw = Arc::new(RwLock::new(1));
    let mut write = rw.write().unwrap();
    let c_rw = Arc::clone(&rw);
    let evil = thread::spawn(move || *c_rw.write().unwrap() = 1);
    thread::yield_now();
    *write = 2;
    let read = RwLockWriteGuard::downgrade(write);
    assert_eq!(*read, 2, "nobody has written in between");
    drop(read);
    evil.join().unwrap();
    assert_eq!(*rw.read().unwrap(), 1);
}

pub fn shows() {
    let lock = RwLock::new(5);
    assert_eq!(format!("{lock:?}"), "RwLock { data: 5, poisoned: false, .. }");
    assert_eq!(format!("{} {:?}", lock.read().unwrap(), lock.read().unwrap()), "5 5");
    let mut guard = lock.write().unwrap();
    *guard = 5;
    assert_eq!(format!("{lock:?} {guard}"), "RwLock { data: <locked>, poisoned: false, .. } 5");
}

pub fn get_mut() {
    let mut lock = RwLock::new(0);
    *lock.get_mut().unwrap() = 10;
    assert_eq!(*lock.read().unwrap(), 10);
    assert_eq!(*RwLock::from(3).read().unwrap(), 3);
    assert_eq!(*RwLock::<i32>::default().read().unwrap(), 0);
}
