//! std itself: threads, locks, channels, clocks, thread-locals, and what goes wrong.

use js_sys::Promise;
use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{
    Arc, Barrier, Condvar, LazyLock, Mutex, MutexGuard, Once, OnceLock, PoisonError, RwLock,
    TryLockError, mpsc,
};
use std::thread;
use std::time::{Duration, Instant, SystemTime};
use suspendable::suspendable;

pub(crate) fn milliseconds(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// Runs a few threads, and what they return, in order.
fn threads<T: Send + 'static>(
    count: usize,
    body: impl Fn(usize) -> T + Send + Sync + 'static,
) -> Vec<T> {
    let body = Arc::new(body);
    let spawned = (0..count).map(|index| {
        let body = body.clone();
        thread::spawn(move || body(index))
    });
    let spawned: Vec<_> = spawned.collect();
    spawned.into_iter().map(|thread| thread.join().unwrap()).collect()
}

#[suspendable]
pub fn spawn() -> String {
    let squares = threads(8, |index| {
        thread::sleep(milliseconds(8 - index as u64));
        index * index
    });
    let named = thread::Builder::new().name("a name".into());
    let named = named.spawn(|| thread::current().name().map(str::to_owned)).unwrap().join();
    format!("{squares:?} {:?} {}", named.unwrap(), thread::available_parallelism().unwrap())
}

/// A number that no other instance has.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hash_of_nothing() -> u64 {
    std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), ())
}

#[suspendable]
pub fn scope() -> String {
    let mut numbers = vec![3, 1, 2];
    let mut sum = 0;
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(milliseconds(2));
            numbers.sort();
        });
        scope.spawn(|| {
            thread::yield_now();
            sum += 41;
        });
        let inner = scope.spawn(|| thread::scope(|scope| scope.spawn(|| 1).join().unwrap()));
        assert_eq!(inner.join().unwrap(), 1);
    });
    format!("{numbers:?} {}", sum + 1)
}

#[suspendable]
pub fn locks() -> String {
    let mutex = Arc::new(Mutex::new(0));
    let own = mutex.clone();
    threads(20, move |_| {
        let mut count = own.lock().unwrap();
        let before = *count;
        thread::yield_now();
        *count = before + 1;
    });
    let lock = Arc::new(RwLock::new(0));
    let (own, readers) = (lock.clone(), Arc::new(AtomicUsize::new(0)));
    let most = threads(12, move |index| {
        if index % 4 == 0 {
            let mut value = own.write().unwrap();
            let before = *value;
            thread::yield_now();
            *value = before + 1;
            return 0;
        }
        let _value = own.read().unwrap();
        readers.fetch_add(1, Ordering::Relaxed);
        thread::sleep(milliseconds(1));
        readers.fetch_sub(1, Ordering::Relaxed) + 1 - 1
    });
    let shared = most.iter().max().unwrap() > &1;
    format!("{} {} {shared}", mutex.lock().unwrap(), lock.read().unwrap())
}

#[suspendable]
pub fn once() -> String {
    static ONCE: Once = Once::new();
    static CELL: OnceLock<usize> = OnceLock::new();
    static LAZY: LazyLock<usize> = LazyLock::new(|| {
        thread::sleep(milliseconds(2));
        CALLS.fetch_add(1, Ordering::Relaxed)
    });
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let seen = threads(5, |index| {
        ONCE.call_once(|| thread::sleep(milliseconds(1)));
        let cell = *CELL.get_or_init(|| {
            thread::yield_now();
            index
        });
        (ONCE.is_completed(), cell, *LAZY)
    });
    let same = seen.windows(2).all(|pair| pair[0] == pair[1]);
    format!("{same} {} {}", seen[0].0, CALLS.load(Ordering::Relaxed))
}

#[suspendable]
pub fn channels() -> String {
    let (sender, receiver) = mpsc::sync_channel(2);
    let senders: Vec<_> = (0..3)
        .map(|index| {
            let sender = sender.clone();
            thread::spawn(move || {
                (0..10).for_each(|round| sender.send(10 * index + round).unwrap())
            })
        })
        .collect();
    drop(sender);
    let sum: usize = receiver.iter().sum();
    senders.into_iter().for_each(|thread| thread.join().unwrap());
    let (sender, receiver) = mpsc::channel::<()>();
    let began = Instant::now();
    let late = receiver.recv_timeout(milliseconds(5));
    let waited = began.elapsed() >= milliseconds(5);
    drop(sender);
    format!("{sum} {late:?} {waited} {:?}", receiver.recv())
}

static CHANNEL: LazyLock<(mpsc::SyncSender<u32>, Mutex<mpsc::Receiver<u32>>)> =
    LazyLock::new(|| {
        let (sender, receiver) = mpsc::sync_channel(0);
        (sender, Mutex::new(receiver))
    });

