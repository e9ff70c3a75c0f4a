//! What calls of JavaScript do with locks, and what becomes of locks and threads after faults.

use js_sys::Promise;
use std::cell::RefCell;
use suspendable::sync::mpsc::{Receiver, Sender, channel};
use suspendable::sync::{Arc, Condvar, Mutex, MutexGuard, Once, RwLock};
use suspendable::thread;
use suspendable::time::Duration;
use suspendable::{block_on, suspendable};
use wasm_bindgen::prelude::*;

static COUNT: Mutex<u32> = Mutex::new(0);

/// Reads the count, waits for `promise`, and writes it: all with the lock.
#[suspendable]
pub fn add(promise: &Promise) -> Result<u32, JsValue> {
    let mut count = COUNT.lock().unwrap();
    let before = *count;
    block_on(promise)?;
    *count = before + 1;
    Ok(*count)
}

/// The count, where nothing can block.
#[wasm_bindgen(js_name = lockOutside)]
pub fn lock_outside() -> u32 {
    *COUNT.lock().unwrap()
}

/// The count, if it can be had.
#[wasm_bindgen(js_name = tryLockOutside)]
pub fn try_lock_outside() -> Option<u32> {
    COUNT.try_lock().ok().map(|count| *count)
}

/// Everything that can be done where nothing can block, as long as it need not wait.
#[wasm_bindgen(js_name = uncontendedOutside)]
pub fn uncontended_outside() -> String {
    let (sender, receiver) = channel();
    sender.send(2).unwrap();
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {});
    let lock = RwLock::new(3);
    let child = thread::spawn(|| 4);
    thread::current().unpark();
    thread::park();
    let name = thread::current().name().unwrap_or_default().to_owned();
    let (read, received) = (*lock.read().unwrap(), receiver.recv().unwrap());
    let scoped = thread::scope(|scope| {
        thread::Builder::new().spawn_scoped(scope, || {}).map(drop).unwrap_err().to_string()
    });
    format!("{received} {read} {} {name} {scoped}", child.is_finished())
}

/// What would have to wait where nothing can block.
#[wasm_bindgen(js_name = waitOutside)]
pub fn wait_outside(what: &str) {
    match what {
        "sleep" => thread::sleep(Duration::from_millis(1)),
        "park" => thread::park(),
        "join" => thread::spawn(|| {}).join().unwrap(),
        "recv" => channel::<()>().1.recv().map_or((), drop),
        _ => thread::yield_now(),
    }
}

/// Fails in the way that `kind` says, and holds a lock of the kind that `lock` says.
pub fn fail(kind: &str) {
    match kind {
        "panic" => panic!("with a lock"),
        "trap" => core::arch::wasm32::unreachable(),
        other => wasm_bindgen::throw_str(other),
    }
}

/// What the next that locks finds, after one that held the lock has failed; and one that waited.
#[suspendable(js_name = afterFault)]
pub fn after_fault(kind: String) -> String {
    let mutex = Arc::new(Mutex::new(1));
    let lock = Arc::new(RwLock::new(1));
    let holder = thread::spawn({
        let (mutex, lock, kind) = (mutex.clone(), lock.clone(), kind.clone());
        move || {
            let (mut count, _reads) = (mutex.lock().unwrap(), lock.read().unwrap());
            *count = 2;
            thread::sleep(Duration::from_millis(5));
            fail(&kind);
        }
    });
    let waiting: Vec<_> = (0..3)
        .map(|_| {
            let (mutex, lock) = (mutex.clone(), lock.clone());
            thread::spawn(move || (lock.write().is_ok(), lock.read().is_ok(), mutex.lock().is_ok()))
        })
        .collect();
    let failed = holder.join().unwrap_err();
    let text = failed.downcast_ref::<&str>().copied().unwrap_or_default().to_owned();
    let found: Vec<_> = waiting.into_iter().map(|thread| thread.join().unwrap()).collect();
    let uses = thread::spawn(move || *mutex.lock().unwrap_err().into_inner());
    let said = uses.join().unwrap_err();
    format!("{text}: {found:?}, {}", said.downcast_ref::<&str>().copied().unwrap_or_default())
}

thread_local! {
    static GUARD: RefCell<Option<MutexGuard<'static, u32>>> = const { RefCell::new(None) };
    static CHANNEL: RefCell<Option<Receiver<u32>>> = const { RefCell::new(None) };
}

