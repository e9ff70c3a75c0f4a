//! `TcpListener`.

use super::addresses::{self, ToSocketAddrs};
use super::host::{self, Listener, Mode};
use super::stream::TcpStream;
use super::waiting::wait;
use std::fmt;
use std::io;
use std::iter::FusedIterator;
use std::net::SocketAddr;
use std::rc::Rc;

/// What accepts connections, as [`std::net::TcpListener`].
///
/// It is closed when the last of its clones is dropped, and with it the connections that nobody has
/// accepted.
///
/// ```no_run
/// use suspendable::net::{TcpListener, TcpStream};
///
/// fn handle_client(stream: TcpStream) {
///     // …
/// }
///
/// fn main() -> std::io::Result<()> {
///     let listener = TcpListener::bind("127.0.0.1:80")?;
///     for stream in listener.incoming() {
///         handle_client(stream?);
///     }
///     Ok(())
/// }
/// ```
pub struct TcpListener(Rc<Shared>);

/// What clones share.
struct Shared {
    listener: Listener,
    mode: Mode,
}

// SAFETY: there is one thread of the machine's: the tool refuses modules with shared memory.
unsafe impl Send for TcpListener {}
// SAFETY: as above.
unsafe impl Sync for TcpListener {}

impl TcpListener {
    /// Listens at the first of the addresses that can be had. The port 0 is one that is free.
    ///
    /// # Errors
    ///
    /// That of the last address; what [`ToSocketAddrs`] fails with.
    pub fn bind<A: ToSocketAddrs>(addr: A) -> io::Result<TcpListener> {
        addresses::each(addr, |address| {
            let (listener, mode) = (host::begin_to_listen(address)?, Mode::default());
            // Dropped, and so given up, if the wait fails.
            let bound = TcpListener(Rc::new(Shared { listener, mode }));
            let binding = &bound.0.listener;
            let attempt = || Ok(binding.is_listening()?.then_some(()));
            wait(attempt, || binding.when_acceptable(None))?;
            Ok(bound)
        })
    }

    /// Where it listens.
    ///
    /// # Errors
    ///
    /// None.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        host::address(self.0.listener.local_address())
    }

    /// Another handle of the same listener: each connection is accepted once.
    ///
    /// # Errors
    ///
    /// None.
    pub fn try_clone(&self) -> io::Result<TcpListener> {
        Ok(self.again())
    }

    pub(crate) fn again(&self) -> TcpListener {
        TcpListener(self.0.clone())
    }

    /// Waits for the next connection.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) in the non-blocking mode, if there is none; what the
    /// host says.
    pub fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let Shared { listener, mode } = &*self.0;
        let change = |milliseconds| listener.when_acceptable(milliseconds);
        let stream = TcpStream::new(mode.wait(None, || listener.accept(), change)?);
        let address = stream.peer_addr()?;
        Ok((stream, address))
    }

    /// The connections, one after the other, without an end.
    pub fn incoming(&self) -> Incoming<'_> {
        Incoming { listener: self }
    }

    /// The error that no call has returned yet, if there is one.
    ///
    /// # Errors
    ///
    /// None.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        Ok(host::taken(self.0.listener.take_error()))
    }

    /// As [`TcpStream::set_nonblocking`].
    ///
    /// # Errors
    ///
    /// None.
    pub fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        self.0.mode.is_nonblocking.set(nonblocking);
        Ok(())
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.listener.close();
    }
}

impl fmt::Debug for TcpListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("TcpListener");
        if let Ok(address) = self.local_addr() {
            shown.field("addr", &address);
        }
        shown.finish()
    }
}

/// What [`TcpListener::incoming`] returns.
#[derive(Debug)]
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct Incoming<'a> {
    listener: &'a TcpListener,
}

impl Iterator for Incoming<'_> {
    type Item = io::Result<TcpStream>;

    fn next(&mut self) -> Option<io::Result<TcpStream>> {
        Some(self.listener.accept().map(|(stream, _)| stream))
    }
}

impl FusedIterator for Incoming<'_> {}
