//! An open file.
//!
//! Its position is ours: the host is asked for bytes at a place, so that a read which fails, or whose
//! wait is given up, has not moved it. What cannot be read at a place (a pipe, a terminal) has a
//! position of its own, and bytes that came for nobody are kept for the next read.
//!
//! The host works on one thing at a time for a file. An operation whose wait was given up, or whose
//! thread has ended, is waited for before the next one begins.

use super::host::{self, Returned, ask, failure, text};
use super::options::{APPEND, OpenOptions, READ, WRITE};
use super::own::{FileTimes, Metadata, Permissions};
use crate::sync::{Mutex, MutexGuard, TryLockError};
use crate::time::SystemTime;
use crate::{Error, can_block, cancel, module};
use js_sys::Uint8Array;
use std::fmt;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::rc::Rc;
use wasm_bindgen::JsValue;

/// How many bytes the host is asked for at once.
const MOST: usize = 1024 * 1024;

/// An open file, as [`std::fs::File`]. It is closed, in the background, when it is dropped.
///
/// ```no_run
/// use std::io::Read;
/// use suspendable::fs::File;
///
/// let mut text = String::new();
/// File::open("foo.txt")?.read_to_string(&mut text)?;
/// # std::io::Result::Ok(())
/// ```
pub struct File(Rc<Open>);

// SAFETY: std's file is `Send` and `Sync`, and a JavaScript value is not. There is one thread: the tool
// refuses modules with shared memory.
unsafe impl Send for File {}
// SAFETY: as above.
unsafe impl Sync for File {}

/// What a file and its clones share.
struct Open {
    handle: JsValue,
    path: Box<str>,
    /// What it was opened for. Not every host refuses the rest.
    wanted: u32,
    state: Mutex<State>,
}

struct State {
    position: Position,
    /// What the host is at, unless the one that began it has had its outcome.
    pending: Option<Pending>,
    /// What a stream gave, and nobody has taken.
    unread: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Position {
    At(u64),
    /// The host's own.
    Stream,
}

struct Pending {
    promise: JsValue,
    /// Where a stream's bytes will be, if it is a read of them.
    read: Option<(Uint8Array, usize)>,
}

impl Drop for Open {
    fn drop(&mut self) {
        host::close(&self.handle);
    }
}

/// Reads a whole file, as [`std::fs::read`].
///
/// # Errors
///
/// As in std.
pub fn read<P: AsRef<Path>>(path: P) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a whole file of text, as [`std::fs::read_to_string`].
///
/// # Errors
///
/// As in std.
pub fn read_to_string<P: AsRef<Path>>(path: P) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.read_to_string(&mut text)?;
    Ok(text)
}

/// Writes a whole file, as [`std::fs::write`]: one that is there is replaced.
///
/// # Errors
///
/// As in std.
pub fn write<P: AsRef<Path>, C: AsRef<[u8]>>(path: P, contents: C) -> io::Result<()> {
    File::create(path)?.write_all(contents.as_ref())
}

impl File {
    /// Opens a file for reading.
    ///
    /// # Errors
    ///
    /// As [`std::fs::File::open`].
    pub fn open<P: AsRef<Path>>(path: P) -> io::Result<File> {
        OpenOptions::new().read(true).open(path)
    }

    /// Opens a file for writing; one that is there is emptied.
    ///
    /// # Errors
    ///
    /// As [`std::fs::File::create`].
    pub fn create<P: AsRef<Path>>(path: P) -> io::Result<File> {
        OpenOptions::new().write(true).create(true).truncate(true).open(path)
    }