#[suspendable]
pub fn receives(count: usize) -> u32 {
    CHANNEL.1.lock().unwrap().iter().take(count).sum()
}

#[suspendable]
pub fn sends(number: u32) {
    CHANNEL.0.send(number).unwrap();
}

#[suspendable]
pub fn condvars() -> String {
    let pair = Arc::new((Mutex::new(0), Condvar::new()));
    let own = pair.clone();
    let worker = thread::spawn(move || {
        for count in 1..=3 {
            thread::sleep(milliseconds(1));
            *own.0.lock().unwrap() = count;
            own.1.notify_all();
        }
    });
    let guard = pair.1.wait_while(pair.0.lock().unwrap(), |count| *count < 3).unwrap();
    let (guard, timeout) = pair.1.wait_timeout(guard, milliseconds(2)).unwrap();
    let seen = format!("{} {}", *guard, timeout.timed_out());
    drop(guard);
    worker.join().unwrap();
    let barrier = Arc::new(Barrier::new(4));
    let leaders = threads(4, move |_| barrier.wait().is_leader());
    format!("{seen} {}", leaders.into_iter().filter(|is| *is).count())
}

#[suspendable]
pub fn parks() -> String {
    let main = thread::current();
    let thread = thread::spawn(move || {
        thread::park();
        main.unpark();
        thread::current().id()
    });
    thread.thread().unpark();
    thread::park();
    let is_other = thread.join().unwrap() != thread::current().id();
    let began = Instant::now();
    thread::park_timeout(milliseconds(3));
    format!("{is_other} {}", began.elapsed() >= milliseconds(3))
}

/// Two calls at once are two threads to std, in what it keeps of them.
#[suspendable]
pub fn parks_until(milliseconds: u32) -> bool {
    let me = thread::current();
    let other = me.clone();
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(milliseconds.into()));
        other.unpark();
    });
    thread::park();
    thread::current().id() == me.id()
}

#[suspendable]
pub fn clocks() -> String {
    let (instant, time) = (Instant::now(), SystemTime::now());
    thread::sleep(milliseconds(10));
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64() * 1000.0;
    let is_now = (js_sys::Date::now() - since).abs() < 5_000.0;
    let passed = instant.elapsed();
    format!("{} {is_now}", passed >= milliseconds(10) && passed < milliseconds(5_000))
}

thread_local! {
    static COUNT: Cell<u32> = const { Cell::new(0) };
    static DROPPED: RefCell<Option<Dropped>> = const { RefCell::new(None) };
}

struct Dropped(mpsc::Sender<&'static str>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.send("dropped").unwrap();
    }
}

/// Threads have their own, and calls share one.
#[suspendable]
pub fn locals() -> String {
    COUNT.set(COUNT.get() + 1);
    let theirs = threads(3, |index| {
        COUNT.set(COUNT.get() + index as u32);
        thread::yield_now();
        COUNT.get()
    });
    let (sender, receiver) = mpsc::channel();
    let thread = thread::spawn(move || DROPPED.set(Some(Dropped(sender))));
    thread.join().unwrap();
    format!("{} {theirs:?} {}", COUNT.get(), receiver.recv().unwrap())
}

/// What a callback sees that a thread calls, and the thread behind it.
#[suspendable]
pub fn locals_in_callback(callback: js_sys::Function) -> String {
    let callback = Sent(callback);
    thread::scope(|scope| {
        let thread = scope.spawn(|| {
            COUNT.set(1000);
            let callback = &callback;
            let seen = callback.0.call0(&wasm_bindgen::JsValue::NULL).unwrap();
            format!("{} {}", seen.as_f64().unwrap(), COUNT.get())
        });
        thread.join().unwrap()
    })
}

struct Sent(js_sys::Function);
// SAFETY: all threads are one of the machine's.
unsafe impl Sync for Sent {}

#[wasm_bindgen::prelude::wasm_bindgen]
pub fn count() -> u32 {
    COUNT.get()
}

/// Each line comes back louder.
#[suspendable]
pub fn streams() -> String {
    use std::io::{BufRead, Write, stdin, stdout};
    let lines: Vec<String> = stdin().lock().lines().map(Result::unwrap).collect();
    thread::scope(|scope| {
        for line in &lines {
            scope.spawn(move || println!("{}", line.to_uppercase()));
        }
    });
    eprintln!("{} lines", lines.len());
    print!("no newline");
    stdout().flush().unwrap();
    lines.join("|")
}

// What goes wrong

