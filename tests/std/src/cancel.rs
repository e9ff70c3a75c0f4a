//! Calls that are cancelled, and time-outs.

use js_sys::{Function, Promise};
use std::cell::{Cell, RefCell};
use suspendable::io::{Read, StreamReader};
use suspendable::sync::mpsc::channel;
use suspendable::sync::{Arc, Mutex};
use suspendable::time::{Duration, Elapsed, Instant, timeout};
use suspendable::{Error, block_on, block_on_future, cancel, suspendable, suspending, thread};
use wasm_bindgen::prelude::*;

#[suspending(inline_js = "export function begin(log, promise, signal) { log.push('begun'); \
    signal?.addEventListener('abort', () => log.push(`told ${signal.reason}`)); return promise; }")]
extern "C" {
    fn begin(
        log: &JsValue,
        promise: &JsValue,
        signal: Option<cancel::AbortSignal>,
    ) -> Result<JsValue, Error>;
}

/// Says when it is dropped.
struct Guard<'a>(&'a js_sys::Array, &'static str);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.0.push(&format!("drops {}", self.1).into());
    }
}

fn kind(error: &Error) -> String {
    match error {
        Error::Cancelled(reason) => {
            format!("Cancelled({})", reason.as_string().unwrap_or_default())
        }
        other => format!("{other:?}"),
    }
}

/// Waits with one thing that the signal is for, then with all others, and says in `log` what became of it.
#[suspendable(js_name = waitInTurn)]
pub fn wait_in_turn(log: js_sys::Array, promise: &Promise) -> Result<f64, Error> {
    let _guard = Guard(&log, "the guard");
    let say = |what: &str, error: &Error| log.push(&format!("{what} {}", kind(error)).into());
    let first = match begin(&log, promise, cancel::signal()) {
        Ok(value) => return Ok(value.as_f64().unwrap_or_default()),
        Err(error) => error,
    };
    say("import", &first);
    say("import again", &begin(&log, promise, None).unwrap_err());
    say("promise", &Error::from(block_on(promise).unwrap_err()));
    say("future", &block_on_future(std::future::pending::<()>()).unwrap_err());
    say("module", &suspendable::js_import("data:text/javascript,").unwrap_err());
    say("check", &cancel::check().unwrap_err());
    Err(first)
}

/// Waits, and makes an error of its own of it.
#[suspendable(js_name = ownError)]
pub fn own_error(promise: &Promise) -> Result<(), String> {
    block_on(promise).map(drop).map_err(|_| "the port's own error".to_owned())
}

/// Waits, and goes on with what it has.
#[suspendable(js_name = makesDo)]
pub fn makes_do(promise: &Promise) -> String {
    format!("did with {:?}", block_on(promise).ok().and_then(|value| value.as_f64()))
}

/// Waits twice: who is cancelled when the first promise has a value does not lose that.
#[suspendable(js_name = keepsValue)]
pub fn keeps_value(first: &Promise, second: &Promise, log: &js_sys::Array) -> Result<(), JsValue> {
    log.push(&block_on(first)?);
    block_on(second)?;
    Ok(())
}

/// Two children wait in a scope, and one outside of it.
#[suspendable(js_name = waitInScope)]
pub fn wait_in_scope(promise: Promise) -> Result<(), Error> {
    let log = RefCell::new(Vec::new());
    let wait = |name: &str| {
        let outcome = block_on(&promise).map_err(Error::from);
        log.borrow_mut()
            .push(format!("{name} {}", outcome.map_or_else(|e| kind(&e), |_| "ended".into())));
    };
    let other = promise.clone();
    let outside = thread::spawn(move || block_on(&other).is_ok());
    thread::scope(|scope| {
        scope.spawn(|| wait("a"));
        scope.spawn(|| {
            thread::scope(|scope| scope.spawn(|| wait("c")).join().unwrap());
            wait("b");
        });
    });
    LAST.with(|last| *last.borrow_mut() = log.take());
    OUTSIDE.set(Some(outside));
    cancel::check()
}

thread_local! {
    static LAST: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    static OUTSIDE: Cell<Option<thread::JoinHandle<bool>>> = const { Cell::new(None) };
}

/// What the children of the last `waitInScope` found.
#[wasm_bindgen]
pub fn last() -> Vec<String> {
    LAST.with(|last| last.borrow().clone())
}

/// Whether the thread outside of the scope has got its value.
#[suspendable(js_name = joinOutside)]
pub fn join_outside() -> bool {
    OUTSIDE.take().expect("waitInScope").join().unwrap()
}

/// Sleeps, or receives, for ever.
#[suspendable(js_name = waitForNobody)]
pub fn wait_for_nobody(how: &str) -> Result<String, Error> {
    let (sender, receiver) = channel::<u32>();
    let far = Duration::from_secs(1 << 20);
    match how {
        "sleep" => {
            thread::sleep(far);
            thread::sleep(far);
        }
        "recv" => assert!(receiver.recv().is_err()),
        "recv_timeout" => assert!(receiver.recv_timeout(far).is_err()),
        "iter" => assert_eq!(receiver.iter().count(), 0),
        _ => return Ok("unknown".to_owned()),
    }
    // It is there: what ended is the wait.
    sender.send(1).map_err(|error| Error::Io(error.to_string()))?;
    assert_eq!(receiver.recv(), Ok(1));
    cancel::check().map(|()| "not cancelled".to_owned())
}