    /// Makes a file, for reading and writing, that may not be there.
    ///
    /// # Errors
    ///
    /// As [`std::fs::File::create_new`].
    pub fn create_new<P: AsRef<Path>>(path: P) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).create_new(true).open(path)
    }

    /// How to open a file is up to the options.
    pub fn options() -> OpenOptions {
        OpenOptions::new()
    }

    pub(super) fn with_options(path: &Path, wanted: u32) -> io::Result<File> {
        let path = text(path)?;
        let handle = ask(|| host::open(path, wanted, 0o666))?;
        host::opened(&handle);
        let state = State { position: Position::At(0), pending: None, unread: Vec::new() };
        Ok(File(Rc::new(Open { handle, path: path.into(), wanted, state: Mutex::new(state) })))
    }

    /// Waits until all that was written lasts, with what is known of the file.
    ///
    /// # Errors
    ///
    /// As [`std::fs::File::sync_all`].
    pub fn sync_all(&self) -> io::Result<()> {
        self.0.alone(|handle| host::sync(handle, true)).map(drop)
    }

    /// Waits until all that was written lasts.
    ///
    /// # Errors
    ///
    /// As [`std::fs::File::sync_data`].
    pub fn sync_data(&self) -> io::Result<()> {
        self.0.alone(|handle| host::sync(handle, false)).map(drop)
    }

    /// Cuts the file, or extends it by zeros. Its position stays.
    ///
    /// # Errors
    ///
    /// As [`std::fs::File::set_len`].
    pub fn set_len(&self, size: u64) -> io::Result<()> {
        if self.0.require(WRITE | APPEND).is_err() {
            return Err(io::Error::new(
                ErrorKind::InvalidInput,
                "the file is not open for writing",
            ));
        }
        self.0.alone(|handle| host::truncate(handle, size as f64)).map(drop)
    }

    /// What is known of it.
    ///
    /// # Errors
    ///
    /// As [`std::fs::File::metadata`].
    pub fn metadata(&self) -> io::Result<Metadata> {
        Metadata::of(&self.0.alone(host::stat_file)?)
    }

    /// The same open file, with the same position.
    ///
    /// # Errors
    ///
    /// None.
    pub fn try_clone(&self) -> io::Result<File> {
        Ok(self.again())
    }

    pub(crate) fn again(&self) -> File {
        File(self.0.clone())
    }

    /// Reads at a place, as Unix has it: where the file is read next stays.
    #[cfg(suspendable_std)]
    pub(crate) fn read_at(&self, out: &mut [u8], position: u64) -> io::Result<usize> {
        self.0.read_at(out, position)
    }

    /// Says who may do what with it.
    ///
    /// # Errors
    ///
    /// As [`std::fs::File::set_permissions`].
    pub fn set_permissions(&self, perm: Permissions) -> io::Result<()> {
        self.0.alone(|handle| host::chmod_file(handle, perm.mode & 0o7777)).map(drop)
    }

    /// Says when it was read and written last, as exactly as the host's numbers are.
    ///
    /// # Errors
    ///
    /// As [`std::fs::File::set_times`].
    pub fn set_times(&self, times: FileTimes) -> io::Result<()> {
        let (accessed, modified) = times.in_seconds(&self.metadata()?)?;
        self.0.alone(|handle| host::utimes_file(handle, accessed, modified)).map(drop)
    }

    /// Says when it was written last.
    ///
    /// # Errors
    ///
    /// As [`set_times`](Self::set_times).
    pub fn set_modified(&self, time: SystemTime) -> io::Result<()> {
        self.set_times(FileTimes::new().set_modified(time))
    }
}

