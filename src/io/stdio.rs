//! The standard streams of the program: those of the host, or what `init` was given.
//!
//! js/host/stdio.js has the streams; here is std's shape of them. Two calls must not mix their lines, so
//! each stream has a lock, which is held while one writes or reads.

use super::{IsTerminal, StreamReader, bytes, write_text};
use crate::one_thread::OneThread;
use crate::sync::{Mutex, MutexGuard, PoisonError};
use crate::thread::{self, ThreadId};
use crate::{Error, can_block, module::settle};
use js_sys::Uint8Array;
use std::cell::Cell;
use std::fmt;
use std::io::{self, BufRead, Lines, Read, Write};
use std::marker::PhantomData;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(raw_module = "suspendable:host/stdio")]
extern "C" {
    /// A text, bytes, or what chunks come from; `undefined` for nothing.
    fn input() -> JsValue;
    /// What has to be waited for before more is written, or `undefined`.
    #[wasm_bindgen(catch)]
    fn room(number: u32) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = write)]
    fn put(number: u32, bytes: Uint8Array) -> Result<(), JsValue>;
    #[wasm_bindgen(catch, js_name = flush)]
    fn flushed(number: u32) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = isTerminal)]
    fn is_terminal(number: u32) -> bool;
}

static STDIN: OneThread<Mutex<Option<StreamReader>>> = OneThread(Mutex::new(None));
static STDOUT: OneThread<Output> = OneThread(Output::new(1));
static STDERR: OneThread<Output> = OneThread(Output::new(2));

/// The standard input, as [`std::io::stdin`].
///
/// ```no_run
/// use suspendable::io;
///
/// fn longest() -> io::Result<usize> {
///     let mut longest = 0;
///     for line in io::stdin().lines() {
///         longest = longest.max(line?.len());
///     }
///     Ok(longest)
/// }
/// ```
pub fn stdin() -> Stdin {
    Stdin(())
}

/// A handle to the standard input, as [`std::io::Stdin`].
#[derive(Debug)]
pub struct Stdin(());

/// The standard input, for one thread alone, as [`std::io::StdinLock`].
pub struct StdinLock<'a>(MutexGuard<'a, Option<StreamReader>>);

impl Stdin {
    /// Waits until no other thread has it.
    ///
    /// # Panics
    ///
    /// If another thread has it, and no call can block here.
    pub fn lock(&self) -> StdinLock<'static> {
        // What has been read by one that failed is gone; the rest is there.
        StdinLock(STDIN.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Adds the next line to `buffer`, its line break too; nothing at the end.
    ///
    /// # Errors
    ///
    /// Those of reading.
    pub fn read_line(&self, buffer: &mut String) -> io::Result<usize> {
        self.lock().read_line(buffer)
    }

    /// The lines from here on, without their line breaks.
    pub fn lines(self) -> Lines<StdinLock<'static>> {
        self.lock().lines()
    }
}

impl StdinLock<'_> {
    fn reader(&mut self) -> io::Result<&mut StreamReader> {
        if self.0.is_none() {
            *self.0 = Some(open()?);
        }
        Ok(self.0.as_mut().expect("it was made above"))
    }
}

fn open() -> io::Result<StreamReader> {
    let input = input();
    if input.is_undefined() {
        return Ok(StreamReader::of(Vec::new()));
    }
    if let Some(text) = input.as_string() {
        return Ok(StreamReader::of(text.into_bytes()));
    }
    match bytes(&input) {
        Some(bytes) => Ok(StreamReader::of(bytes.to_vec())),
        None => StreamReader::new(&input),
    }
}

impl Read for Stdin {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.lock().read(out)
    }
    fn read_to_end(&mut self, out: &mut Vec<u8>) -> io::Result<usize> {
        self.lock().read_to_end(out)
    }
    fn read_to_string(&mut self, out: &mut String) -> io::Result<usize> {
        self.lock().read_to_string(out)
    }
    fn read_exact(&mut self, out: &mut [u8]) -> io::Result<()> {
        self.lock().read_exact(out)
    }
}

