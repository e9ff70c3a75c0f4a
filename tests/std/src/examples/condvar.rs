//! `std::sync::Condvar`.

use suspendable::sync::{Arc, Condvar, Mutex};
use suspendable::thread;
use suspendable::time::{Duration, Instant};

fn started_later() -> Arc<(Mutex<bool>, Condvar)> {
    let pair = Arc::new((Mutex::new(false), Condvar::new()));
    let pair2 = Arc::clone(&pair);
    thread::spawn(move || {
        let (lock, cvar) = &*pair2;
        let mut started = lock.lock().unwrap();
        *started = true;
        cvar.notify_one();
    });
    pair
}

pub fn pair() {
    let pair = started_later();
    let (lock, cvar) = &*pair;
    let mut started = lock.lock().unwrap();
    while !*started {
        started = cvar.wait(started).unwrap();
    }
    assert!(*started);
}

pub fn wait_while() {
    let pair = Arc::new((Mutex::new(true), Condvar::new()));
    let pair2 = Arc::clone(&pair);
    thread::spawn(move || {
        *pair2.0.lock().unwrap() = false;
        pair2.1.notify_one();
    });
    let (lock, cvar) = &*pair;
    let guard = cvar.wait_while(lock.lock().unwrap(), |pending| *pending).unwrap();
    assert!(!*guard);
}

pub fn wait_timeout() {
    let pair = started_later();
    let (lock, cvar) = &*pair;
    let mut started = lock.lock().unwrap();
    while !*started {
        let result = cvar.wait_timeout(started, Duration::from_secs(30)).unwrap();
        started = result.0;
        assert!(!result.1.timed_out());
    }
}

pub fn wait_timeout_while() {
    let pair = started_later();
    let (lock, cvar) = &*pair;
    let started = lock.lock().unwrap();
    let (started, result) =
        cvar.wait_timeout_while(started, Duration::from_secs(30), |started| !*started).unwrap();
    assert!(*started && !result.timed_out());
    let (started, result) =
        cvar.wait_timeout_while(started, Duration::from_millis(5), |started| *started).unwrap();
    assert!(*started && result.timed_out());
}

pub fn notify_all() {
    let pair = Arc::new((Mutex::new((false, 0)), Condvar::new()));
    let waiting: Vec<_> = (0..20)
        .map(|_| {
            let pair = pair.clone();
            thread::spawn(move || {
                let mut state = pair.0.lock().unwrap();
                state.1 += 1;
                pair.1.notify_all();
                while !state.0 {
                    state = pair.1.wait(state).unwrap();
                }
                state.1 -= 1;
            })
        })
        .collect();
    let state = pair.0.lock().unwrap();
    let mut state = pair.1.wait_while(state, |state| state.1 < 20).unwrap();
    state.0 = true;
    pair.1.notify_all();
    drop(state);
    waiting.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(pair.0.lock().unwrap().1, 0);
}

pub fn times_out() {
    let (lock, cvar) = (Mutex::new(7), Condvar::new());
    for milliseconds in [0, 1, 10] {
        let (began, time) = (Instant::now(), Duration::from_millis(milliseconds));
        let (guard, result) = cvar.wait_timeout(lock.lock().unwrap(), time).unwrap();
        assert!(result.timed_out());
        assert!(began.elapsed() >= time);
        assert_eq!(*guard, 7);
    }
    assert_eq!(format!("{cvar:?}"), "Condvar { .. }");
}