impl Open {
    /// The state, when nobody else uses it, and the host has done what it was at.
    fn lock(&self) -> io::Result<MutexGuard<'_, State>> {
        let mut state = match self.state.try_lock() {
            Ok(state) => state,
            // The thread that had it has ended. What it was at is in the state.
            Err(TryLockError::Poisoned(_)) => self.state.take_over(),
            Err(TryLockError::WouldBlock) if !can_block() => return Err(Error::CannotBlock.into()),
            Err(TryLockError::WouldBlock) => {
                self.state.lock().unwrap_or_else(|_| self.state.take_over())
            }
        };
        if state.pending.is_some() {
            // Whose failure it is has not been waiting for it.
            let _ = state.finish()?;
        }
        Ok(state)
    }

    /// Has the host do something with the file, while nobody else uses it.
    fn alone(&self, question: impl FnOnce(&JsValue) -> Returned) -> io::Result<JsValue> {
        let mut state = self.lock()?;
        state.ask(|| question(&self.handle), None)
    }

    /// Fails unless it is open for one of these.
    fn require(&self, one_of: u32) -> io::Result<()> {
        match self.wanted & one_of {
            0 => Err(io::Error::other("Bad file descriptor: the file is not open for this")),
            _ => Ok(()),
        }
    }

    /// Reads at a place, no more than `MOST`.
    fn read_from(&self, state: &mut State, out: &mut [u8], position: u64) -> io::Result<usize> {
        let buffer = host::take(out.len());
        let read = || host::read(&self.handle, &buffer, out.len(), position as f64);
        let result = state.ask(read, None)?;
        host::was_read(&result, &buffer, out).map_err(failure)
    }

    #[cfg(suspendable_std)]
    fn read_at(&self, out: &mut [u8], position: u64) -> io::Result<usize> {
        self.require(READ)?;
        let length = out.len().min(MOST);
        let mut state = self.lock()?;
        self.read_from(&mut state, &mut out[..length], position)
    }

    fn read(&self, out: &mut [u8]) -> io::Result<usize> {
        self.require(READ)?;
        if out.is_empty() {
            return Ok(0);
        }
        let length = out.len().min(MOST);
        let mut state = self.lock()?;
        if let Position::At(position) = state.position {
            match self.read_from(&mut state, &mut out[..length], position) {
                Ok(count) => {
                    state.position = Position::At(position + count as u64);
                    return Ok(count);
                }
                Err(error) if error.kind() == ErrorKind::NotSeekable => {
                    state.position = Position::Stream;
                }
                Err(error) => return Err(error),
            }
        }
        if state.unread.is_empty() {
            let buffer = host::take(length);
            let read = || host::read(&self.handle, &buffer, length, -1.0);
            state.ask(read, Some((buffer.clone(), length)))?;
        }
        let count = state.unread.len().min(length);
        out[..count].copy_from_slice(&state.unread[..count]);
        state.unread.drain(..count);
        Ok(count)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.require(WRITE | APPEND)?;
        if bytes.is_empty() {
            return Ok(0);
        }
        let bytes = &bytes[..bytes.len().min(MOST)];
        let mut state = self.lock()?;
        if self.wanted & APPEND != 0 {
            let count = self.write_at(&mut state, bytes, None)?;
            // The host alone knows where that was. What has been written is no failure.
            if let (Ok(end), Position::At(_)) = (self.length(&mut state), state.position) {
                state.position = Position::At(end);
            }
            return Ok(count);
        }
        if let Position::At(position) = state.position {
            match self.write_at(&mut state, bytes, Some(position)) {
                Ok(count) => {
                    state.position = Position::At(position + count as u64);
                    return Ok(count);
                }
                Err(error) if error.kind() == ErrorKind::NotSeekable => {
                    state.position = Position::Stream;
                }
                Err(error) => return Err(error),
            }
        }
        self.write_at(&mut state, bytes, None)
    }

    fn write_at(&self, state: &mut State, bytes: &[u8], at: Option<u64>) -> io::Result<usize> {
        let buffer = host::taken(bytes);
        let position = at.map_or(-1.0, |at| at as f64);
        let write = || host::write(&self.handle, &buffer, bytes.len(), position);
        let result = state.ask(write, None)?;
        host::was_written(&result, &buffer, bytes.len()).map_err(failure)
    }

    fn seek(&self, to: SeekFrom) -> io::Result<u64> {
        let mut state = self.lock()?;
        let Position::At(now) = state.position else {
            return Err(io::Error::new(ErrorKind::NotSeekable, "a stream has no position"));
        };
        let (from, distance) = match to {
            SeekFrom::Start(position) => (position, 0),
            SeekFrom::End(distance) => (self.length(&mut state)?, distance),
            SeekFrom::Current(distance) => (now, distance),
        };
        let position = from.checked_add_signed(distance).filter(|&to| i64::try_from(to).is_ok());
        let Some(position) = position else {
            let what = "invalid seek to a negative or overflowing position";
            return Err(io::Error::new(ErrorKind::InvalidInput, what));
        };
        state.position = Position::At(position);
        Ok(position)
    }

    fn length(&self, state: &mut State) -> io::Result<u64> {
        let stats = state.ask(|| host::stat_file(&self.handle), None)?;
        Ok(Metadata::of(&stats)?.len())
    }
}

