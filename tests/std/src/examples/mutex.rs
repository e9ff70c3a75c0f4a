//! `std::sync::Mutex`.

use suspendable::sync::mpsc::channel;
use suspendable::sync::{Arc, Mutex, PoisonError, TryLockError};
use suspendable::thread;

pub fn count() {
    const N: usize = 10;
    let data = Arc::new(Mutex::new(0));
    let (tx, rx) = channel();
    for _ in 0..N {
        let (data, tx) = (Arc::clone(&data), tx.clone());
        thread::spawn(move || {
            let mut data = data.lock().unwrap();
            *data += 1;
            thread::yield_now();
            if *data == N {
                tx.send(()).unwrap();
            }
        });
    }
    rx.recv().unwrap();
    assert_eq!(*data.lock().unwrap(), N);
}

pub fn lock() {
    let mutex = Arc::new(Mutex::new(0));
    let c_mutex = Arc::clone(&mutex);
    thread::spawn(move || *c_mutex.lock().unwrap() = 10).join().expect("thread::spawn failed");
    assert_eq!(*mutex.lock().unwrap(), 10);
}

pub fn try_lock() {
    let mutex = Arc::new(Mutex::new(0));
    *mutex.try_lock().unwrap() = 10;
    let guard = mutex.lock().unwrap();
    let c_mutex = Arc::clone(&mutex);
    let error = thread::spawn(move || {
        let error = c_mutex.try_lock().map(drop).unwrap_err();
        (format!("{error}"), format!("{error:?}"), matches!(error, TryLockError::WouldBlock))
    });
    let (text, debug, would_block) = error.join().unwrap();
    assert_eq!(text, "try_lock failed because the operation would block");
    assert_eq!(debug, "\"WouldBlock\"");
    assert!(would_block);
    assert_eq!(*guard, 10);
}

fn poisoned(value: i32) -> Arc<Mutex<i32>> {
    let mutex = Arc::new(Mutex::new(value));
    let c_mutex = Arc::clone(&mutex);
    let result = thread::spawn(move || {
        let mut guard = c_mutex.lock().unwrap();
        *guard += 1;
        panic!("the mutex gets poisoned");
    });
    assert!(result.join().is_err());
    mutex
}

pub fn poison() {
    let mutex = poisoned(1);
    assert!(mutex.is_poisoned());
    let error = mutex.lock().unwrap_err();
    assert_eq!(error.to_string(), "poisoned lock: another task failed inside");
    assert_eq!(format!("{error:?}"), "PoisonError { .. }");
    drop(error);
    let error = mutex.try_lock().map(drop).unwrap_err();
    assert_eq!(error.to_string(), "poisoned lock: another task failed inside");
    drop(error);
    assert!(matches!(mutex.try_lock(), Err(TryLockError::Poisoned(_))));
    drop(mutex.lock().unwrap_or_else(PoisonError::into_inner));
}

/// Where panics unwind, the value is there; here it is lost.
pub fn clear_poison() {
    let mutex = poisoned(0);
    let own = mutex.clone();
    let x = thread::spawn(move || {
        own.lock().map(|x| *x).unwrap_or_else(|mut e| {
            **e.get_mut() = 1;
            own.clear_poison();
            *e.into_inner()
        })
    });
    assert_eq!(x.join().ok(), (!cfg!(target_arch = "wasm32")).then_some(1));
    mutex.clear_poison();
    assert_eq!(mutex.is_poisoned(), cfg!(target_arch = "wasm32"));
    assert_eq!(mutex.lock().is_err(), cfg!(target_arch = "wasm32"));
}

pub fn into_inner() {
    assert_eq!(Mutex::new("text".to_owned()).into_inner().unwrap(), "text");
    let mutex = poisoned(6);
    // The panicked thread owns a reference for ever where nothing unwinds.
    if let Ok(mutex) = Arc::try_unwrap(mutex) {
        assert_eq!(mutex.into_inner().unwrap_err().into_inner(), 7);
    }
}

pub fn get_mut() {
    let mut mutex = Mutex::new(0);
    *mutex.get_mut().unwrap() = 10;
    assert_eq!(*mutex.lock().unwrap(), 10);
    assert_eq!(*Mutex::from(3).lock().unwrap(), 3);
    assert_eq!(*Mutex::<i32>::default().lock().unwrap(), 0);
}

pub fn shows() {
    let mutex = Mutex::new(5);
    assert_eq!(format!("{mutex:?}"), "Mutex { data: 5, poisoned: false, .. }");
    let guard = mutex.lock().unwrap();
    assert_eq!(format!("{guard:?} {guard}"), "5 5");
    assert_eq!(
        format!("{mutex:?}"),
        "Mutex { data: <locked>, poisoned: false, .. }".replace("<locked>", "\"<locked>\"")
    );
    // Where panics unwind, the value is there.
    let data = if cfg!(target_arch = "wasm32") { "\"<lost>\"" } else { "2" };
    assert_eq!(
        format!("{:?}", poisoned(1)),
        format!("Mutex {{ data: {data}, poisoned: true, .. }}")
    );
}

pub fn trait_object() {
    let words: Arc<Mutex<dyn Iterator<Item = &str> + Send>> =
        Arc::new(Mutex::new("a b c".split(' ')));
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let words = words.clone();
            thread::spawn(move || words.lock().unwrap().next().unwrap())
        })
        .collect();
    let mut found: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    found.sort_unstable();
    assert_eq!(found, ["a", "b", "c"]);
}
