//! Threads that begin, have stacks and locals of their own, and are joined.

use std::cell::Cell;
use std::hint::black_box;
use std::sync::{Arc, Barrier};
use std::thread;

pub fn spawn() {
    let handles: Vec<_> = (0..10u64).map(|number| thread::spawn(move || number * number)).collect();
    let squares: Vec<u64> = handles.into_iter().map(|handle| handle.join().unwrap()).collect();
    println!("{squares:?}");
}

thread_local! {
    static OWN: Cell<usize> = const { Cell::new(7) };
    static DROPPED: Noisy = const { Noisy(Cell::new(0)) };
}

/// Tells what it holds when its thread ends.
struct Noisy(Cell<usize>);

impl Drop for Noisy {
    fn drop(&mut self) {
        println!("dropped {}", self.0.get());
    }
}

/// Each thread has its own, also while others run.
pub fn locals() {
    let barrier = Arc::new(Barrier::new(5));
    let handles: Vec<_> = (0..5)
        .map(|number| {
            let barrier = Arc::clone(&barrier);
            thread::spawn(move || {
                let before = OWN.get();
                OWN.set(number);
                barrier.wait();
                (before, OWN.get())
            })
        })
        .collect();
    for handle in handles {
        println!("{:?}", handle.join().unwrap());
    }
    println!("{}", OWN.get());
    thread::spawn(|| DROPPED.with(|noisy| noisy.0.set(3))).join().unwrap();
}

/// Threads that work with locals of the thread that made them, and so on downwards.
pub fn scope(depth: u32, numbers: &mut [u64]) -> u64 {
    if depth == 0 {
        return 1;
    }
    let mut own = [0; 4];
    let below = thread::scope(|scope| {
        let deeper = scope.spawn(|| scope_below(depth, &mut own));
        for (index, number) in numbers.iter_mut().enumerate() {
            scope.spawn(move || {
                thread::yield_now();
                *number += (index as u64 + 1) * u64::from(depth);
            });
        }
        deeper.join().unwrap()
    });
    below + numbers.iter().sum::<u64>() + own.iter().sum::<u64>()
}

fn scope_below(depth: u32, own: &mut [u64]) -> u64 {
    scope(depth - 1, own)
}

pub fn builder() {
    let builder = thread::Builder::new().name("a name".to_owned()).stack_size(100_000);
    let name =
        builder.spawn(|| thread::current().name().map(str::to_owned)).unwrap().join().unwrap();
    println!("{name:?}, main is {:?}", thread::current().name());
}

/// All of them are there at once.
pub fn barrier(count: usize) {
    let barrier = Arc::new(Barrier::new(count + 1));
    let handles: Vec<_> = (0..count)
        .map(|number| {
            let barrier = Arc::clone(&barrier);
            thread::spawn(move || {
                let leads = barrier.wait().is_leader();
                (number, leads)
            })
        })
        .collect();
    let mut leaders = usize::from(barrier.wait().is_leader());
    let mut sum = 0;
    for handle in handles {
        let (number, leads) = handle.join().unwrap();
        sum += number;
        leaders += usize::from(leads);
    }
    println!("{sum}, {leaders} leads");
}

/// For which there is no memory.
pub fn too_many() {
    let mut parked = Vec::new();
    let error = loop {
        match thread::Builder::new().stack_size(64 << 20).spawn(thread::park) {
            Ok(thread) => parked.push(thread),
            Err(error) => break error,
        }
    };
    let some = parked.len() > 3;
    for thread in parked {
        thread.thread().unpark();
        thread.join().unwrap();
    }
    println!("{:?} behind some: {some}", error.kind());
}

/// Takes some 200 bytes a level.
#[inline(never)]
pub fn deep(levels: u32) -> u32 {
    let frame = black_box([levels; 32]);
    if levels == 0 { frame[0] } else { deep(levels - 1) + black_box(frame)[31].min(1) }
}

/// Below the stacks of threads lies the heap: it holds what it held.
pub fn overflow() {
    let kept: Vec<Vec<u8>> = (0..64).map(|number| vec![number; 10_000]).collect();
    let full = thread::spawn(|| deep(u32::MAX));
    println!("{:?}, {}", full.join(), kept.len());
}

pub fn large() {
    let enough = thread::Builder::new().stack_size(8 << 20).spawn(|| deep(3000)).unwrap();
    println!("{}", enough.join().unwrap());
}

/// One frame that is larger than the stack.
pub fn large_frame() {
    let large = thread::spawn(|| {
        let mut frame = [1u8; 1 << 20];
        black_box(&mut frame)[0] = 2;
        frame.iter().map(|byte| u32::from(*byte)).sum::<u32>()
    });
    println!("{:?}", large.join());
}
