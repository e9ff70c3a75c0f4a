//! Waits of std's that can never end: what they say.

use crate::own::text;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, RwLock, mpsc};
use std::thread::{self, JoinHandle};
use suspendable::suspendable;

#[derive(Default)]
struct Locks {
    mutex: Mutex<u32>,
    other: Mutex<u32>,
    one: RwLock<u32>,
    two: RwLock<u32>,
    turn: AtomicU32,
}

impl Locks {
    /// Waits for one's turn; what comes next happens before the turn after it.
    fn turn(&self, number: u32) {
        while self.turn.load(Relaxed) != number {
            thread::yield_now();
        }
        self.turn.store(number + 1, Relaxed);
    }
}

fn named<T: Send + 'static>(
    name: &str,
    locks: &Arc<Locks>,
    body: impl FnOnce(&Locks) -> T + Send + 'static,
) -> JoinHandle<T> {
    let locks = locks.clone();
    thread::Builder::new().name(name.into()).spawn(move || body(&locks)).unwrap()
}

/// How each of these has ended: with "ends", or with what its panic says.
fn ends<const N: usize>(threads: [JoinHandle<()>; N]) -> String {
    threads.map(|thread| thread.join().map_or_else(text, |()| "ends".into())).join("\n")
}

/// A thread that waits for itself.
#[suspendable]
pub fn waits_for_itself(kind: String) -> String {
    let locks = Arc::default();
    ends([named("one", &locks, move |locks| match &*kind {
        "locks" => {
            let _guard = locks.mutex.lock().unwrap();
            drop(locks.mutex.lock());
        }
        "reads and writes" => {
            let _guards = (locks.one.read().unwrap(), locks.one.read().unwrap());
            drop(locks.one.write());
        }
        "writes and reads" => {
            let _guard = locks.one.write().unwrap();
            drop(locks.one.read());
        }
        "in a box" => {
            let mut guard = Box::new(locks.mutex.lock().unwrap());
            **guard += 1;
            drop(locks.mutex.lock());
        }
        "joins" => {
            // Its own handle comes through a channel.
            let (sender, receiver) = mpsc::channel::<JoinHandle<()>>();
            let (says, said) = mpsc::channel();
            let child = thread::spawn(move || {
                let own = receiver.recv().unwrap();
                says.send(()).unwrap();
                own.join().unwrap();
            });
            sender.send(child).unwrap();
            said.recv().unwrap();
            // Nobody else can see its panic.
            thread::yield_now();
        }
        other => panic!("{other}"),
    })])
}

/// Several that wait for each other. The one that comes last gets the error, and the others go on.
#[suspendable]
pub fn wait_for_each_other(kind: String) -> String {
    let locks: Arc<Locks> = Arc::default();
    match &*kind {
        "two mutexes" => ends([
            named("one", &locks, |locks| {
                let _own = locks.mutex.lock().unwrap();
                locks.turn(0);
                locks.turn(2);
                assert!(locks.other.lock().is_err());
            }),
            named("two", &locks, |locks| {
                let _own = locks.other.lock().unwrap();
                locks.turn(1);
                locks.turn(3);
                drop(locks.mutex.lock());
            }),
        ]),
        // The second is one of two readers, for both of whom the first waits.
        "round a reader" => ends([
            named("one", &locks, |locks| {
                let _own = locks.mutex.lock().unwrap();
                locks.turn(0);
                locks.turn(4);
                assert!(locks.one.write().is_ok());
            }),
            named("two", &locks, |locks| {
                let _own = locks.one.read().unwrap();
                locks.turn(1);
                locks.turn(5);
                assert!(locks.two.read().is_err());
            }),
            named("reader", &locks, |locks| {
                let _own = locks.one.read().unwrap();
                locks.turn(2);
                locks.turn(7);
            }),
            named("three", &locks, |locks| {
                let _own = locks.two.write().unwrap();
                locks.turn(3);
                locks.turn(6);
                drop(locks.mutex.lock());
            }),
        ]),
        // It would read, and waits behind one that would write, which waits for the first.
        "behind a writer" => ends([
            named("one", &locks, |locks| {
                let _own = locks.one.read().unwrap();
                locks.turn(0);
                locks.turn(3);
                assert!(locks.mutex.lock().is_err());
            }),
            named("two", &locks, |locks| {
                locks.turn(2);
                drop(locks.one.write().unwrap());
            }),
            named("three", &locks, |locks| {
                let _own = locks.mutex.lock().unwrap();
                locks.turn(1);
                locks.turn(4);
                drop(locks.one.read());
            }),
        ]),
        "joins" => ends([named("parent", &locks, {
            let own = locks.clone();
            move |locks| {
                let _guard = locks.mutex.lock().unwrap();
                ends_or_panics(named("child", &own, |locks| drop(locks.mutex.lock())));
            }
        })]),
        "scope" => ends([named("parent", &locks, move |locks| {
            let _guard = locks.mutex.lock().unwrap();
            thread::scope(|scope| {
                scope.spawn(|| drop(locks.mutex.lock()));
            });
        })]),
        // No circle, but long.
        "chain" => ends([
            named("one", &locks, |locks| {
                let _own = locks.mutex.lock().unwrap();
                locks.turn(0);
                locks.turn(3);
                drop(locks.other.lock().unwrap());
            }),
            named("two", &locks, |locks| {
                let _own = locks.other.lock().unwrap();
                locks.turn(1);
                locks.turn(4);
                drop(locks.one.write().unwrap());
            }),
            named("three", &locks, |locks| {
                let _own = locks.one.read().unwrap();
                locks.turn(2);
                locks.turn(6);
                drop(locks.two.read().unwrap());
            }),
            named("four", &locks, |locks| {
                locks.turn(5);
                drop(locks.mutex.lock().unwrap());
            }),
        ]),
        other => panic!("{other}"),
    }
}

fn ends_or_panics(thread: JoinHandle<()>) {
    if let Err(error) = thread.join() {
        panic!("{}", text(error));
    }
}

/// A scope ends when a thread of it waits already for what this call has locked.
#[suspendable]
pub fn ends_a_scope_last() {
    let locks = Locks::default();
    let _guard = locks.mutex.lock().unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            locks.turn(0);
            drop(locks.mutex.lock());
        });
        locks.turn(1);
    });
}
