//! `UdpSocket`.

use super::addresses::{self, ToSocketAddrs};
use super::host::{self, Datagrams, Mode};
use super::waiting::{count, error, wait};
use crate::time::Duration;
use std::cell::Cell;
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::rc::Rc;
use wasm_bindgen::JsValue;

/// What sends and receives datagrams, as [`std::net::UdpSocket`].
///
/// It keeps a quarter of a megabyte of datagrams that nobody has received; others are lost.
///
/// ```no_run
/// use suspendable::net::UdpSocket;
///
/// fn main() -> std::io::Result<()> {
///     let socket = UdpSocket::bind("127.0.0.1:34254")?;
///     // Receives a datagram, and sends it back in reverse.
///     let mut bytes = [0; 10];
///     let (count, from) = socket.recv_from(&mut bytes)?;
///     bytes[..count].reverse();
///     socket.send_to(&bytes[..count], &from)?;
///     Ok(())
/// } // the socket is closed here
/// ```
pub struct UdpSocket(Rc<Shared>);

/// What clones share.
struct Shared {
    socket: Datagrams,
    mode: Mode,
    broadcast: Cell<bool>,
    ttl: Cell<u32>,
}

// SAFETY: there is one thread of the machine's: the tool refuses modules with shared memory.
unsafe impl Send for UdpSocket {}
// SAFETY: as above.
unsafe impl Sync for UdpSocket {}

impl UdpSocket {
    /// A socket at the first of the addresses that can be had. The port 0 is one that is free.
    ///
    /// # Errors
    ///
    /// That of the last address; what [`ToSocketAddrs`] fails with.
    pub fn bind<A: ToSocketAddrs>(addr: A) -> io::Result<UdpSocket> {
        addresses::each(addr, |address| {
            let (socket, mode) = (host::begin_to_bind(address)?, Mode::default());
            let (broadcast, ttl) = (Cell::new(false), Cell::new(64));
            // Dropped, and so given up, if the wait fails.
            let bound = UdpSocket(Rc::new(Shared { socket, mode, broadcast, ttl }));
            let binding = &bound.0.socket;
            let attempt = || Ok(binding.is_bound()?.then_some(()));
            wait(attempt, || binding.when_receivable(None))?;
            Ok(bound)
        })
    }

