//! Crates from crates.io that wait through std. None of them has heard of JavaScript.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;
use suspendable::suspendable;

/// A call shares its thread-locals with others: what keeps its state there has a thread of its own.
pub(crate) fn on_a_thread<T: Send>(body: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| scope.spawn(body).join().unwrap())
}

#[suspendable]
pub fn rayon(threads: usize) -> String {
    use rayon::prelude::*;
    on_a_thread(|| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let sum: u64 = pool.install(|| (0..10_000_u64).into_par_iter().map(|n| n * n).sum());
        let (left, right) = pool.install(|| {
            rayon::join(|| thread::sleep(Duration::from_millis(2)), rayon::current_num_threads)
        });
        let ((), mut words) = (left, vec!["c", "a", "b"]);
        pool.install(|| words.par_sort());
        let global: usize = (0..100_usize).into_par_iter().filter(|n| n % 3 == 0).count();
        format!("{sum} {right} {words:?} {global}")
    })
}

#[suspendable]
pub fn crossbeam() -> String {
    on_a_thread(crossbeam_here)
}

/// The same, for calls that follow each other.
#[suspendable]
pub fn crossbeam_on_the_call() -> String {
    crossbeam_here()
}

fn crossbeam_here() -> String {
    use crossbeam::channel::{after, bounded, select};
    let (numbers, received) = bounded(1);
    let mut sum = 0;
    let mut timed_out = false;
    crossbeam::scope(|scope| {
        scope.spawn(|_| (1..=10).for_each(|n| numbers.send(n).unwrap()));
        for _ in 0..10 {
            select! {
                recv(received) -> number => sum += number.unwrap(),
                recv(after(Duration::from_secs(20))) -> _ => unreachable!(),
            }
        }
        select! {
            recv(received) -> _ => unreachable!(),
            default(Duration::from_millis(3)) => timed_out = true,
        }
    })
    .unwrap();
    let group = crossbeam::sync::WaitGroup::new();
    let count = Arc::new(AtomicUsize::new(0));
    for _ in 0..4 {
        let (group, count) = (group.clone(), count.clone());
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(1));
            count.fetch_add(1, Ordering::Relaxed);
            drop(group);
        });
    }
    group.wait();
    format!("{sum} {timed_out} {}", count.load(Ordering::Relaxed))
}

#[suspendable]
pub fn flume() -> String {
    let (sender, receiver) = flume::bounded(0);
    let thread = thread::spawn(move || (0..5).for_each(|n| sender.send(n).unwrap()));
    let first = receiver.recv().unwrap();
    let rest: Vec<i32> = receiver.iter().collect();
    thread.join().unwrap();
    format!("{first} {rest:?} {:?}", receiver.recv_timeout(Duration::from_millis(1)))
}

#[suspendable]
pub fn parking_lot() -> String {
    use parking_lot::{Condvar, Mutex, RwLock};
    let state = Arc::new((Mutex::new(0), Condvar::new(), RwLock::new(Vec::new())));
    let threads: Vec<_> = (0..5)
        .map(|index| {
            let state = state.clone();
            thread::spawn(move || {
                let mut count = state.0.lock();
                thread::sleep(Duration::from_millis(1));
                *count += 1;
                state.2.write().push(index);
                state.1.notify_all();
            })
        })
        .collect();
    let owned = state.clone();
    let (seen, timed_out) = on_a_thread(move || {
        let mut count = owned.0.lock();
        owned.1.wait_while(&mut count, |count| *count < 5);
        (*count, owned.1.wait_for(&mut count, Duration::from_millis(2)).timed_out())
    });
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    format!("{seen} {timed_out} {}", state.2.read().len())
}

/// Its shards are in std's `RwLock`s: what is not there is made once, while others wait for it.
#[suspendable]
pub fn quick_cache() -> String {
    let cache = Arc::new(quick_cache::sync::Cache::<u32, u32>::new(100));
    let made = Arc::new(AtomicUsize::new(0));
    let threads: Vec<_> = (0..6)
        .map(|index| {
            let (cache, made) = (cache.clone(), made.clone());
            thread::spawn(move || {
                let value = cache.get_or_insert_with(&(index % 2), || {
                    thread::sleep(Duration::from_millis(1));
                    made.fetch_add(1, Ordering::Relaxed);
                    Ok::<_, ()>(index % 2 + 10)
                });
                value.unwrap()
            })
        })
        .collect();
    let values: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    format!("{values:?} {}", made.load(Ordering::Relaxed))
}

