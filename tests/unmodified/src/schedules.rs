//! Random programs of std's locks, channels and threads, some of which panic, against a model.

use crate::cancelled::Numbers;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, TryLockError, mpsc};
use std::thread;
use suspendable::suspendable;

const LOCKS: usize = 3;
/// The last message of a thread.
const END: u32 = 0;

/// What there is, and beside each lock what has to be in it.
#[derive(Default)]
struct World {
    locks: [Mutex<u32>; LOCKS],
    counts: [AtomicU32; LOCKS],
    panics: [AtomicU32; LOCKS],
}

/// Runs one of them, and returns how many threads have panicked.
#[suspendable]
pub fn random(seed: u32) -> u32 {
    let mut numbers = Numbers(seed.into());
    let world = Arc::new(World::default());
    let (sender, receiver) = match numbers.below(3) {
        0 => {
            let (sender, receiver) = mpsc::channel();
            (Sends::Any(sender), receiver)
        }
        bound => {
            let (sender, receiver) = mpsc::sync_channel(bound as usize - 1);
            (Sends::Bound(sender), receiver)
        }
    };
    let threads: Vec<_> = (0..2 + numbers.below(6))
        .map(|index| {
            let (world, sender) = (world.clone(), sender.clone());
            let numbers = Numbers(u64::from(seed) << 8 | u64::from(index));
            thread::spawn(move || lives(&world, &sender, numbers))
        })
        .collect();
    let mut running = threads.len();
    let mut received = 0;
    // One that panics does not drop its sender, and says that it ends.
    while running > 0 {
        match receiver.recv().unwrap() {
            END => running -= 1,
            number => received += number,
        }
    }
    let ended: Vec<_> = threads.into_iter().map(|thread| thread.join()).collect();
    let counted: u32 = world.counts.iter().map(|count| count.load(Relaxed)).sum();
    assert_eq!(received, counted, "each addition is a message");
    for index in 0..LOCKS {
        let lock = &world.locks[index];
        let panics = world.panics[index].load(Relaxed);
        assert_eq!(lock.is_poisoned(), panics > 0, "{panics} have panicked with it");
        if let Ok(value) = lock.lock() {
            assert_eq!(*value, world.counts[index].load(Relaxed), "of lock {index}");
        }
    }
    let failed = ended.iter().filter(|end| end.is_err()).count() as u32;
    let panics: u32 = world.panics.iter().map(|count| count.load(Relaxed)).sum();
    assert_eq!(failed, panics);
    failed
}

#[derive(Clone)]
enum Sends {
    Any(mpsc::Sender<u32>),
    Bound(mpsc::SyncSender<u32>),
}

impl Sends {
    fn send(&self, number: u32) {
        match self {
            Sends::Any(sender) => sender.send(number).unwrap(),
            Sends::Bound(sender) => sender.send(number).unwrap(),
        }
    }
}

/// What one thread does: adds to what is locked, and may panic before it unlocks.
fn lives(world: &World, sender: &Sends, mut numbers: Numbers) {
    for _ in 0..1 + numbers.below(12) {
        let index = numbers.below(LOCKS as u32) as usize;
        let lock = &world.locks[index];
        let by_trying = numbers.below(4) == 0;
        let guard =
            if by_trying { lock.try_lock() } else { lock.lock().map_err(TryLockError::from) };
        let has_panicked = world.panics[index].load(Relaxed) > 0;
        match guard {
            Ok(_) => assert!(!has_panicked),
            Err(TryLockError::Poisoned(_)) => assert!(has_panicked),
            // It may have, and nobody has heard of it yet.
            Err(TryLockError::WouldBlock) => assert!(by_trying),
        }
        let Ok(mut guard) = guard else {
            thread::yield_now();
            continue;
        };
        let before = *guard;
        sender.send(1);
        if numbers.below(2) == 0 {
            thread::yield_now();
        }
        *guard = before + 1;
        world.counts[index].fetch_add(1, Relaxed);
        if numbers.below(16) == 0 {
            sender.send(END);
            world.panics[index].fetch_add(1, Relaxed);
            panic!("with lock {index}");
        }
    }
    sender.send(END);
}
