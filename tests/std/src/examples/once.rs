//! `std::sync::{Barrier, Once, OnceLock, LazyLock}`.

use suspendable::sync::atomic::{AtomicUsize, Ordering};
use suspendable::sync::{Arc, Barrier, LazyLock, Mutex, Once, OnceLock};
use suspendable::thread;

pub fn barrier() {
    const N: usize = 10;
    let barrier = Arc::new(Barrier::new(N));
    let log = Arc::new(Mutex::new(String::new()));
    let threads: Vec<_> = (0..N)
        .map(|_| {
            let (barrier, log) = (barrier.clone(), log.clone());
            thread::spawn(move || {
                log.lock().unwrap().push('b');
                let first = barrier.wait();
                log.lock().unwrap().push('a');
                usize::from(first.is_leader()) + usize::from(barrier.wait().is_leader())
            })
        })
        .collect();
    let leaders: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
    assert_eq!(leaders, 2);
    assert_eq!(*log.lock().unwrap(), "bbbbbbbbbbaaaaaaaaaa");
    assert!(Barrier::new(1).wait().is_leader());
    assert_eq!(format!("{:?}", Barrier::new(0).wait()), "BarrierWaitResult { is_leader: true }");
}

pub fn call_once() {
    static START: Once = Once::new();
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let threads: Vec<_> = (0..10)
        .map(|_| {
            thread::spawn(|| {
                START.call_once(|| {
                    thread::yield_now();
                    CALLS.fetch_add(1, Ordering::Relaxed);
                });
                assert!(START.is_completed());
                CALLS.load(Ordering::Relaxed)
            })
        })
        .collect();
    assert!(threads.into_iter().all(|thread| thread.join().unwrap() == 1));
}

pub fn poison() {
    static INIT: Once = Once::new();
    assert!(thread::spawn(|| INIT.call_once(|| panic!())).join().is_err());
    let again = thread::spawn(|| INIT.call_once(|| {})).join().unwrap_err();
    assert_eq!(again.downcast_ref(), Some(&"Once instance has previously been poisoned"));
    INIT.call_once_force(|state| assert!(state.is_poisoned()));
    INIT.call_once(|| unreachable!());
}

pub fn call_once_force() {
    static INIT: Once = Once::new();
    // Others wait while the first panics; one of them does it.
    static DONE: AtomicUsize = AtomicUsize::new(0);
    let first = thread::spawn(|| {
        INIT.call_once(|| {
            thread::yield_now();
            panic!("the first");
        })
    });
    let others: Vec<_> = (0..5)
        .map(|_| {
            thread::spawn(|| {
                while !INIT.is_completed() {
                    INIT.call_once_force(|_| {
                        thread::yield_now();
                        DONE.fetch_add(1, Ordering::Relaxed);
                    });
                }
            })
        })
        .collect();
    assert!(first.join().is_err() || DONE.load(Ordering::Relaxed) == 1);
    others.into_iter().for_each(|other| other.join().unwrap());
    assert_eq!(DONE.load(Ordering::Relaxed), 1);
    assert_eq!(format!("{INIT:?}"), "Once { .. }");
}

pub fn waits() {
    static READY: Once = Once::new();
    static VALUE: OnceLock<u32> = OnceLock::new();
    let waiting = thread::spawn(|| {
        READY.wait();
        *VALUE.wait()
    });
    thread::yield_now();
    READY.call_once(|| {});
    thread::yield_now();
    VALUE.set(92).unwrap();
    assert_eq!(waiting.join().unwrap(), 92);
}

pub fn once_lock() {
    static CELL: OnceLock<usize> = OnceLock::new();
    assert!(CELL.get().is_none());
    thread::spawn(|| {
        let value = CELL.get_or_init(|| 12345);
        assert_eq!(value, &12345);
    })
    .join()
    .unwrap();
    assert_eq!(CELL.get(), Some(&12345));
    assert_eq!(CELL.set(62), Err(62));
}

pub fn once_lock_values() {
    let cell = OnceLock::new();
    assert_eq!(format!("{cell:?}"), "OnceLock(<uninit>)");
    assert_eq!(cell.set("value".to_owned()), Ok(()));
    assert_eq!(format!("{cell:?}"), "OnceLock(\"value\")");
    let mut copy = cell.clone();
    assert!(copy == cell && copy != OnceLock::new());
    copy.get_mut().unwrap().push('!');
    assert_eq!(copy.take().as_deref(), Some("value!"));
    assert_eq!(copy.take(), None);
    assert_eq!(copy.get_or_init(|| "again".into()), "again");
    assert_eq!(OnceLock::from(3).into_inner(), Some(3));
}

pub fn once_lock_panics() {
    static CELL: OnceLock<u32> = OnceLock::new();
    assert!(thread::spawn(|| *CELL.get_or_init(|| panic!("no value"))).join().is_err());
    assert_eq!(CELL.get(), None);
    assert_eq!(CELL.get_or_init(|| 2), &2);
}

pub fn lazy() {
    let calls = AtomicUsize::new(0);
    let mut lazy = LazyLock::new(|| {
        calls.fetch_add(1, Ordering::Relaxed);
        92
    });
    assert_eq!(format!("{lazy:?}"), "LazyLock(<uninit>)");
    assert_eq!(LazyLock::get(&lazy), None);
    assert_eq!((LazyLock::force(&lazy), &*lazy, calls.load(Ordering::Relaxed)), (&92, &92, 1));
    *lazy = 44;
    assert_eq!(LazyLock::get_mut(&mut lazy), Some(&mut 44));
    assert_eq!(format!("{lazy:?}"), "LazyLock(44)");
    assert_eq!(*LazyLock::<u8>::default(), 0);
}

pub fn lazy_poison() {
    static LAZY: LazyLock<u32> = LazyLock::new(|| panic!("cannot be made"));
    assert!(thread::spawn(|| *LAZY).join().is_err());
    let again = thread::spawn(|| *LAZY).join().unwrap_err();
    assert_eq!(again.downcast_ref(), Some(&"LazyLock instance has previously been poisoned"));
}

pub fn lazy_static() {
    static WORDS: LazyLock<Vec<String>> = LazyLock::new(|| {
        thread::yield_now();
        ["made", "once"].map(String::from).into()
    });
    let threads: Vec<_> = (0..5).map(|_| thread::spawn(|| WORDS[1].as_ptr().addr())).collect();
    let mut places = threads.into_iter().map(|thread| thread.join().unwrap());
    let first = places.next();
    assert!(places.all(|place| Some(place) == first), "all have the same value");
    assert_eq!(WORDS.join(" "), "made once");
}