impl State {
    /// Begins something, and waits for it.
    fn ask(
        &mut self,
        question: impl FnOnce() -> Returned,
        read: Option<(Uint8Array, usize)>,
    ) -> io::Result<JsValue> {
        if !can_block() {
            return Err(Error::CannotBlock.into());
        }
        cancel::check()?;
        let promise = question().map_err(failure)?;
        self.pending = Some(Pending { promise, read });
        self.finish()?.map_err(failure)
    }

    /// Waits for what the host is at, and returns what became of it.
    ///
    /// # Errors
    ///
    /// If the wait was given up: then it is still pending.
    fn finish(&mut self) -> io::Result<Returned> {
        let Some(Pending { promise, .. }) = &self.pending else {
            return Ok(Ok(JsValue::UNDEFINED));
        };
        let outcome = match module::settle(Ok(promise.clone())) {
            Ok(result) => Ok(result),
            Err(Error::Rejected(reason)) => Err(reason),
            Err(given_up) => return Err(given_up.into()),
        };
        if let Some(Pending { read: Some((buffer, length)), .. }) = self.pending.take()
            && let Ok(result) = &outcome
        {
            self.unread.resize(length, 0);
            let count = host::was_read(result, &buffer, &mut self.unread);
            self.unread.truncate(count.as_ref().map_or(0, |&count| count));
            count.map_err(failure)?;
        }
        Ok(outcome)
    }
}

impl Read for &File {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.read(out)
    }

    fn read_to_end(&mut self, bytes: &mut Vec<u8>) -> io::Result<usize> {
        let before = bytes.len();
        bytes.try_reserve(self.rest())?;
        loop {
            let length = bytes.len();
            if bytes.capacity() == length {
                bytes.try_reserve(length.max(8 * 1024))?;
            }
            let room = (bytes.capacity() - length).min(MOST);
            bytes.resize(length + room, 0);
            let count = self.0.read(&mut bytes[length..]);
            bytes.truncate(length + count.as_ref().map_or(0, |&count| count));
            match count {
                Ok(0) => return Ok(length - before),
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
        }
    }

    fn read_to_string(&mut self, text: &mut String) -> io::Result<usize> {
        let mut bytes = Vec::new();
        let count = self.read_to_end(&mut bytes);
        match str::from_utf8(&bytes) {
            Ok(more) => text.push_str(more),
            Err(_) => {
                count?;
                let what = "stream did not contain valid UTF-8";
                return Err(io::Error::new(ErrorKind::InvalidData, what));
            }
        }
        count
    }
}

impl File {
    /// How many bytes there are behind the position, and one more, so that the read which finds the end
    /// has room.
    fn rest(&self) -> usize {
        let length = self.metadata().map_or(0, |metadata| metadata.len());
        let position = (&*self).stream_position().unwrap_or(0);
        usize::try_from(length.saturating_sub(position)).unwrap_or(0).saturating_add(1)
    }
}

impl Write for &File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for &File {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

impl Read for File {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        (&*self).read(out)
    }

    fn read_to_end(&mut self, bytes: &mut Vec<u8>) -> io::Result<usize> {
        (&*self).read_to_end(bytes)
    }

    fn read_to_string(&mut self, text: &mut String) -> io::Result<usize> {
        (&*self).read_to_string(text)
    }
}

impl Write for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for File {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        (&*self).seek(to)
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File").field("path", &self.0.path).finish_non_exhaustive()
    }
}