    /// Waits for a datagram: how many bytes it has, and who sent it. What does not fit is cut off.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](ErrorKind::WouldBlock) after the time-out, and in the non-blocking mode if there is
    /// none; what the host says, such as [`ConnectionRefused`](ErrorKind::ConnectionRefused) if nobody
    /// listens where it is connected to.
    pub fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.receive(buf, Datagrams::receive)
    }

    /// As [`recv_from`](Self::recv_from), and leaves the datagram to be received again.
    ///
    /// # Errors
    ///
    /// As [`recv_from`](Self::recv_from).
    pub fn peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.receive(buf, Datagrams::peek)
    }

    /// Sends a datagram to the first of the addresses.
    ///
    /// # Errors
    ///
    /// What the host says; what [`ToSocketAddrs`] fails with.
    pub fn send_to<A: ToSocketAddrs>(&self, buf: &[u8], addr: A) -> io::Result<usize> {
        match addr.to_socket_addrs()?.next() {
            Some(address) => self.0.socket.send(buf, Some(address)),
            None => Err(io::Error::new(ErrorKind::InvalidInput, "no addresses to send data to")),
        }
    }

    /// The address that it is connected to.
    ///
    /// # Errors
    ///
    /// [`NotConnected`](ErrorKind::NotConnected).
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        host::address(self.0.socket.peer_address())
    }

    /// The address of this side.
    ///
    /// # Errors
    ///
    /// None.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        host::address(self.0.socket.local_address())
    }

    /// Another handle of the same socket, with the same modes.
    ///
    /// # Errors
    ///
    /// None.
    pub fn try_clone(&self) -> io::Result<UdpSocket> {
        Ok(self.again())
    }

    pub(crate) fn again(&self) -> UdpSocket {
        UdpSocket(self.0.clone())
    }

    /// How long it waits for a datagram, as
    /// [`TcpStream::set_read_timeout`](super::TcpStream::set_read_timeout).
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput) if the time is zero.
    pub fn set_read_timeout(&self, dur: Option<Duration>) -> io::Result<()> {
        host::set_timeout(&self.0.mode.reading, dur)
    }

    /// How long it may take to send. It never takes long, and is not looked at.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput) if the time is zero.
    pub fn set_write_timeout(&self, dur: Option<Duration>) -> io::Result<()> {
        host::set_timeout(&self.0.mode.writing, dur)
    }

    /// How long it waits for a datagram.
    ///
    /// # Errors
    ///
    /// None.
    pub fn read_timeout(&self) -> io::Result<Option<Duration>> {
        Ok(self.0.mode.reading.get())
    }

    /// How long it may take to send.
    ///
    /// # Errors
    ///
    /// None.
    pub fn write_timeout(&self) -> io::Result<Option<Duration>> {
        Ok(self.0.mode.writing.get())
    }

    /// Whether it may send to a broadcast address.
    ///
    /// # Errors
    ///
    /// What the host says.
    pub fn set_broadcast(&self, broadcast: bool) -> io::Result<()> {
        self.0.socket.set_broadcast(broadcast).map_err(error)?;
        self.0.broadcast.set(broadcast);
        Ok(())
    }

    /// Whether it may send to a broadcast address.
    ///
    /// # Errors
    ///
    /// None.
    pub fn broadcast(&self) -> io::Result<bool> {
        Ok(self.0.broadcast.get())
    }

    /// How many hops a datagram may take.
    ///
    /// # Errors
    ///
    /// What the host says, if there are none or more than 255.
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.0.socket.set_ttl(ttl).map_err(error)?;
        self.0.ttl.set(ttl);
        Ok(())
    }

    /// How many hops a datagram may take: 64, if nobody has said otherwise.
    ///
    /// # Errors
    ///
    /// None.
    pub fn ttl(&self) -> io::Result<u32> {
        Ok(self.0.ttl.get())
    }

    /// The error that no call has returned yet, if there is one.
    ///
    /// # Errors
    ///
    /// None.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        Ok(host::taken(self.0.socket.take_error()))
    }

    /// Connects to the first of the addresses that can be: datagrams of others are no longer received.
    ///
    /// # Errors
    ///
    /// That of the last address; what [`ToSocketAddrs`] fails with.
    pub fn connect<A: ToSocketAddrs>(&self, addr: A) -> io::Result<()> {
        addresses::each(addr, |address| self.0.socket.connect(address))
    }

    /// Sends a datagram to where it is connected.
    ///
    /// # Errors
    ///
    /// What the host says; another if it is not connected.
    pub fn send(&self, buf: &[u8]) -> io::Result<usize> {
        self.0.socket.send(buf, None)
    }

    /// Waits for a datagram, as [`recv_from`](Self::recv_from).
    ///
    /// # Errors
    ///
    /// As [`recv_from`](Self::recv_from).
    pub fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        Ok(self.recv_from(buf)?.0)
    }

    /// As [`recv`](Self::recv), and leaves the datagram to be received again.
    ///
    /// # Errors
    ///
    /// As [`recv_from`](Self::recv_from).
    pub fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        Ok(self.peek_from(buf)?.0)
    }

    /// As [`TcpStream::set_nonblocking`](super::TcpStream::set_nonblocking).
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
        receive: impl Fn(&Datagrams, &mut [u8]) -> Result<i32, JsValue>,
    ) -> io::Result<(usize, SocketAddr)> {
        let Shared { socket, mode, .. } = &*self.0;
        let attempt = || Ok(count(receive(socket, out)?));
        let change = |milliseconds| socket.when_receivable(milliseconds);
        let count = mode.wait(mode.reading.get(), attempt, change)?;
        // Nothing has run since: it is that of this datagram.
        Ok((count, host::address(socket.sender())?))
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.socket.close();
    }
}

impl fmt::Debug for UdpSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("UdpSocket");
        if let Ok(address) = self.local_addr() {
            shown.field("addr", &address);
        }
        shown.finish()
    }
}