/// A wait that would never end: what it says.
#[suspendable(js_name = endless)]
pub fn endless(kind: &str) -> String {
    let mutex: &'static Mutex<u32> = Box::leak(Box::new(Mutex::new(5)));
    let lock: &'static RwLock<u32> = Box::leak(Box::new(RwLock::new(5)));
    let result = match kind {
        "itself" => thread::spawn(|| {
            let _guard = mutex.lock();
            drop(mutex.lock());
        }),
        "reads itself" => thread::spawn(|| {
            let _guard = lock.read();
            drop(lock.write());
        }),
        "joins itself" => {
            let (sender, receiver) = channel::<thread::JoinHandle<()>>();
            let child = thread::spawn(move || {
                let _guard = mutex.lock();
                drop(receiver.recv().unwrap().join());
            });
            sender.send(child).unwrap();
            thread::sleep(Duration::from_millis(5));
            // Nobody else can join it, so the lock has to tell that it has panicked.
            return format!("{}", mutex.lock().is_err());
        }
        "once" => thread::spawn(|| {
            static ONCE: Once = Once::new();
            ONCE.call_once(|| ONCE.call_once(|| {}));
        }),
        "each other" => {
            let other: &'static Mutex<u32> = Box::leak(Box::new(Mutex::new(5)));
            let first = thread::spawn(|| {
                let _guard = mutex.lock();
                thread::yield_now();
                other.lock().is_err()
            });
            let second = thread::spawn(|| {
                let _guard = other.lock();
                thread::yield_now();
                drop(mutex.lock());
            });
            // The one that closes the circle panics, and the other goes on.
            assert!(first.join().unwrap());
            second
        }
        "three" => {
            let locks: &'static [Mutex<u32>; 3] = Box::leak(Box::default());
            let children = [(0, 1), (1, 2)].map(|(mine, next)| {
                thread::spawn(move || {
                    let _guard = locks[mine].lock();
                    thread::sleep(Duration::from_millis(2));
                    drop(locks[next].lock());
                })
            });
            let holder = thread::spawn(move || {
                let _guard = mutex.lock();
                children.into_iter().for_each(|child| child.join().unwrap());
            });
            // No circle: it ends.
            holder.join().unwrap();
            return "no circle".to_owned();
        }
        "joins its joiner" => {
            let child = thread::spawn(|| {
                thread::sleep(Duration::from_millis(2));
                mutex.lock().map(drop).unwrap()
            });
            let parent = thread::spawn(|| {
                let _guard = mutex.lock();
                child.join()
            });
            let said = parent.join().unwrap().unwrap_err();
            return text(&*said);
        }
        "scope" => {
            let failed = Arc::new(Mutex::new(None));
            let theirs = failed.clone();
            let parent = thread::spawn(move || {
                let _guard = mutex.lock().unwrap();
                thread::scope(|scope| {
                    let child = scope.spawn(|| drop(mutex.lock()));
                    scope.spawn(move || *theirs.lock().unwrap() = child.join().err());
                });
            });
            assert!(parent.join().is_err());
            let payload = failed.lock().unwrap().take().expect("the child panicked");
            return text(&*payload);
        }
        "timed" => {
            // A wait with a time-out is none for ever.
            let condition: &'static Condvar = Box::leak(Box::new(Condvar::new()));
            let child = thread::spawn(|| {
                let guard = mutex.lock().unwrap();
                let time = Duration::from_millis(3);
                condition.wait_timeout(guard, time).unwrap().1.timed_out()
            });
            return format!("{}", child.join().unwrap());
        }
        "kept by others" => {
            let holder = thread::spawn(|| {
                GUARD.set(Some(mutex.lock().unwrap()));
                panic!("leaves its guard behind");
            });
            assert!(holder.join().is_err());
            assert!(mutex.lock().is_err() && mutex.try_lock().is_err());
            // Its guard can still be used, and unlocks.
            *GUARD.take().unwrap() += 1;
            return format!("{}", *mutex.lock().unwrap());
        }
        "kept by a call" => {
            let holder = thread::spawn(|| GUARD.set(Some(mutex.lock().unwrap())));
            holder.join().unwrap();
            let waits = thread::spawn(|| *mutex.lock().unwrap());
            thread::yield_now();
            assert!(!waits.is_finished());
            *GUARD.take().unwrap() += 2;
            return format!("{}", waits.join().unwrap());
        }
        other => panic!("no such wait: {other}"),
    };
    text(&*result.join().map(drop).unwrap_err())
}

fn text(payload: &dyn std::any::Any) -> String {
    let literal = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    literal.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default()
}