#[suspendable]
pub fn joins_a_panic() -> String {
    let plain = thread::spawn(|| panic!("plain")).join();
    let formatted = thread::spawn(|| panic!("{} and {}", 1, 2 + std::hint::black_box(0))).join();
    let scoped = thread::spawn(|| {
        thread::scope(|scope| {
            let error = scope.spawn(|| -> u8 { panic!("scoped") }).join().unwrap_err();
            println!("{}", text(error));
        });
    });
    let scoped = text(scoped.join().unwrap_err());
    let others = threads(2, |index| index);
    let plain = *plain.unwrap_err().downcast::<&str>().unwrap();
    let formatted = formatted.unwrap_err().downcast::<String>().unwrap();
    format!("{plain}, {formatted}, {scoped}, {others:?}")
}

/// A thread that panics lends on what it has lent.
#[suspendable]
pub fn lends_on() -> String {
    let numbers = Arc::new(Mutex::new(vec![1]));
    let own = numbers.clone();
    let parent = thread::spawn(move || {
        let mut count = 0;
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(milliseconds(5));
                count += 1;
                own.lock().unwrap().push(count);
            });
            thread::yield_now();
            panic!("while a child runs");
        })
    });
    let faulted = parent.join().is_err();
    format!("{faulted} {:?}", numbers.lock().unwrap())
}

#[suspendable]
pub fn a_scoped_panic() {
    thread::scope(|scope| {
        scope.spawn(|| panic!("not joined"));
    });
}

static SHARED: Mutex<u32> = Mutex::new(0);

/// Holds the lock until the promise settles.
#[suspendable]
pub fn holds(promise: Promise) -> u32 {
    let mut count = SHARED.lock().unwrap();
    suspendable::block_on(&promise).unwrap();
    *count += 1;
    *count
}

#[wasm_bindgen::prelude::wasm_bindgen]
pub fn locks_outside() -> u32 {
    *SHARED.lock().unwrap()
}

#[wasm_bindgen::prelude::wasm_bindgen]
pub fn sleeps_outside() {
    thread::sleep(milliseconds(1));
}

/// What is made once, and whose maker panics while another one waits for it.
#[suspendable]
pub fn poisons_a_once() -> String {
    static ONCE: Once = Once::new();
    let [first, second] = [0, 1].map(|_| {
        thread::spawn(|| {
            ONCE.call_once(|| {
                thread::sleep(milliseconds(1));
                panic!("while it is made");
            });
        })
    });
    let errors = [first.join(), second.join()].map(|result| result.unwrap_err());
    let errors = errors.map(|error| *error.downcast::<&str>().unwrap());
    ONCE.call_once_force(|state| assert!(state.is_poisoned()));
    format!("{}; {}; {}", errors[0], errors[1], ONCE.is_completed())
}

/// Who wants what a thread held that panicked gets an error, also if it waited already, and so does who comes later.
#[suspendable]
pub fn locks_of_a_panicked() -> String {
    let lock = Arc::new(Mutex::new(1));
    let own = lock.clone();
    let holder = thread::spawn(move || {
        let mut guard = own.lock().unwrap();
        *guard += 1;
        thread::sleep(milliseconds(2));
        panic!("with the lock");
    });
    thread::yield_now();
    let waiters = [0, 1].map(|_| {
        let own = lock.clone();
        thread::spawn(move || own.lock().is_err())
    });
    let waited = waiters.map(|waiter| waiter.join().unwrap());
    assert!(holder.join().is_err());
    lock.clear_poison();
    let tried = matches!(lock.try_lock(), Err(TryLockError::Poisoned(_)));
    let shown = format!("{lock:?}");
    let uses: [fn(&Mutex<i32>); 4] = [
        |lock| assert_eq!(*lock.lock().unwrap_or_else(PoisonError::into_inner), 2),
        |lock| **lock.lock().unwrap_err().get_mut() = 0,
        |lock| {
            let guard = lock.lock().unwrap_or_else(PoisonError::into_inner);
            drop(Condvar::new().wait(guard));
        },
        |lock| {
            // SAFETY: nobody else has it, and it is forgotten.
            let lock = unsafe { std::ptr::read(lock) };
            lock.into_inner().unwrap();
        },
    ];
    let said = uses.map(|uses| {
        let own = lock.clone();
        text(thread::spawn(move || uses(&own)).join().unwrap_err())
    });
    assert!(said.iter().all(|text| *text == said[0]), "{said:?}");
    format!("{waited:?} {tried} {shown} {} {}", lock.is_poisoned(), said[0])
}

