//! Who runs when: those that are woken, beside promises, timers, faults and calls of JavaScript.

use crate::calls::fail;
use js_sys::{Function, Promise};
use std::cell::RefCell;
use suspendable::sync::mpsc::channel;
use suspendable::sync::{Arc, Mutex};
use suspendable::thread::{self, JoinHandle, Thread};
use suspendable::time::Duration;
use suspendable::{block_on, suspendable};
use wasm_bindgen::prelude::*;

type Log = Arc<Mutex<Vec<String>>>;

fn note(log: &Log, what: impl Into<String>) {
    log.lock().unwrap().push(what.into());
}

fn call(function: &Function) {
    function.call0(&JsValue::UNDEFINED).unwrap();
}

/// Parks, and then does something.
fn parks(log: &Log, name: &'static str, then: impl FnOnce() + 'static) -> JoinHandle<()> {
    let log = log.clone();
    thread::spawn(move || {
        thread::park();
        note(&log, name);
        then();
    })
}

/// Two threads that only wake each other, until `promises` have settled, one after the other.
#[suspendable(js_name = meanwhile)]
pub fn meanwhile(promises: Vec<Promise>) -> bool {
    let done = Arc::new(Mutex::new(false));
    let (to_other, from_us) = channel();
    let (to_us, from_other) = channel();
    let other = thread::spawn(move || from_us.iter().for_each(|()| to_us.send(()).unwrap()));
    thread::spawn({
        let done = done.clone();
        move || {
            for promise in promises {
                block_on(&promise).unwrap();
            }
            *done.lock().unwrap() = true;
        }
    });
    while !*done.lock().unwrap() {
        to_other.send(()).unwrap();
        from_other.recv().unwrap();
    }
    drop(to_other);
    other.join().is_ok()
}

/// Those that have a time-out, those that have none and those that begin, in the order in which they were
/// woken and begun.
#[suspendable(js_name = orderOfAll)]
pub fn order_of_all() -> String {
    let log = Log::default();
    let timed = thread::spawn({
        let log = log.clone();
        move || {
            thread::park_timeout(Duration::from_secs(1000));
            note(&log, "timed");
        }
    });
    let [first, last] = ["first", "last"].map(|name| parks(&log, name, || {}));
    thread::yield_now();
    first.thread().unpark();
    timed.thread().unpark();
    let begun = thread::spawn({
        let log = log.clone();
        move || note(&log, "begins")
    });
    last.thread().unpark();
    note(&log, "woken");
    for thread in [last, timed, first, begun] {
        thread.join().unwrap();
    }
    let log = log.lock().unwrap();
    log.join(", ")
}

/// Some that are woken at once, the second of which fails.
#[suspendable(js_name = failsAmongOthers)]
pub fn fails_among_others(kind: String) -> String {
    let log = Log::default();
    let threads = [
        parks(&log, "a", || {}),
        parks(&log, "fails", move || fail(&kind)),
        parks(&log, "b", || {}),
        parks(&log, "c", || {}),
    ];
    thread::yield_now();
    threads.iter().for_each(|thread| thread.thread().unpark());
    let ends = threads.map(|thread| thread.join().is_ok());
    let log = log.lock().unwrap();
    format!("{} {ends:?}", log.join(" "))
}

/// A call that is woken and then fails, or returns what a promise comes to, or goes on being woken.
#[suspendable(js_name = afterBeingWoken)]
pub fn after_being_woken(kind: &str, promise: &Promise) -> Result<JsValue, JsValue> {
    for _ in 0..3 {
        thread::spawn(|| {}).join().unwrap();
    }
    let value = block_on(promise)?;
    thread::spawn(|| {}).join().unwrap();
    if kind != "return" {
        fail(kind);
    }
    Ok(value)
}

thread_local! {
    static SLEEPER: RefCell<Option<Thread>> = const { RefCell::new(None) };
}

/// Wakes the one that sleeps, from where nothing can block.
#[wasm_bindgen(js_name = wakeSleeper)]
pub fn wake_sleeper() {
    SLEEPER.with_borrow(|sleeper| sleeper.as_ref().unwrap().unpark());
}

/// A thread that was woken itself calls JavaScript, which wakes another.
#[suspendable(js_name = wakesInCallback)]
pub fn wakes_in_callback(callback: Function) -> String {
    let log = Log::default();
    let sleeper = parks(&log, "sleeper", || {});
    SLEEPER.set(Some(sleeper.thread().clone()));
    let caller = parks(&log, "calls", {
        let log = log.clone();
        move || {
            call(&callback);
            note(&log, "has called");
        }
    });
    let behind = parks(&log, "behind", || {});
    thread::yield_now();
    caller.thread().unpark();
    behind.thread().unpark();
    for thread in [caller, behind, sleeper] {
        thread.join().unwrap();
    }
    let log = log.lock().unwrap();
    log.join(", ")
}

/// The timer of one that waits comes, by `callback`, and before it goes on it is woken as well: that is one
/// wake-up, and the next wait is another.
#[suspendable(js_name = wokenTwice)]
pub fn woken_twice(callback: &Function) -> String {
    let log = Log::default();
    let sleeper = thread::spawn({
        let log = log.clone();
        move || {
            thread::park_timeout(Duration::from_secs(1000));
            note(&log, "once");
            thread::park();
            note(&log, "again");
        }
    });
    thread::yield_now();
    call(callback);
    sleeper.thread().unpark();
    sleeper.thread().unpark();
    thread::yield_now();
    note(&log, "between");
    sleeper.thread().unpark();
    sleeper.join().unwrap();
    let log = log.lock().unwrap();
    log.join(", ")
}

/// Calls JavaScript, and returns what that returns.
#[suspendable(js_name = callsBack)]
pub fn calls_back(callback: &Function) -> JsValue {
    callback.call0(&JsValue::UNDEFINED).unwrap()
}
