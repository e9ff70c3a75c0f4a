//! `std::net`, with the host's sockets.
//!
//! Where the target is not WebAssembly, and with `build --std`, this is [`std::net`]. In WebAssembly it has
//! the same names, signatures and semantics, over the sockets of Node.js, Deno and Bun, and a port changes its `use`
//! lines:
//!
//! ```no_run
//! use std::io::{Read, Write};
//! use suspendable::net::TcpStream;
//!
//! fn ask(server: &str, question: &str) -> std::io::Result<String> {
//!     let mut stream = TcpStream::connect(server)?;
//!     stream.write_all(question.as_bytes())?;
//!     let mut answer = String::new();
//!     stream.read_to_string(&mut answer)?;
//!     Ok(answer)
//! }
//! ```
//!
//! **What blocks:** to resolve a name, to connect and to bind; to read from a [`TcpStream`] while nothing
//! has come, and to write while 64 KB wait to be sent; [`TcpListener::accept`]; [`UdpSocket::recv`],
//! and [`UdpSocket::send`] until the system has the datagram. Any other call that can be done at once
//! does not suspend. Where no call can block ([`can_block`](crate::can_block)), what would
//! have to wait fails with [`WouldBlock`](std::io::ErrorKind::WouldBlock), and nothing is lost.
//!
//! # What changes for a port
//!
//! - Sockets move while JavaScript's event loop turns. A loop that polls a non-blocking socket has to
//!   call [`thread::sleep`](crate::thread::sleep) or [`yield_now`](crate::thread::yield_now), or it sees
//!   the same for ever.
//! - An error of the connection is told once to those who read and once to those who write, so that
//!   nobody takes it for the end of the stream. Afterwards a read is at the end, and a write fails with
//!   [`BrokenPipe`](std::io::ErrorKind::BrokenPipe).
//! - Errors have a [`suspendable::Error`](crate::Error) inside, with the host's own reason. A time-out is
//!   [`WouldBlock`](std::io::ErrorKind::WouldBlock), as on Unix; that of `connect_timeout` is
//!   [`TimedOut`](std::io::ErrorKind::TimedOut).
//! - Nothing has to be dropped for data to be sent. A socket that is open keeps the process from ending,
//!   as it does in JavaScript. So does one of a thread that has panicked: as after every abort, it is
//!   not dropped.
//!
//! # In pages
//!
//! Pages and workers have no sockets: everything here fails with
//! [`Unsupported`](std::io::ErrorKind::Unsupported). A [`WebSocket`] is [`Read`](std::io::Read) and
//! [`Write`](std::io::Write) too, on every host that has them, and is our own.

#[cfg(target_arch = "wasm32")]
mod addresses;
#[cfg(target_arch = "wasm32")]
mod host;
#[cfg(target_arch = "wasm32")]
mod listener;
#[cfg(target_arch = "wasm32")]
mod stream;
#[cfg(target_arch = "wasm32")]
mod udp;
mod waiting;
mod websocket;

#[cfg(all(target_arch = "wasm32", not(suspendable_std)))]
pub use own::*;
#[cfg(any(not(target_arch = "wasm32"), suspendable_std))]
pub use std::net::*;
pub use websocket::{Message, WebSocket};

/// What is here in WebAssembly. With `build --std`, std's own end in it.
#[cfg(target_arch = "wasm32")]
#[cfg_attr(suspendable_std, expect(unused_imports))]
pub(crate) mod own {
    pub use super::addresses::ToSocketAddrs;
    pub use super::listener::{Incoming, TcpListener};
    pub use super::stream::TcpStream;
    pub use super::udp::UdpSocket;
    pub use std::net::{
        AddrParseError, IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, SocketAddrV4,
        SocketAddrV6,
    };
}