/// The same while one waits for a condition.
#[suspendable]
pub fn condition_of_a_panicked() -> String {
    let pair = Arc::new((Mutex::new(()), Condvar::new()));
    let waits = |time: Option<Duration>| {
        let own = pair.clone();
        thread::spawn(move || {
            let guard = own.0.lock().unwrap();
            let guard = match time {
                None => own.1.wait(guard).unwrap_err().into_inner(),
                Some(time) => own.1.wait_timeout(guard, time).unwrap_err().into_inner().0,
            };
            *guard
        })
    };
    let waiting = [waits(None), waits(Some(milliseconds(5)))];
    thread::yield_now();
    let own = pair.clone();
    let panics = thread::spawn(move || {
        let _guard = own.0.lock().unwrap();
        own.1.notify_all();
        panic!("with the lock");
    });
    assert!(panics.join().is_err());
    let [one, other] = waiting.map(|thread| text(thread.join().unwrap_err()));
    assert_eq!(one, other);
    one
}

/// What counts how often it is dropped, and panics when it is compared for the fifth time.
struct Compared {
    number: u32,
    counts: Arc<[AtomicUsize; 2]>,
}

impl Compared {
    fn some(counts: &Arc<[AtomicUsize; 2]>) -> Vec<Compared> {
        (0..9).rev().map(|number| Compared { number, counts: counts.clone() }).collect()
    }

    fn sort(all: &mut [Compared]) {
        all.sort_by(|one, other| {
            let comparisons = one.counts[0].fetch_add(1, Ordering::Relaxed);
            assert!(comparisons < 12, "as a comparison does that fails");
            one.number.cmp(&other.number)
        });
    }

    /// Whether each of them is there once.
    fn are_whole(all: &[Compared]) -> bool {
        let mut numbers: Vec<_> = all.iter().map(|one| one.number).collect();
        numbers.sort();
        numbers == (0..9).collect::<Vec<_>>()
    }
}

impl Drop for Compared {
    fn drop(&mut self) {
        self.counts[1].fetch_add(1, Ordering::Relaxed);
    }
}

/// A sort whose comparison panics has an element twice until a destructor puts the other back, and none runs. Nobody may
/// see that, in what is locked or in what a scope has lent: each element would be dropped twice.
#[suspendable]
pub fn sorts_and_panics(where_it_is: String) -> String {
    let counts: Arc<[AtomicUsize; 2]> = Arc::default();
    let elements = Compared::some(&counts);
    let uses = match &*where_it_is {
        "locked" => {
            let lock = Arc::new(Mutex::new(elements));
            let own = lock.clone();
            let sorts = thread::spawn(move || Compared::sort(&mut own.lock().unwrap()));
            assert!(sorts.join().is_err());
            thread::spawn(move || {
                let mut guard = lock.lock().unwrap_or_else(PoisonError::into_inner);
                let all = std::mem::take(&mut *guard);
                Compared::are_whole(&all)
            })
        }
        "written" => {
            let lock = Arc::new(RwLock::new(elements));
            let own = lock.clone();
            let sorts = thread::spawn(move || Compared::sort(&mut own.write().unwrap()));
            assert!(sorts.join().is_err());
            thread::spawn(move || {
                let guard = lock.read().unwrap_or_else(PoisonError::into_inner);
                Compared::are_whole(&guard)
            })
        }
        _ => thread::spawn(move || {
            let mut elements = elements;
            thread::scope(|scope| {
                assert!(scope.spawn(|| Compared::sort(&mut elements)).join().is_err());
            });
            Compared::are_whole(&elements)
        }),
    };
    let seen = match uses.join() {
        Ok(are_whole) => format!("seen, whole: {are_whole}"),
        Err(error) => text(error),
    };
    format!("{} dropped, {seen}", counts[1].load(Ordering::Relaxed))
}

/// A guard that others have can be used after its thread has panicked, and unlocks.
#[suspendable]
pub fn leaks_a_guard() -> String {
    static LOCK: Mutex<u32> = Mutex::new(0);
    let (sender, receiver) = mpsc::channel::<&'static u32>();
    let thread = thread::spawn(move || {
        let guard: &'static mut MutexGuard<u32> = Box::leak(Box::new(LOCK.lock().unwrap()));
        **guard = 7;
        sender.send(&**guard).unwrap();
        panic!("with the lock");
    });
    assert!(thread.join().is_err());
    let lent = receiver.recv().unwrap();
    format!("{lent} {} {}", LOCK.lock().is_err(), LOCK.try_lock().is_err())
}

/// What a panic was given, if that is a text.
pub(crate) fn text(payload: Box<dyn std::any::Any + Send>) -> String {
    let payload = payload.downcast::<&str>().map(|text| text.to_string());
    payload.unwrap_or_else(|other| *other.downcast::<String>().unwrap())
}

#[suspendable]
pub fn panics_with_a_number() -> i32 {
    *thread::spawn(|| std::panic::panic_any(41)).join().unwrap_err().downcast::<i32>().unwrap() + 1
}
