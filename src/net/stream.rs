//! `TcpStream`.

use super::addresses::{self, ToSocketAddrs};
use super::host::{self, Mode, Stream};
use super::waiting::{Until, count, wait_until};
use crate::time::Duration;
use std::cell::Cell;
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::rc::Rc;

/// A connection, as [`std::net::TcpStream`].
///
/// It is closed when the last of its clones is dropped; what has been written is still sent.
///
/// ```no_run
/// use std::io::prelude::*;
/// use suspendable::net::TcpStream;
///
/// fn main() -> std::io::Result<()> {
///     let mut stream = TcpStream::connect("127.0.0.1:34254")?;
///     stream.write(&[1])?;
///     stream.read(&mut [0; 128])?;
///     Ok(())
/// } // the stream is closed here
/// ```
pub struct TcpStream(Rc<Shared>);

/// What clones share.
struct Shared {
    stream: Stream,
    mode: Mode,
    no_delay: Cell<bool>,
}

// SAFETY: there is one thread of the machine's: the tool refuses modules with shared memory.
unsafe impl Send for TcpStream {}
// SAFETY: as above.
unsafe impl Sync for TcpStream {}

impl TcpStream {
    /// Connects to the first of the addresses that takes the connection.
    ///
    /// # Errors
    ///
    /// That of the last address; what [`ToSocketAddrs`] fails with.
    pub fn connect<A: ToSocketAddrs>(addr: A) -> io::Result<TcpStream> {
        addresses::each(addr, |address| Self::connect_until(address, Until::Ever))
    }

    /// Connects to an address, and waits no longer than this.
    ///
    /// # Errors
    ///
    /// [`TimedOut`](ErrorKind::TimedOut); [`InvalidInput`](ErrorKind::InvalidInput) if the time is zero;
    /// and as [`connect`](Self::connect).
    pub fn connect_timeout(addr: &SocketAddr, timeout: Duration) -> io::Result<TcpStream> {
        host::set_timeout(&Cell::default(), Some(timeout))?;
        Self::connect_until(*addr, Until::after(timeout))
    }

    fn connect_until(address: SocketAddr, until: Until) -> io::Result<TcpStream> {
        // Dropped, and so given up, if the wait fails.
        let stream = TcpStream::new(host::begin_to_connect(address)?);
        let connecting = &stream.0.stream;
        let attempt = || Ok(connecting.is_connected()?.then_some(()));
        let change = |milliseconds| connecting.when_writable(milliseconds);
        match wait_until(until, attempt, change)? {
            Some(()) => Ok(stream),
            None => Err(io::Error::new(ErrorKind::TimedOut, "connection timed out")),
        }
    }

    pub(super) fn new(stream: Stream) -> TcpStream {
        let (mode, no_delay) = (Mode::default(), Cell::new(false));
        TcpStream(Rc::new(Shared { stream, mode, no_delay }))
    }

    /// The address of the other side.
    ///
    /// # Errors
    ///
    /// None: a connection that has ended keeps it.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        host::address(self.0.stream.peer_address())
    }

    /// The address of this side.
    ///
    /// # Errors
    ///
    /// None: a connection that has ended keeps it.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        host::address(self.0.stream.local_address())
    }

    /// Closes the connection for reading, for writing or for both. Calls that wait for what has been
    /// closed return: a read is at the end, and a write fails with [`BrokenPipe`](ErrorKind::BrokenPipe).
    ///
    /// What has been written is still sent, and the other side then reads the end.
    ///
    /// # Errors
    ///
    /// None.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        if how != Shutdown::Write {
            self.0.stream.shutdown_read();
        }
        if how != Shutdown::Read {
            self.0.stream.shutdown_write();
        }
        Ok(())
    }

    /// Another handle of the same connection, with the same modes.
    ///
    /// # Errors
    ///
    /// None.
    pub fn try_clone(&self) -> io::Result<TcpStream> {
        Ok(self.again())
    }

    pub(crate) fn again(&self) -> TcpStream {
        TcpStream(self.0.clone())
    }

    /// How long a read waits; `None` is for ever, and the beginning. Afterwards it fails with
    /// [`WouldBlock`](ErrorKind::WouldBlock), and nothing is lost.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput) if the time is zero.
    pub fn set_read_timeout(&self, dur: Option<Duration>) -> io::Result<()> {
        host::set_timeout(&self.0.mode.reading, dur)
    }

    /// How long a write waits, as [`set_read_timeout`](Self::set_read_timeout).
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput) if the time is zero.
    pub fn set_write_timeout(&self, dur: Option<Duration>) -> io::Result<()> {
        host::set_timeout(&self.0.mode.writing, dur)
    }

    /// How long a read waits.
    ///
    /// # Errors
    ///
    /// None.
    pub fn read_timeout(&self) -> io::Result<Option<Duration>> {
        Ok(self.0.mode.reading.get())
    }

    /// How long a write waits.
    ///
    /// # Errors
    ///
    /// None.
    pub fn write_timeout(&self) -> io::Result<Option<Duration>> {
        Ok(self.0.mode.writing.get())
    }

    /// Reads, and leaves what it has read to be read again.
    ///
    /// # Errors
    ///
    /// As those of a read.
    pub fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.receive(buf, Stream::peek)
    }

    /// Whether small writes are sent at once (`TCP_NODELAY`).
    ///
    /// # Errors
    ///
    /// None.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.0.stream.set_no_delay(nodelay);
        self.0.no_delay.set(nodelay);
        Ok(())
    }

    /// Whether small writes are sent at once.
    ///
    /// # Errors
    ///
    /// None.
    pub fn nodelay(&self) -> io::Result<bool> {
        Ok(self.0.no_delay.get())
    }

    /// The error of the connection that no call has returned yet, if there is one.
    ///
    /// # Errors
    ///
    /// None.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        Ok(host::taken(self.0.stream.take_error()))
    }

    /// In the non-blocking mode, what would have to wait fails with
    /// [`WouldBlock`](ErrorKind::WouldBlock). Sockets move while the event loop turns: who polls has to
    /// let it.
    ///
    /// # Errors
    ///
    /// None.
    pub fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        self.0.mode.is_nonblocking.set(nonblocking);
        Ok(())
    }

    fn receive(
        &self,
        out: &mut [u8],
        receive: impl Fn(&Stream, &mut [u8]) -> Result<i32, wasm_bindgen::JsValue>,
    ) -> io::Result<usize> {
        let Shared { stream, mode, .. } = &*self.0;
        if out.is_empty() {
            return Ok(0);
        }
        let attempt = || Ok(count(receive(stream, out)?));
        mode.wait(mode.reading.get(), attempt, |milliseconds| stream.when_readable(milliseconds))
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.stream.close();
    }
}

impl Read for &TcpStream {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.receive(buf, Stream::read)
    }
}

impl Write for &TcpStream {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let Shared { stream, mode, .. } = &*self.0;
        if buf.is_empty() {
            return Ok(0);
        }
        let attempt = || Ok(count(stream.write(buf)?));
        mode.wait(mode.writing.get(), attempt, |milliseconds| stream.when_writable(milliseconds))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for TcpStream {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        (&*self).read(buf)
    }
}

impl Write for TcpStream {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        (&*self).write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Debug for TcpStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("TcpStream");
        if let Ok(address) = self.local_addr() {
            shown.field("addr", &address);
        }
        if let Ok(address) = self.peer_addr() {
            shown.field("peer", &address);
        }
        shown.finish()
    }
}
