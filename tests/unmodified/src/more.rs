//! Smaller crates from crates.io: pools, channels, executors, and what is made once or swapped.

use crate::crates::on_a_thread;
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;
use suspendable::suspendable;

fn pause() {
    thread::sleep(Duration::from_millis(1));
}

#[suspendable]
pub fn threadpool() -> String {
    let pool = threadpool::ThreadPool::new(2);
    let sum = Arc::new(AtomicUsize::new(0));
    for n in 1..=10 {
        let sum = sum.clone();
        pool.execute(move || {
            thread::yield_now();
            sum.fetch_add(n, Ordering::Relaxed);
        });
    }
    pool.join();
    format!("{} {}", sum.load(Ordering::Relaxed), pool.active_count())
}

#[suspendable]
pub fn scoped_threadpool() -> String {
    let mut numbers = vec![1, 2, 3, 4];
    let mut pool = scoped_threadpool::Pool::new(2);
    pool.scoped(|scope| {
        for number in &mut numbers {
            scope.execute(move || {
                pause();
                *number *= 10;
            });
        }
    });
    format!("{numbers:?} {}", pool.thread_count())
}

#[suspendable]
pub fn scheduled_thread_pool() -> String {
    let pool = scheduled_thread_pool::ScheduledThreadPool::new(2);
    let (sender, receiver) = mpsc::channel();
    for n in [3, 1, 2] {
        let sender = sender.clone();
        pool.execute_after(Duration::from_millis(20 * n), move || sender.send(n).unwrap());
    }
    drop(sender);
    format!("{:?}", receiver.iter().collect::<Vec<_>>())
}

#[suspendable]
pub fn kanal() -> String {
    let (sender, mut receiver) = kanal::bounded(1);
    let thread = thread::spawn(move || (0..5).for_each(|n| sender.send(n).unwrap()));
    let got: Vec<i32> = receiver.by_ref().collect();
    thread.join().unwrap();
    format!("{got:?} {}", receiver.recv().is_err())
}

#[suspendable]
pub fn oneshot() -> String {
    let (sender, receiver) = oneshot::channel();
    let thread = thread::spawn(move || {
        pause();
        sender.send(41).unwrap();
    });
    let got = on_a_thread(move || receiver.recv().unwrap());
    thread.join().unwrap();
    let (sender, receiver) = oneshot::channel::<()>();
    let late = on_a_thread(move || receiver.recv_timeout(Duration::from_millis(2)));
    drop(sender);
    format!("{} {late:?}", got + 1)
}

/// All receivers see every message.
#[suspendable]
pub fn bus() -> String {
    let mut bus = bus::Bus::new(2);
    let receivers: Vec<_> = (0..2)
        .map(|_| {
            let receiver = bus.add_rx();
            thread::spawn(move || receiver.into_iter().collect::<Vec<i32>>())
        })
        .collect();
    on_a_thread(move || (0..5).for_each(|n| bus.broadcast(n)));
    let got: Vec<_> = receivers.into_iter().map(|thread| thread.join().unwrap()).collect();
    format!("{got:?}")
}

#[suspendable]
pub fn parking() -> String {
    let (parker, unparker) = parking::pair();
    let thread = thread::spawn(move || {
        pause();
        unparker.unpark()
    });
    parker.park();
    let late = !parker.park_timeout(Duration::from_millis(2));
    format!("{} {late}", thread.join().unwrap())
}

#[suspendable]
pub fn event_listener() -> String {
    let (event, flag) = (Arc::new(event_listener::Event::new()), Arc::new(AtomicUsize::new(0)));
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let (listener, flag) = (event.listen(), flag.clone());
            thread::spawn(move || {
                pollster::block_on(listener);
                flag.load(Ordering::Relaxed)
            })
        })
        .collect();
    pause();
    flag.store(7, Ordering::Relaxed);
    event.notify(3);
    let seen: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    format!("{seen:?}")
}

#[suspendable]
pub fn async_lock() -> String {
    let state = Arc::new((async_lock::Mutex::new(0), async_lock::Barrier::new(3)));
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let state = state.clone();
            thread::spawn(move || {
                pollster::block_on(async {
                    let mut count = state.0.lock().await;
                    pause();
                    *count += 1;
                    drop(count);
                    state.1.wait().await.is_leader()
                })
            })
        })
        .collect();
    let leaders = threads.into_iter().map(|thread| thread.join().unwrap());
    let leaders = leaders.filter(|is| *is).count();
    format!("{} {leaders}", pollster::block_on(state.0.lock()))
}

#[suspendable]
pub fn async_executor() -> String {
    let executor = async_executor::Executor::new();
    let (stop, stopped) = async_channel::bounded::<()>(1);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| pollster::block_on(executor.run(stopped.recv())));
        }
        let tasks = [1, 2, 3].map(|n| {
            executor.spawn(async move {
                pause();
                n * 2
            })
        });
        let sum = scope.spawn(|| tasks.into_iter().map(pollster::block_on).sum::<i32>());
        let sum = sum.join().unwrap();
        drop(stop);
        format!("{sum}")
    })
}

#[suspendable]
pub fn thread_local() -> String {
    let local = Arc::new(thread_local::ThreadLocal::new());
    let threads: Vec<_> = (1..=3)
        .map(|n| {
            let local = local.clone();
            thread::spawn(move || {
                for _ in 0..n {
                    let own = local.get_or(|| Cell::new(0));
                    own.set(own.get() + 1);
                    pause();
                }
                local.get().map(Cell::get)
            })
        })
        .collect();
    let own: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    format!("{own:?}")
}

#[suspendable]
pub fn arc_swap() -> String {
    let shared = Arc::new(arc_swap::ArcSwap::from_pointee(0));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.rcu(|count| {
                    thread::yield_now();
                    **count + 1
                })
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| drop(thread.join().unwrap()));
    format!("{}", shared.load())
}

#[suspendable]
pub fn lazy_static() -> String {
    lazy_static::lazy_static! {
        static ref MADE: usize = {
            pause();
            CALLS.fetch_add(1, Ordering::Relaxed) + 1
        };
    }
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let threads: Vec<_> = (0..3).map(|_| thread::spawn(|| *MADE)).collect();
    let seen: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    format!("{seen:?}")
}

/// A lock that spins, and yields meanwhile.
#[suspendable]
pub fn spin() -> String {
    let count = Arc::new(spin::mutex::SpinMutex::<_, spin::Yield>::new(0));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let count = count.clone();
            thread::spawn(move || {
                let mut count = count.lock();
                pause();
                *count += 1;
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    format!("{}", count.lock())
}
