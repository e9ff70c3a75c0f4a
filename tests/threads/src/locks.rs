//! Locks that are wanted by several threads at once.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, LazyLock, Mutex, Once, OnceLock, RwLock};
use std::thread;

/// A lock is held while others run.
pub fn mutex() {
    let count = Arc::new(Mutex::new(0));
    let handles: Vec<_> = (0..8)
        .map(|_| {
            let count = Arc::clone(&count);
            thread::spawn(move || {
                for _ in 0..50 {
                    let mut count = count.lock().unwrap();
                    let before = *count;
                    thread::yield_now();
                    *count = before + 1;
                }
            })
        })
        .collect();
    handles.into_iter().for_each(|handle| handle.join().unwrap());
    println!("{}", count.lock().unwrap());
    let held = count.lock().unwrap();
    let tried = thread::scope(|scope| scope.spawn(|| count.try_lock().is_err()).join().unwrap());
    println!("held: {tried}, {held}");
}

pub fn rwlock() {
    let lock = RwLock::new((0u32, 0u32));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let mut both = lock.write().unwrap();
                    both.0 += 1;
                    thread::yield_now();
                    both.1 += 1;
                }
            });
            scope.spawn(|| {
                for _ in 0..50 {
                    let both = lock.read().unwrap();
                    let first = both.0;
                    thread::yield_now();
                    assert_eq!((first, first), *both);
                }
            });
        }
    });
    println!("{:?}", lock.into_inner().unwrap());
}

/// A queue of three places.
pub fn condvar() {
    let queue = Mutex::new(VecDeque::new());
    let (has_items, has_room) = (Condvar::new(), Condvar::new());
    let sum = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for number in 1..=100 {
                    let mut queue = has_room
                        .wait_while(queue.lock().unwrap(), |queue| queue.len() == 3)
                        .unwrap();
                    queue.push_back(number);
                    has_items.notify_one();
                }
            });
            scope.spawn(|| {
                for _ in 0..100 {
                    let mut queue = has_items
                        .wait_while(queue.lock().unwrap(), |queue| queue.is_empty())
                        .unwrap();
                    sum.fetch_add(queue.pop_front().unwrap(), SeqCst);
                    has_room.notify_one();
                }
            });
        }
    });
    println!("{}, {} left", sum.load(SeqCst), queue.lock().unwrap().len());
}

pub fn once() {
    static ONCE: Once = Once::new();
    static CELL: OnceLock<usize> = OnceLock::new();
    static LAZY: LazyLock<usize> = LazyLock::new(|| {
        thread::yield_now();
        RUNS.fetch_add(1, SeqCst)
    });
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    let handles: Vec<_> = (0..6)
        .map(|_| {
            thread::spawn(|| {
                ONCE.call_once(|| {
                    thread::yield_now();
                    RUNS.fetch_add(10, SeqCst);
                });
                let cell = *CELL.get_or_init(|| {
                    thread::yield_now();
                    RUNS.fetch_add(100, SeqCst)
                });
                (cell >= 10, *LAZY >= 110)
            })
        })
        .collect();
    let all = handles.into_iter().all(|handle| handle.join().unwrap() == (true, true));
    println!("{all}, {}", RUNS.load(SeqCst));
}

/// Lines stay whole, whoever writes them, also where a write waits.
pub fn print() {
    thread::scope(|scope| {
        for number in 0..5 {
            scope.spawn(move || {
                for round in 0..20 {
                    println!("line {round} of {number}");
                }
            });
        }
    });
}

/// Locks, channels and conditions in an order that the seed says; what comes out does not depend on who ran when.
pub fn random(seed: u64) {
    let mut state = seed | 1;
    let mut next = move |bound: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    };
    let locks: [Mutex<u64>; 3] = Default::default();
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    let turn = (Mutex::new(0u64), Condvar::new());
    let threads = 2 + next(6);
    let plans: Vec<Vec<u64>> =
        (0..threads).map(|_| (0..next(20)).map(|_| next(5)).collect()).collect();
    let sent: u64 = plans.iter().flatten().filter(|step| **step == 3).count() as u64;
    let received = thread::scope(|scope| {
        for (number, plan) in plans.iter().enumerate() {
            let (locks, turn, sender) = (&locks, &turn, sender.clone());
            scope.spawn(move || {
                for step in plan {
                    match step {
                        0..=2 => {
                            let mut lock = locks[*step as usize].lock().unwrap();
                            let before = *lock;
                            thread::yield_now();
                            *lock = before + 1;
                        }
                        3 => sender.send(1).unwrap(),
                        _ => thread::yield_now(),
                    }
                }
                // Each in its turn.
                let mut at =
                    turn.1.wait_while(turn.0.lock().unwrap(), |at| *at != number as u64).unwrap();
                *at += 1;
                turn.1.notify_all();
            });
        }
        drop(sender);
        receiver.iter().sum::<u64>()
    });
    let counts = locks.map(|lock| lock.into_inner().unwrap());
    for (index, count) in counts.iter().enumerate() {
        let expected = plans.iter().flatten().filter(|step| **step == index as u64).count();
        assert_eq!(*count, expected as u64);
    }
    assert_eq!((received, *turn.0.lock().unwrap()), (sent, threads));
    println!("right");
}