/// Who ran, in what order, when one thread spawns others and then waits.
#[suspendable]
pub fn order() -> String {
    let log = Arc::new(Mutex::new(Vec::new()));
    let note = |what: &str| log.lock().unwrap().push(what.to_owned());
    let children: Vec<_> = ["a", "b", "c"]
        .map(|name| {
            let log = log.clone();
            thread::spawn(move || {
                log.lock().unwrap().push(format!("{name} begins"));
                thread::park();
                log.lock().unwrap().push(format!("{name} goes on"));
            })
        })
        .into();
    note("spawned");
    thread::yield_now();
    for child in children.iter().rev() {
        child.thread().unpark();
    }
    note("unparked");
    for child in children {
        child.join().unwrap();
    }
    log.lock().unwrap().join(", ")
}

/// Threads, locks that are waited for, and channels: what a round of them leaves behind is seen from
/// outside.
#[suspendable]
pub fn round() {
    let lock = Arc::new(Mutex::new(0u32));
    let (sender, receiver) = channel();
    let threads: Vec<_> = (0..50)
        .map(|number| {
            let (lock, sender) = (lock.clone(), sender.clone());
            thread::spawn(move || {
                let mut sum = lock.lock().unwrap();
                block_on(&Promise::resolve(&JsValue::UNDEFINED)).expect("resolved");
                *sum += number;
                sender.send(*sum).unwrap();
            })
        })
        .collect();
    drop(sender);
    assert_eq!(receiver.iter().count(), 50);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

/// The number of JavaScript values that Rust holds, and the memory that it has taken, in pages.
#[wasm_bindgen]
pub fn taken() -> Vec<usize> {
    vec![wasm_bindgen::externref_heap_live_count() as usize, core::arch::wasm32::memory_size(0)]
}

/// So many threads that have parked, and are woken.
#[suspendable]
pub fn parked(count: usize) -> usize {
    let threads: Vec<_> = (0..count).map(|_| thread::spawn(thread::park)).collect();
    thread::yield_now();
    threads.iter().for_each(|thread| thread.thread().unpark());
    threads.into_iter().filter_map(|thread| thread.join().ok()).count()
}

/// Begins a thread that panics, and that nobody waits for.
#[wasm_bindgen(js_name = panicAlone)]
pub fn panic_alone() {
    thread::spawn(|| panic!("nobody listens"));
}

/// A channel between calls: the next number, once `give` has sent it.
#[suspendable]
pub fn take() -> u32 {
    let (sender, receiver) = channel();
    SENDERS.lock().unwrap().push(sender);
    receiver.recv().unwrap()
}

static SENDERS: Mutex<Vec<Sender<u32>>> = Mutex::new(Vec::new());

/// Sends to all who take, from where nothing can block.
#[wasm_bindgen]
pub fn give(number: u32) -> usize {
    let senders = std::mem::take(&mut *SENDERS.lock().unwrap());
    senders.iter().for_each(|sender| sender.send(number).unwrap());
    senders.len()
}

/// Threads that hold JavaScript's values, which are not `Send`.
#[suspendable(js_name = valuesInThreads)]
pub fn values_in_threads(promises: Vec<Promise>) -> Result<f64, JsValue> {
    let threads: Vec<_> =
        promises.into_iter().map(|promise| thread::spawn(move || block_on(&promise))).collect();
    let mut sum = 0.0;
    for thread in threads {
        sum += thread.join().expect("no panic")?.as_f64().expect("a number");
    }
    Ok(sum)
}

/// A thread that panics while a child of its own scope still runs: it ends when the child has.
#[suspendable(js_name = panicInScope)]
pub fn panic_in_scope() -> String {
    let log = Arc::new(Mutex::new(Vec::new()));
    let theirs = log.clone();
    let lock: &'static Mutex<u32> = Box::leak(Box::new(Mutex::new(1)));
    let parent = thread::spawn(move || {
        let _guard = lock.lock();
        thread::scope(|scope| {
            scope.spawn({
                let theirs = theirs.clone();
                move || {
                    thread::sleep(Duration::from_millis(5));
                    theirs.lock().unwrap().push(format!("{}", lock.try_lock().is_err()));
                }
            });
            thread::yield_now();
            panic!("in the scope");
        })
    });
    let said = text(&*parent.join().map(drop).unwrap_err());
    let poisoned = lock.is_poisoned();
    format!("{said}, {}, {poisoned}", log.lock().unwrap().join(" "))
}