impl Read for &Stdin {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.lock().read(out)
    }
    fn read_to_end(&mut self, out: &mut Vec<u8>) -> io::Result<usize> {
        self.lock().read_to_end(out)
    }
    fn read_to_string(&mut self, out: &mut String) -> io::Result<usize> {
        self.lock().read_to_string(out)
    }
    fn read_exact(&mut self, out: &mut [u8]) -> io::Result<()> {
        self.lock().read_exact(out)
    }
}

impl Read for StdinLock<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.reader()?.read(out)
    }
}

impl BufRead for StdinLock<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.reader()?.fill_buf()
    }
    fn consume(&mut self, amount: usize) {
        if let Some(reader) = &mut *self.0 {
            reader.consume(amount);
        }
    }
}

impl IsTerminal for Stdin {
    fn is_terminal(&self) -> bool {
        is_terminal(0)
    }
}

impl IsTerminal for StdinLock<'_> {
    fn is_terminal(&self) -> bool {
        is_terminal(0)
    }
}

impl fmt::Debug for StdinLock<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StdinLock").finish_non_exhaustive()
    }
}

/// A stream that is written to, with a lock that its holder can take again, as those of std are.
struct Output {
    number: u32,
    mutex: Mutex<()>,
    /// Who has the mutex, and how often. If it has ended by a fault, the mutex knows.
    holder: Cell<Option<ThreadId>>,
    depth: Cell<usize>,
    guard: Cell<Option<MutexGuard<'static, ()>>>,
}

impl Output {
    const fn new(number: u32) -> Output {
        Output {
            number,
            mutex: Mutex::new(()),
            holder: Cell::new(None),
            depth: Cell::new(0),
            guard: Cell::new(None),
        }
    }

    fn lock(&'static self) -> Locked {
        let thread = thread::current().id();
        if self.holder.get() == Some(thread) {
            self.depth.set(self.depth.get() + 1);
            return Locked { output: self, has_mutex: true, not_send: PhantomData };
        }
        let guard = match self.mutex.try_lock() {
            Ok(guard) => guard,
            Err(crate::sync::TryLockError::Poisoned(error)) => error.into_inner(),
            // What is written here cannot wait until that one has written all of its own.
            Err(_) if !can_block() => {
                return Locked { output: self, has_mutex: false, not_send: PhantomData };
            }
            Err(_) => self.mutex.lock().unwrap_or_else(PoisonError::into_inner),
        };
        // One that was left by a fault is stale, and does nothing when it is dropped.
        self.guard.set(Some(guard));
        self.holder.set(Some(thread));
        self.depth.set(1);
        Locked { output: self, has_mutex: true, not_send: PhantomData }
    }
}

/// An [`Output`] that is locked: by nobody else, save where no call can wait for that.
struct Locked {
    output: &'static Output,
    has_mutex: bool,
    not_send: PhantomData<*const ()>,
}

impl Drop for Locked {
    fn drop(&mut self) {
        let Output { depth, holder, guard, .. } = self.output;
        if !self.has_mutex {
            return;
        }
        depth.set(depth.get() - 1);
        if depth.get() == 0 {
            holder.set(None);
            guard.set(None);
        }
    }
}

impl Write for Locked {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        settled(room(self.output.number))?;
        put(self.output.number, Uint8Array::from(bytes)).map_err(Error::from)?;
        Ok(bytes.len())
    }

    fn write_fmt(&mut self, text: fmt::Arguments<'_>) -> io::Result<()> {
        write_text(self, text)
    }

    fn flush(&mut self) -> io::Result<()> {
        settled(flushed(self.output.number))
    }
}

