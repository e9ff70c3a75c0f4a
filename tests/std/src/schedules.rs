//! Many threads that do as a random schedule says, against models of what they may see.
//!
//! Between any two steps a thread may let others run: not at all, in the same microtask checkpoint, or
//! for a turn or more of the event loop. A model is a few words that are looked at where nothing
//! suspends, so that it needs no lock.

use js_sys::Promise;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use suspendable::sync::mpsc::{RecvTimeoutError, TrySendError, channel, sync_channel};
use suspendable::sync::{Barrier, Condvar, Mutex, Once, OnceLock, RwLock};
use suspendable::thread;
use suspendable::time::Duration;
use suspendable::{block_on, suspendable};
use wasm_bindgen::prelude::*;

/// Pseudo-random numbers (xorshift).
struct Random(u64);

impl Random {
    fn new(seed: u32, thread: usize) -> Random {
        let mut random =
            Random((u64::from(seed) << 32 | thread as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        random.below(2);
        random
    }

    fn below(&mut self, n: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as u32 % n
    }

    /// Lets others run, or not.
    fn pause(&mut self) {
        match self.below(16) {
            0 => thread::yield_now(),
            1 => thread::sleep(Duration::from_millis(1)),
            2..10 => drop(block_on(&Promise::resolve(&JsValue::UNDEFINED))),
            _ => {}
        }
    }
}

/// Runs so many threads, and waits for all.
fn run(threads: usize, seed: u32, body: impl Fn(usize, &mut Random) + 'static) {
    let body = Rc::new(body);
    let threads: Vec<_> = (0..threads)
        .map(|index| {
            let body = body.clone();
            thread::spawn(move || body(index, &mut Random::new(seed, index)))
        })
        .collect();
    for thread in threads {
        if let Err(error) = thread.join() {
            let literal = error.downcast_ref::<&str>().map(|text| (*text).to_owned());
            panic!("{}", literal.or_else(|| error.downcast_ref().cloned()).unwrap_or_default());
        }
    }
}

/// A mutex is had in order of arrival, and by one at a time.
#[suspendable(js_name = mutexes)]
pub fn mutexes(threads: usize, steps: usize, seed: u32) -> u32 {
    const LOCKS: usize = 3;
    struct Model {
        lock: Mutex<u32>,
        queue: RefCell<VecDeque<usize>>,
    }
    let models: Rc<[Model; LOCKS]> =
        Rc::new(std::array::from_fn(|_| Model { lock: Mutex::new(0), queue: RefCell::default() }));
    let theirs = models.clone();
    run(threads, seed, move |index, random| {
        for _ in 0..steps {
            let Model { lock, queue } = &theirs[random.below(LOCKS as u32) as usize];
            if random.below(4) == 0 {
                let is_free = queue.borrow().is_empty();
                let guard = lock.try_lock();
                assert_eq!(guard.is_ok(), is_free);
                let Ok(mut guard) = guard else { continue };
                *guard += 1;
                queue.borrow_mut().push_back(index);
                random.pause();
                assert_eq!(queue.borrow_mut().pop_front(), Some(index));
            } else {
                queue.borrow_mut().push_back(index);
                let mut guard = lock.lock().unwrap();
                assert_eq!(queue.borrow().front(), Some(&index), "in order of arrival");
                let before = *guard;
                random.pause();
                assert_eq!(queue.borrow().front(), Some(&index), "one at a time");
                *guard = before + 1;
                // The guard is dropped before anybody runs.
                queue.borrow_mut().pop_front();
            }
        }
    });
    models.iter().map(|model| *model.lock.lock().unwrap()).sum()
}

/// Readers together, a writer alone, in order of arrival.
#[suspendable(js_name = rwlocks)]
pub fn rwlocks(threads: usize, steps: usize, seed: u32) -> u32 {
    #[derive(Default)]
    struct Model {
        readers: Cell<usize>,
        writers: Cell<usize>,
        /// Those that have not got it, and whether they write.
        queue: RefCell<VecDeque<(usize, bool)>>,
        /// How many have come behind each other since the first of the queue.
        written: Cell<u32>,
    }
    let shared = Rc::new((RwLock::new(0), Model::default()));
    let theirs = shared.clone();
    run(threads, seed, move |index, random| {
        let (lock, model) = &*theirs;
        for _ in 0..steps {
            let writes = random.below(3) == 0;
            model.queue.borrow_mut().push_back((index, writes));
            // A writer is behind all; a reader behind all writers, and beside other readers.
            let got = |is_first: bool| {
                assert!(is_first, "in order of arrival");
                model.queue.borrow_mut().retain(|(other, _)| *other != index);
            };
            if writes {
                let mut guard = lock.write().unwrap();
                let is_first = model.queue.borrow().front() == Some(&(index, true));
                got(is_first);
                assert_eq!((model.readers.get(), model.writers.replace(1)), (0, 0));
                let before = *guard;
                random.pause();
                *guard = before + 1;
                model.written.set(model.written.get() + 1);
                assert_eq!((model.readers.get(), model.writers.replace(0)), (0, 1));
            } else {
                let guard = lock.read().unwrap();
                let is_next = {
                    let queue = model.queue.borrow();
                    let before = queue.iter().take_while(|(other, _)| *other != index);
                    before.filter(|(_, writes)| *writes).count() == 0
                };
                got(is_next);
                assert_eq!(model.writers.get(), 0);
                model.readers.set(model.readers.get() + 1);
                let before = *guard;
                random.pause();
                assert_eq!((*guard, model.writers.get()), (before, 0));
                model.readers.set(model.readers.get() - 1);
            }
        }
    });
    assert_eq!(*shared.0.read().unwrap(), shared.1.written.get());
    shared.1.written.get()
}

/// A buffer of two places between producers and consumers, of a mutex and two conditions.
#[suspendable(js_name = buffers)]
pub fn buffers(threads: usize, steps: usize, seed: u32) -> u32 {
    #[derive(Default)]
    struct Buffer {
        items: Mutex<VecDeque<u32>>,
        not_empty: Condvar,
        not_full: Condvar,
    }
    let shared = Rc::new((Buffer::default(), Cell::new(0u32)));
    let theirs = shared.clone();
    run(2 * threads, seed, move |index, random| {
        let (Buffer { items, not_empty, not_full }, sum) = &*theirs;
        for step in 0..steps {
            let mut guard = items.lock().unwrap();
            if index % 2 == 0 {
                while guard.len() == 2 {
                    guard = match random.below(2) {
                        0 => not_full.wait(guard).unwrap(),
                        _ => not_full.wait_timeout(guard, Duration::from_millis(1)).unwrap().0,
                    };
                }
                guard.push_back((index * steps + step) as u32);
                assert!(guard.len() <= 2);
                not_empty.notify_one();
            } else {
                guard = not_empty.wait_while(guard, |items| items.is_empty()).unwrap();
                sum.set(sum.get() + guard.pop_front().expect("not empty"));
                not_full.notify_one();
            }
            if random.below(2) == 0 {
                drop(guard);
                random.pause();
            }
        }
    });
    assert!(shared.0.items.lock().unwrap().is_empty());
    shared.1.get()
}

/// Channels: each message once, those of a sender in their order, and never too many.
#[suspendable(js_name = channels)]
pub fn channels(threads: usize, steps: usize, seed: u32, bound: Option<usize>) -> u32 {
    let sent = Rc::new(Cell::new(0usize));
    let received = Rc::new(Cell::new(0usize));
    enum Half {
        Free(suspendable::sync::mpsc::Sender<(usize, usize)>),
        Bound(suspendable::sync::mpsc::SyncSender<(usize, usize)>),
    }
    let (half, receiver) = match bound {
        None => {
            let (sender, receiver) = channel();
            (Half::Free(sender), receiver)
        }
        Some(bound) => {
            let (sender, receiver) = sync_channel(bound);
            (Half::Bound(sender), receiver)
        }
    };
    let half = Rc::new(RefCell::new(Some(half)));
    let receiver_thread = {
        let (sent, received) = (sent.clone(), received.clone());
        thread::spawn(move || {
            let mut random = Random::new(seed, threads);
            let mut next = vec![0; threads];
            loop {
                let message = match random.below(3) {
                    0 => receiver.recv_timeout(Duration::from_millis(1)),
                    1 => receiver.try_recv().map_err(|_| RecvTimeoutError::Timeout),
                    _ => receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
                };
                match message {
                    Ok((sender, number)) => {
                        assert_eq!(number, next[sender], "in the order of its sender");
                        next[sender] += 1;
                        received.set(received.get() + 1);
                    }
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => break,
                }
                if let Some(bound) = bound {
                    // One more: it is received, and its sender has yet to say that it is sent.
                    assert!(sent.get() <= received.get() + bound, "not too many");
                }
                random.pause();
            }
            assert_eq!(next, vec![steps; threads]);
        })
    };
    let done = Rc::new(Cell::new(0));
    run(threads, seed, {
        let (sent, half, done) = (sent.clone(), half.clone(), done.clone());
        move |index, random| {
            let own = match half.borrow().as_ref().expect("not all are done") {
                Half::Free(sender) => Half::Free(sender.clone()),
                Half::Bound(sender) => Half::Bound(sender.clone()),
            };
            for number in 0..steps {
                match &own {
                    Half::Free(sender) => sender.send((index, number)).unwrap(),
                    Half::Bound(sender) if random.below(3) == 0 => {
                        let mut message = (index, number);
                        while let Err(error) = sender.try_send(message) {
                            let TrySendError::Full(back) = error else { panic!("{error}") };
                            message = back;
                            thread::yield_now();
                        }
                    }
                    Half::Bound(sender) => sender.send((index, number)).unwrap(),
                }
                sent.set(sent.get() + 1);
                random.pause();
            }
            done.set(done.get() + 1);
            if done.get() == threads {
                half.take();
            }
        }
    });
    receiver_thread.join().expect("the receiver");
    received.get() as u32
}

/// Barriers, parking, and what is done once.
#[suspendable(js_name = meetings)]
pub fn meetings(threads: usize, steps: usize, seed: u32) -> u32 {
    let shared = Rc::new((Barrier::new(threads), Cell::new(0usize), Cell::new(0u32)));
    let onces: Rc<Vec<Once>> = Rc::new((0..steps).map(|_| Once::new()).collect());
    let values: Rc<Vec<OnceLock<usize>>> = Rc::new((0..steps).map(|_| OnceLock::new()).collect());
    let leaders = shared.clone();
    run(threads, seed, move |index, random| {
        let (barrier, come, leaders) = &*shared;
        for step in 0..steps {
            random.pause();
            come.set(come.get() + 1);
            if barrier.wait().is_leader() {
                leaders.set(leaders.get() + 1);
            }
            assert!(come.get() >= (step + 1) * threads, "all have come");
            let mut made = false;
            onces[step].call_once(|| {
                random.pause();
                made = true;
            });
            assert!(onces[step].is_completed());
            let value = *values[step].get_or_init(|| {
                random.pause();
                index
            });
            assert_eq!(values[step].get(), Some(&value));
            // To another, and back.
            let me = thread::current();
            let answered = Rc::new(Cell::new(false));
            let child = thread::spawn({
                let answered = answered.clone();
                move || {
                    thread::park();
                    answered.set(true);
                    me.unpark();
                }
            });
            random.pause();
            child.thread().unpark();
            while !answered.get() {
                if random.below(2) == 0 {
                    thread::park();
                } else {
                    thread::park_timeout(Duration::from_millis(1));
                }
            }
            child.join().unwrap();
        }
    });
    leaders.2.get()
}

/// Threads that fail at random while they hold locks: nobody waits for ever, and whoever comes later is told.
#[suspendable(js_name = failures)]
pub fn failures(threads: usize, seed: u32) -> u32 {
    const LOCKS: usize = 16;
    #[derive(Default)]
    struct One {
        mutex: Mutex<u32>,
        lock: RwLock<u32>,
        is_lost: Cell<bool>,
        is_read: Cell<bool>,
    }
    let shared: Rc<[One; LOCKS]> = Rc::default();
    let expected = Rc::new(Cell::new(0));
    let children: Vec<_> = (0..threads)
        .map(|index| {
            let (shared, expected) = (shared.clone(), expected.clone());
            thread::spawn(move || {
                let random = &mut Random::new(seed, index);
                let fails = |random: &mut Random, what: &Cell<bool>| {
                    random.pause();
                    if random.below(8) == 0 {
                        expected.set(expected.get() + 1);
                        what.set(true);
                        if random.below(2) == 0 {
                            core::arch::wasm32::unreachable();
                        }
                        panic!("as the schedule says");
                    }
                };
                for _ in 0..4 {
                    let one = &shared[random.below(LOCKS as u32) as usize];
                    let guard = one.mutex.lock();
                    assert_eq!(guard.is_err(), one.is_lost.get());
                    if guard.is_ok() {
                        fails(random, &one.is_lost);
                    }
                    drop(guard);
                    let reads = one.lock.read().unwrap();
                    fails(random, &one.is_read);
                    drop(reads);
                    if random.below(3) == 0 {
                        let writes = one.lock.write();
                        assert_eq!(writes.is_err(), one.is_read.get());
                    }
                }
            })
        })
        .collect();
    let failed = children.into_iter().filter_map(|child| child.join().err()).count() as u32;
    assert_eq!(failed, expected.get());
    for one in &*shared {
        assert_eq!(one.mutex.is_poisoned(), one.is_lost.get());
        assert_eq!(one.lock.try_write().is_err(), one.is_read.get());
        assert!(!one.lock.is_poisoned() && one.lock.try_read().is_ok(), "nobody wrote");
    }
    failed
}