static LOCK: Mutex<u32> = Mutex::new(0);

/// Holds the lock until the promise settles.
#[suspendable(js_name = holdLock)]
pub fn hold_lock(promise: &Promise) -> Result<u32, JsValue> {
    let mut count = LOCK.lock().unwrap();
    *count += 1;
    block_on(promise)?;
    Ok(*count)
}

/// An object whose method is cancelled.
#[wasm_bindgen]
#[derive(Default)]
pub struct Tally(u32);

#[suspendable]
impl Tally {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Tally {
        Tally::default()
    }

    /// Counts, and waits.
    #[suspendable]
    pub fn add(&mut self, options: u32, promise: &Promise) -> Result<u32, JsValue> {
        self.0 += options;
        block_on(promise)?;
        Ok(self.0)
    }
}

/// `[…].map(shout)` gives it an index and an array in the place of options.
#[suspendable]
pub fn shout(text: String) -> String {
    text.to_uppercase()
}

const SHORT: Duration = Duration::from_millis(5);

/// Time-outs of several kinds, for waits that end with `promise`.
#[suspendable(js_name = timeOut)]
pub fn time_out(how: &str, promise: &Promise) -> Result<String, Error> {
    let wait = || block_on(promise).map_err(Error::from);
    let shown = |outcome: Result<Result<JsValue, Error>, Elapsed>| match outcome {
        Ok(Ok(value)) => format!("value {}", value.as_f64().unwrap_or_default()),
        Ok(Err(error)) => kind(&error),
        Err(elapsed) => elapsed.to_string(),
    };
    Ok(match how {
        "long" => shown(timeout(Duration::from_secs(600), wait)),
        "short" => shown(timeout(SHORT, wait)),
        "zero" => shown(timeout(Duration::ZERO, wait)),
        "maximal" => shown(timeout(Duration::MAX, wait)),
        "then goes on" => {
            let first = timeout(SHORT, wait).map(|_| ()).unwrap_err();
            let signal = cancel::signal().is_some();
            thread::sleep(Duration::from_millis(1));
            let value = block_on(&Promise::resolve(&JsValue::from(1)))?;
            format!("{first}, {signal}, {}", value.as_f64().unwrap_or_default())
        }
        "inner" => shown(timeout(Duration::from_secs(600), || {
            assert!(timeout(SHORT, wait).is_err());
            cancel::check().map(|()| JsValue::from(1))
        })),
        "outer" => shown(timeout(SHORT, || {
            let inner = timeout(Duration::from_secs(600), wait);
            assert!(matches!(inner, Ok(Err(Error::Cancelled(_)))), "{inner:?}");
            assert!(cancel::check().is_err());
            Ok(JsValue::from(2))
        })),
        "does not wait" => shown(timeout(Duration::ZERO, || {
            let began = Instant::now();
            while began.elapsed() < SHORT {}
            Ok(JsValue::from(3))
        })),
        "children" => {
            let ended = Arc::new(Mutex::new(0));
            let outcome = timeout(SHORT, || {
                thread::scope(|scope| {
                    for _ in 0..10 {
                        scope.spawn(|| {
                            wait().map(drop).unwrap_or_else(|_| *ended.lock().unwrap() += 1)
                        });
                    }
                });
                cancel::check()
            });
            format!("{}, {}", outcome.map(drop).unwrap_err(), *ended.lock().unwrap())
        }
        "sleeps" => shown(timeout(SHORT, || {
            thread::sleep(Duration::from_secs(600));
            cancel::check().map(|()| JsValue::UNDEFINED)
        })),
        "faults" => shown(timeout(Duration::from_secs(600), || panic!("in a time-out"))),
        "io" => std::io::Error::from(timeout(SHORT, wait).unwrap_err()).kind().to_string(),
        _ => return Err(timeout(SHORT, wait).map(drop).unwrap_err().into()),
    })
}

/// In a callback nothing can block, and a time-out runs what it is given.
#[suspendable(js_name = timeOutInCallback)]
pub fn time_out_in_callback(call: &Function) -> String {
    let result = std::rc::Rc::new(Cell::new(String::new()));
    let (signal, found) = (cancel::signal().is_some(), result.clone());
    let closure = Closure::<dyn Fn()>::new(move || {
        let inner = timeout(SHORT, || 7).unwrap();
        found.set(format!("{inner}, {}", cancel::signal().is_some()));
    });
    call.call1(&JsValue::UNDEFINED, closure.as_ref()).unwrap();
    format!("{}, {signal}", result.take())
}

/// Reads a stream with little patience, and goes on where it gave up: how often that was, and all that it read.
#[suspendable(js_name = readImpatiently)]
pub fn read_impatiently(stream: &JsValue) -> Result<JsValue, Error> {
    let mut reader = StreamReader::new(stream)?;
    let (mut given_up, mut text) = (0, String::new());
    loop {
        let mut buffer = [0; 3];
        match timeout(SHORT, || reader.read(&mut buffer)) {
            Err(Elapsed { .. }) => given_up += 1,
            Ok(Ok(0)) => return Ok(format!("{} {text}", given_up > 0).into()),
            Ok(Ok(count)) => text.push_str(&String::from_utf8_lossy(&buffer[..count])),
            Ok(Err(error)) => return Err(error.into()),
        }
    }
}