/// Writes without waiting until there is room.
#[cfg(suspendable_std)]
pub(crate) fn write_now(number: u32, bytes: &[u8]) -> io::Result<usize> {
    put(number, Uint8Array::from(bytes)).map_err(Error::from)?;
    Ok(bytes.len())
}

/// Waits, where that is possible.
fn settled(returned: Result<JsValue, JsValue>) -> io::Result<()> {
    match settle(returned) {
        Ok(_) | Err(Error::CannotBlock) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

macro_rules! output {
    (
        $(#[$function_docs:meta])* $function:ident
        $(#[$handle_docs:meta])* $handle:ident
        $(#[$lock_docs:meta])* $lock:ident
        $number:literal $stream:ident
    ) => {
        $(#[$function_docs])*
        pub fn $function() -> $handle {
            $handle(())
        }

        $(#[$handle_docs])*
        #[derive(Debug)]
        pub struct $handle(());

        $(#[$lock_docs])*
        pub struct $lock<'a>(Locked, PhantomData<&'a ()>);

        impl $handle {
            /// Waits until no other thread has it. Where no call can block, it is not waited for: what is
            /// written there comes between what the other writes.
            pub fn lock(&self) -> $lock<'static> {
                $lock($stream.0.lock(), PhantomData)
            }
        }

        impl Write for $handle {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.lock().write(bytes)
            }
            fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
                self.lock().write_all(bytes)
            }
            fn write_fmt(&mut self, text: fmt::Arguments<'_>) -> io::Result<()> {
                self.lock().write_fmt(text)
            }
            fn flush(&mut self) -> io::Result<()> {
                self.lock().flush()
            }
        }

        impl Write for &$handle {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.lock().write(bytes)
            }
            fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
                self.lock().write_all(bytes)
            }
            fn write_fmt(&mut self, text: fmt::Arguments<'_>) -> io::Result<()> {
                self.lock().write_fmt(text)
            }
            fn flush(&mut self) -> io::Result<()> {
                self.lock().flush()
            }
        }

        impl Write for $lock<'_> {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.write(bytes)
            }
            fn write_fmt(&mut self, text: fmt::Arguments<'_>) -> io::Result<()> {
                self.0.write_fmt(text)
            }
            fn flush(&mut self) -> io::Result<()> {
                self.0.flush()
            }
        }

        impl IsTerminal for $handle {
            fn is_terminal(&self) -> bool {
                is_terminal($number)
            }
        }

        impl IsTerminal for $lock<'_> {
            fn is_terminal(&self) -> bool {
                is_terminal($number)
            }
        }

        impl fmt::Debug for $lock<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($lock)).finish_non_exhaustive()
            }
        }
    };
}

output! {
    /// The standard output, as [`std::io::stdout`]: a line goes out when it ends, and what has no end goes
    /// out when the program waits, or its call returns.
    stdout
    /// A handle to the standard output, as [`std::io::Stdout`].
    Stdout
    /// The standard output, for one thread alone, as [`std::io::StdoutLock`].
    StdoutLock
    1 STDOUT
}

output! {
    /// The standard error stream, as [`std::io::stderr`]: all that is written goes out at once.
    stderr
    /// A handle to the standard error stream, as [`std::io::Stderr`].
    Stderr
    /// The standard error stream, for one thread alone, as [`std::io::StderrLock`].
    StderrLock
    2 STDERR
}

/// What `print!` and `println!` are made of.
///
/// # Panics
///
/// If writing fails.
#[doc(hidden)]
pub fn print(text: fmt::Arguments<'_>) {
    if let Err(error) = stdout().write_fmt(text) {
        panic!("failed printing to stdout: {error}");
    }
}

/// What `eprint!` and `eprintln!` are made of.
///
/// # Panics
///
/// If writing fails.
#[doc(hidden)]
pub fn eprint(text: fmt::Arguments<'_>) {
    if let Err(error) = stderr().write_fmt(text) {
        panic!("failed printing to stderr: {error}");
    }
}
