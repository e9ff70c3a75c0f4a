//! `std::thread`.

use suspendable::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use suspendable::sync::mpsc::channel;
use suspendable::sync::{Arc, Mutex};
use suspendable::thread;
use suspendable::time::{Duration, Instant};

pub fn spawn_channel() {
    let (tx, rx) = channel();
    let sender = thread::spawn(move || {
        tx.send("Hello, thread".to_owned()).expect("Unable to send on channel");
    });
    let receiver = thread::spawn(move || {
        let value = rx.recv().expect("Unable to receive from channel");
        assert_eq!(value, "Hello, thread");
    });
    sender.join().expect("The sender thread has panicked");
    receiver.join().expect("The receiver thread has panicked");
}

pub fn spawn_join() {
    let computation = thread::spawn(|| (1..=100).sum::<u32>());
    assert_eq!(computation.join().unwrap(), 5050);
}

pub fn spawn_panics() {
    let result = thread::spawn(|| panic!("oops!")).join();
    assert!(result.is_err());
    assert_eq!(thread::spawn(|| 1).join().unwrap(), 1, "and nobody else is harmed");
}

pub fn builder() {
    let builder = thread::Builder::new().name("foo".into()).stack_size(32 * 1024);
    let handler = builder.spawn(|| {
        assert_eq!(thread::current().name(), Some("foo"));
        thread::current().id()
    });
    let handler = handler.unwrap();
    assert_eq!(handler.thread().name(), Some("foo"));
    let id = handler.thread().id();
    assert_eq!(handler.join().unwrap(), id);
    let unnamed = thread::Builder::new().spawn(|| thread::current().name().is_none()).unwrap();
    assert!(unnamed.join().unwrap());
}

pub fn current_ids() {
    let other = thread::spawn(|| thread::current().id()).join().unwrap();
    assert!(thread::current().id() != other);
    assert_eq!(thread::current().id(), thread::current().id());
    let shown = format!(
        "{:?}",
        thread::Builder::new().name("shown".into()).spawn(thread::current).unwrap().join().unwrap()
    );
    assert!(
        shown.starts_with("Thread { id: ThreadId(")
            && shown.ends_with("name: Some(\"shown\"), .. }"),
        "{shown}"
    );
}

pub fn scope() {
    let mut a = vec![1, 2, 3];
    let mut x = 0;
    thread::scope(|s| {
        s.spawn(|| assert_eq!(a, [1, 2, 3]));
        s.spawn(|| x += a[0] + a[2]);
    });
    a.push(4);
    assert_eq!(x, a.len());
}

pub fn scope_returns() {
    let numbers: Vec<u64> = (0..1000).collect();
    let sum = thread::scope(|s| {
        let parts: Vec<_> = numbers
            .chunks(100)
            .map(|part| {
                s.spawn(move || {
                    thread::yield_now();
                    part.iter().sum::<u64>()
                })
            })
            .collect();
        parts.into_iter().map(|part| part.join().unwrap()).sum::<u64>()
    });
    assert_eq!(sum, 499_500);
}

pub fn scope_nested() {
    let count = AtomicUsize::new(0);
    thread::scope(|s| {
        for _ in 0..3 {
            s.spawn(|| {
                count.fetch_add(1, Ordering::Relaxed);
                s.spawn(|| {
                    thread::sleep(Duration::from_millis(1));
                    count.fetch_add(10, Ordering::Relaxed)
                });
            });
        }
    });
    assert_eq!(count.into_inner(), 33);
}

pub fn scope_panics() {
    let outcome = thread::spawn(|| {
        let done = AtomicBool::new(false);
        thread::scope(|s| {
            s.spawn(|| panic!("in the scope"));
            s.spawn(|| {
                thread::sleep(Duration::from_millis(3));
                done.store(true, Ordering::Relaxed);
            });
        });
    });
    let payload = outcome.join().unwrap_err();
    assert!(payload.downcast_ref::<&str>().unwrap().starts_with("a scoped thread panicked"));
}

/// Where panics unwind, the scope returns.
pub fn scope_joined_panic() {
    let outcome = thread::spawn(|| {
        let mut numbers = vec![1];
        let failed = thread::scope(|s| {
            let failed = s.spawn(|| -> u32 {
                numbers.push(2);
                panic!("joined")
            });
            let other = s.spawn(|| 5);
            assert_eq!(other.join().unwrap(), 5);
            failed.join().is_err()
        });
        (failed, numbers)
    });
    let returned = (!cfg!(target_arch = "wasm32")).then(|| (true, vec![1, 2]));
    assert_eq!(outcome.join().ok(), returned);
}

