//! Channels, time-outs, parking, sleeping: threads that wait for others, or for a time.

use std::fs::File;
use std::hint::black_box;
use std::io::{self, BufRead, Read};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

pub fn channel() {
    let (sender, receiver) = mpsc::sync_channel(2);
    for producer in 0..4u64 {
        let sender = sender.clone();
        thread::spawn(move || {
            (0..250).for_each(|number| sender.send(producer * 1000 + number).unwrap())
        });
    }
    drop(sender);
    let mut last = [None; 4];
    let mut sum = 0;
    for number in receiver {
        let (producer, number) = ((number / 1000) as usize, number % 1000);
        assert!(last[producer].is_none_or(|last| last + 1 == number));
        last[producer] = Some(number);
        sum += number;
    }
    let (there, echo) = mpsc::channel::<u32>();
    let (back, answers) = mpsc::channel();
    let echoing =
        thread::spawn(move || echo.iter().for_each(|number| back.send(number + 1).unwrap()));
    let mut number = 0;
    for _ in 0..100 {
        there.send(number).unwrap();
        number = answers.recv().unwrap();
    }
    drop(there);
    echoing.join().unwrap();
    println!("{sum}, {number}, {:?}", answers.recv());
}

/// The order in which threads run: by arrival, or by the seed.
pub fn order() {
    let seen = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for number in 0..8 {
            let seen = &seen;
            scope.spawn(move || {
                for round in 0..3 {
                    seen.lock().unwrap().push(number * 10 + round);
                    thread::yield_now();
                }
            });
        }
    });
    println!("{:?}", seen.into_inner().unwrap());
}

/// What is lost if others run between reading and writing.
pub fn race(rounds: usize) {
    let count = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..rounds {
                    let before = count.load(SeqCst);
                    if before.is_multiple_of(3) {
                        thread::yield_now();
                    }
                    count.store(before + 1, SeqCst);
                }
            });
        }
    });
    println!("{}", count.load(SeqCst));
}

pub fn timeouts() {
    let (sender, receiver) = mpsc::channel::<u32>();
    let wait = Duration::from_millis(20);
    let began = Instant::now();
    assert_eq!(receiver.recv_timeout(wait), Err(RecvTimeoutError::Timeout));
    assert!(began.elapsed() >= wait);
    assert_eq!(receiver.recv_timeout(Duration::ZERO), Err(RecvTimeoutError::Timeout));
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(5));
        sender.send(1).unwrap();
    });
    assert_eq!(receiver.recv_timeout(Duration::from_secs(60)), Ok(1));
    assert_eq!(receiver.recv_timeout(Duration::from_secs(60)), Err(RecvTimeoutError::Disconnected));

    let pair = (Mutex::new(()), Condvar::new());
    let (_guard, result) = pair.1.wait_timeout(pair.0.lock().unwrap(), wait).unwrap();
    println!("timed out: {}", result.timed_out());
}

/// Time-outs that come at the same time as what was waited for: each is one or the other, and none is lost.
pub fn wakes(rounds: usize) {
    let (mut received, mut late) = (0, 0);
    for round in 0..rounds {
        let (sender, receiver) = mpsc::channel();
        let sending = thread::spawn(move || {
            thread::sleep(Duration::from_micros(500 + 100 * (round as u64 % 20)));
            sender.send(round)
        });
        match receiver.recv_timeout(Duration::from_micros(1500)) {
            Ok(number) => {
                assert_eq!(number, round);
                received += 1;
            }
            Err(RecvTimeoutError::Timeout) => {
                late += 1;
                assert_eq!(receiver.recv(), Ok(round));
            }
            Err(RecvTimeoutError::Disconnected) => panic!("nobody has sent anything"),
        }
        assert_eq!(sending.join().unwrap(), Ok(()));
    }
    println!("{}", received + late);
}

pub fn park() {
    let woken = Arc::new(AtomicUsize::new(0));
    let parked = {
        let woken = Arc::clone(&woken);
        thread::spawn(move || {
            while woken.load(SeqCst) < 3 {
                thread::park();
            }
            thread::park_timeout(Duration::from_millis(5));
            woken.load(SeqCst)
        })
    };
    for _ in 0..3 {
        woken.fetch_add(1, SeqCst);
        parked.thread().unpark();
        thread::yield_now();
    }
    println!("{}", parked.join().unwrap());
    // A token that was there before.
    thread::current().unpark();
    thread::park();
}

/// The shortest sleep ends first, and all sleep at once.
pub fn sleep() {
    let (sender, receiver) = mpsc::channel();
    let began = Instant::now();
    for number in [40, 10, 30, 20] {
        let sender = sender.clone();
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(number * 5));
            sender.send(number).unwrap();
        });
    }
    drop(sender);
    let order: Vec<u64> = receiver.iter().collect();
    let together = began.elapsed() < Duration::from_millis(450);
    println!("{order:?}, at once: {together}");
}

/// A thread that spins until others have done something, one of them after a time.
pub fn yields() {
    let count = Arc::new(AtomicUsize::new(0));
    for delay in [0, 10] {
        let count = Arc::clone(&count);
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(delay));
            count.fetch_add(1, SeqCst);
        });
    }
    while count.load(SeqCst) < 2 {
        thread::yield_now();
    }
    println!("done");
}

/// All read from one descriptor, in small pieces.
pub fn file(path: &str) {
    let file = File::open(path).unwrap();
    let read = Mutex::new((0, [0u64; 256]));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut piece = [0; 100];
                loop {
                    let length = (&file).read(&mut piece).unwrap();
                    if length == 0 {
                        break;
                    }
                    let mut read = read.lock().unwrap();
                    read.0 += length;
                    piece[..length].iter().for_each(|byte| read.1[*byte as usize] += 1);
                }
            });
        }
    });
    let (length, counts) = read.into_inner().unwrap();
    let whole = std::fs::read(path).unwrap();
    let mut expected = [0; 256];
    whole.iter().for_each(|byte| expected[*byte as usize] += 1);
    assert_eq!(counts, expected);
    let sum: u64 =
        String::from_utf8(whole).unwrap().lines().map(|line| line.parse::<u64>().unwrap()).sum();
    println!("{length} bytes, {sum}");
}

/// Threads that compute, and look now and then whether others want to.
pub fn forever() {
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                loop {
                    black_box((0..10_000u32).map(black_box).sum::<u32>());
                    thread::yield_now();
                }
            });
        }
    });
}

/// While one waits for its input, others run.
pub fn input() {
    let (sender, receiver) = mpsc::channel();
    let reading = thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            sender.send(line.unwrap()).unwrap();
        }
    });
    let mut ticks = 0;
    let first = loop {
        match receiver.recv_timeout(Duration::from_millis(1)) {
            Ok(line) => break line,
            Err(_) => ticks += 1,
        }
    };
    println!("{first}, ticked: {}", ticks > 0);
    for line in receiver {
        println!("{line}");
    }
    reading.join().unwrap();
}