#[suspendable]
pub fn dashmap() -> String {
    let map = Arc::new(dashmap::DashMap::new());
    let threads: Vec<_> = (0..4)
        .map(|index| {
            let map = map.clone();
            thread::spawn(move || {
                for key in 0..10 {
                    let mut sum = map.entry(key).or_insert(0);
                    thread::yield_now();
                    *sum += index;
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    format!("{} {}", map.len(), map.iter().map(|entry| *entry.value()).sum::<i32>())
}

#[suspendable]
pub fn once_cell() -> String {
    static CELL: once_cell::sync::OnceCell<usize> = once_cell::sync::OnceCell::new();
    static LAZY: once_cell::sync::Lazy<String> = once_cell::sync::Lazy::new(|| {
        thread::sleep(Duration::from_millis(2));
        "lazy".into()
    });
    let seen = thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|index| {
                scope.spawn(move || {
                    let first = *CELL.get_or_init(|| {
                        thread::yield_now();
                        index
                    });
                    (first, LAZY.as_str())
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    format!("{seen:?}")
}

/// Several of these at once, each on a thread of its own.
#[suspendable]
pub fn tokio(milliseconds: u32) -> String {
    let pause = Duration::from_millis(milliseconds.into());
    on_a_thread(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async move {
            let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
            let task = tokio::spawn(async move {
                for n in 0..3 {
                    tokio::time::sleep(pause).await;
                    sender.send(n).await.unwrap();
                }
            });
            let mut got = Vec::new();
            while let Some(n) = receiver.recv().await {
                got.push(n);
            }
            task.await.unwrap();
            let blocking = tokio::task::spawn_blocking(move || {
                thread::sleep(pause);
                "blocking"
            });
            let late = tokio::time::timeout(pause, std::future::pending::<()>()).await;
            format!("{got:?} {} {}", blocking.await.unwrap(), late.is_err())
        })
    })
}

/// A runtime that waits until a time-out, and is woken by another thread long before.
#[suspendable]
pub fn tokio_woken(milliseconds: u32) -> String {
    let pause = Duration::from_millis(milliseconds.into());
    on_a_thread(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let other = thread::spawn(move || {
            thread::sleep(pause);
            sender.send("woken")
        });
        let in_an_hour = Duration::from_secs(3600);
        let got = runtime.block_on(async move { tokio::time::timeout(in_an_hour, receiver).await });
        other.join().unwrap().unwrap();
        format!("{got:?}")
    })
}

#[suspendable]
pub fn futures_executor() -> String {
    let (sender, receiver) = async_channel::bounded(1);
    let pool = futures_executor::ThreadPool::builder().pool_size(2).create().unwrap();
    for n in 0..3 {
        let sender = sender.clone();
        pool.spawn_ok(async move {
            thread::sleep(Duration::from_millis(n));
            sender.send(n).await.unwrap();
        });
    }
    drop(sender);
    let mut got = Vec::new();
    on_a_thread(|| {
        while let Ok(n) = futures_executor::block_on(receiver.recv()) {
            got.push(n);
        }
    });
    got.sort();
    format!("{got:?} {:?}", receiver.try_recv())
}

struct Connections(AtomicUsize);

impl r2d2::ManageConnection for Connections {
    type Connection = usize;
    type Error = std::fmt::Error;

    fn connect(&self) -> Result<usize, std::fmt::Error> {
        thread::sleep(Duration::from_millis(1));
        Ok(self.0.fetch_add(1, Ordering::Relaxed))
    }

    fn is_valid(&self, _: &mut usize) -> Result<(), std::fmt::Error> {
        Ok(())
    }

    fn has_broken(&self, _: &mut usize) -> bool {
        false
    }
}

#[suspendable]
pub fn r2d2() -> String {
    let connections = Connections(AtomicUsize::new(0));
    let pool = on_a_thread(|| r2d2::Pool::builder().max_size(2).build(connections).unwrap());
    let threads: Vec<_> = (0..6)
        .map(|_| {
            let pool = pool.clone();
            thread::spawn(move || {
                let connection = pool.get().unwrap();
                thread::sleep(Duration::from_millis(1));
                *connection
            })
        })
        .collect();
    let mut used: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    used.sort();
    used.dedup();
    format!("{used:?}")
}