pub fn scope_named() {
    thread::scope(|s| {
        let named = thread::Builder::new().name("scoped".into());
        let child = named.spawn_scoped(s, || thread::current().name().map(str::to_owned)).unwrap();
        assert_eq!(child.thread().name(), Some("scoped"));
        assert_eq!(child.join().unwrap().as_deref(), Some("scoped"));
        assert!(
            format!("{s:?}")
                .starts_with("Scope { num_running_threads: 0, a_thread_panicked: false,")
        );
    });
}

pub fn sleep() {
    for milliseconds in [0, 1, 15] {
        let began = Instant::now();
        thread::sleep(Duration::from_millis(milliseconds));
        assert!(began.elapsed() >= Duration::from_millis(milliseconds));
    }
    // Timers of different lengths end in their order.
    let woken = Arc::new(Mutex::new(Vec::new()));
    let sleepers: Vec<_> = [60, 0, 30]
        .map(|time| {
            let woken = woken.clone();
            thread::spawn(move || {
                thread::sleep(Duration::from_millis(time));
                woken.lock().unwrap().push(time);
            })
        })
        .into();
    sleepers.into_iter().for_each(|sleeper| sleeper.join().unwrap());
    assert_eq!(*woken.lock().unwrap(), [0, 30, 60]);
}

pub fn yields() {
    let flag = Arc::new(AtomicBool::new(false));
    let theirs = flag.clone();
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(2));
        theirs.store(true, Ordering::Release);
    });
    while !flag.load(Ordering::Acquire) {
        thread::yield_now();
    }
}

pub fn parks() {
    let flag = Arc::new(AtomicBool::new(false));
    let theirs = flag.clone();
    let parked = thread::spawn(move || {
        while !theirs.load(Ordering::Acquire) {
            thread::park();
        }
        "unparked"
    });
    thread::sleep(Duration::from_millis(2));
    flag.store(true, Ordering::Release);
    parked.thread().unpark();
    assert_eq!(parked.join().unwrap(), "unparked");
}

pub fn park_timeouts() {
    let timeout = Duration::from_millis(10);
    let began = Instant::now();
    while began.elapsed() < timeout {
        thread::park_timeout(timeout - began.elapsed());
    }
    let main = thread::current();
    thread::spawn(move || main.unpark());
    let began = Instant::now();
    thread::park_timeout(Duration::from_secs(60));
    assert!(began.elapsed() < Duration::from_secs(30));
    thread::park_timeout(Duration::ZERO);
}

pub fn unpark_first() {
    thread::current().unpark();
    thread::current().unpark();
    thread::park();
    let began = Instant::now();
    thread::park_timeout(Duration::from_millis(5));
    assert!(began.elapsed() >= Duration::from_millis(5), "two tokens are one");
}

pub fn finished() {
    let flag = Arc::new(AtomicBool::new(false));
    let theirs = flag.clone();
    let child = thread::spawn(move || {
        while !theirs.load(Ordering::Acquire) {
            thread::yield_now();
        }
    });
    assert!(!child.is_finished());
    flag.store(true, Ordering::Release);
    while !child.is_finished() {
        thread::yield_now();
    }
    child.join().unwrap();
}

pub fn payloads() {
    let literal = thread::spawn(|| panic!("a literal")).join().unwrap_err();
    assert_eq!(literal.downcast_ref(), Some(&"a literal"));
    let number = thread::current().id();
    let text = thread::spawn(move || panic!("by {number:?}")).join().unwrap_err();
    assert_eq!(text.downcast_ref(), Some(&format!("by {number:?}")));
    let unwrapped = thread::spawn(|| "x".parse::<i32>().unwrap()).join().unwrap_err();
    assert!(unwrapped.downcast_ref::<String>().unwrap().contains("ParseIntError"));
    assert!(!thread::panicking());
}

pub fn parallelism() {
    assert!(thread::available_parallelism().unwrap().get() >= 1);
}

pub fn shared_by_reference() {
    // References to one local, written by one child and read by the others.
    let mut text = String::new();
    thread::scope(|s| {
        s.spawn(|| {
            thread::yield_now();
            text.push_str("written by a child");
        });
    });
    let length = thread::scope(|s| {
        let readers: Vec<_> = (0..4).map(|_| s.spawn(|| text.len())).collect();
        readers.into_iter().map(|reader| reader.join().unwrap()).sum::<usize>()
    });
    assert_eq!(length, 4 * 18);
}
