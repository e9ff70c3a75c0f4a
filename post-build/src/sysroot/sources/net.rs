//! Sockets of the host: the crate `suspendable` (src/hooks/net.rs) has the other half.
//!
//! As with files, the host never sees what a call reads into or writes from: bytes are copied while the fiber runs.

use super::each_addr;
use crate::fmt;
use crate::io::{self, BorrowedCursor, IoSlice, IoSliceMut};
use crate::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, ToSocketAddrs};
use crate::sys::unsupported;
use crate::time::Duration;
use crate::vec;

/// A kind of sockets: its hooks, of which all but those that make one take one that is open; and its methods that do
/// nothing but call one.
macro_rules! socket {
    (
        $socket:ident { $close:ident $clone:ident $show:ident }
        made by { $(fn $make:ident($($given:ident: $of:ty),*) -> $made:ty;)* }
        $($method:ident: fn $hook:ident($($argument:ident: $type:ty),*) -> $result:ty;)*
    ) => {
        // Both sides are compiled by one rustc, and say the same types.
        unsafe extern "Rust" {
            $(safe fn $make($($given: $of),*) -> $made;)*
            $(fn $hook(socket: *const (), $($argument: $type),*) -> $result;)*
            fn $close(socket: *const ());
            fn $clone(socket: *const ()) -> *const ();
            fn $show(socket: *const (), f: &mut fmt::Formatter<'_>) -> fmt::Result;
        }

        /// The address of a socket of the crate `suspendable`, which is this one's until it is dropped.
        pub struct $socket(*const ());

        // SAFETY: there is one thread of the machine's.
        unsafe impl Send for $socket {}
        // SAFETY: as above.
        unsafe impl Sync for $socket {}

        impl $socket {
            $(pub fn $method(&self, $($argument: $type),*) -> $result {
                // SAFETY: it is this one's, and open.
                unsafe { $hook(self.0, $($argument),*) }
            })*

            pub fn duplicate(&self) -> io::Result<$socket> {
                // SAFETY: as above.
                Ok($socket(unsafe { $clone(self.0) }))
            }
        }

        impl Drop for $socket {
            fn drop(&mut self) {
                // SAFETY: as above.
                unsafe { $close(self.0) }
            }
        }

        impl fmt::Debug for $socket {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // SAFETY: as above.
                unsafe { $show(self.0, f) }
            }
        }
    };
}

type Timeout = Option<Duration>;

socket! {
    TcpStream { __suspendable_std_tcp_close __suspendable_std_tcp_clone __suspendable_std_tcp_show }
    made by {
        fn __suspendable_std_tcp_connect(to: &SocketAddr) -> io::Result<*const ()>;
        fn __suspendable_std_tcp_connect_timeout(to: &SocketAddr, time: Duration) -> io::Result<*const ()>;
    }
    set_read_timeout: fn __suspendable_std_tcp_set_read_timeout(time: Timeout) -> io::Result<()>;
    set_write_timeout: fn __suspendable_std_tcp_set_write_timeout(time: Timeout) -> io::Result<()>;
    read_timeout: fn __suspendable_std_tcp_read_timeout() -> io::Result<Timeout>;
    write_timeout: fn __suspendable_std_tcp_write_timeout() -> io::Result<Timeout>;
    peek: fn __suspendable_std_tcp_peek(out: &mut [u8]) -> io::Result<usize>;
    read: fn __suspendable_std_tcp_read(out: &mut [u8]) -> io::Result<usize>;
    write: fn __suspendable_std_tcp_write(bytes: &[u8]) -> io::Result<usize>;
    peer_addr: fn __suspendable_std_tcp_peer_addr() -> io::Result<SocketAddr>;
    socket_addr: fn __suspendable_std_tcp_local_addr() -> io::Result<SocketAddr>;
    shutdown: fn __suspendable_std_tcp_shutdown(how: Shutdown) -> io::Result<()>;
    set_nodelay: fn __suspendable_std_tcp_set_nodelay(on: bool) -> io::Result<()>;
    nodelay: fn __suspendable_std_tcp_nodelay() -> io::Result<bool>;
    take_error: fn __suspendable_std_tcp_take_error() -> io::Result<Option<io::Error>>;
    set_nonblocking: fn __suspendable_std_tcp_set_nonblocking(on: bool) -> io::Result<()>;
}

impl TcpStream {
    pub fn connect<A: ToSocketAddrs>(addr: A) -> io::Result<TcpStream> {
        each_addr(addr, |addr| __suspendable_std_tcp_connect(addr).map(TcpStream))
    }

    pub fn connect_timeout(addr: &SocketAddr, timeout: Duration) -> io::Result<TcpStream> {
        __suspendable_std_tcp_connect_timeout(addr, timeout).map(TcpStream)
    }

    pub fn read_buf(&self, cursor: BorrowedCursor<'_>) -> io::Result<()> {
        crate::sys::stdio::fill(cursor, |buf| self.read(buf))
    }

    pub fn read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        io::default_read_vectored(|buf| self.read(buf), bufs)
    }

    pub fn is_read_vectored(&self) -> bool {
        false
    }

    pub fn write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        io::default_write_vectored(|buf| self.write(buf), bufs)
    }

    pub fn is_write_vectored(&self) -> bool {
        false
    }

    pub fn set_linger(&self, _: Option<Duration>) -> io::Result<()> {
        unsupported()
    }

    pub fn linger(&self) -> io::Result<Option<Duration>> {
        unsupported()
    }

    pub fn set_ttl(&self, _: u32) -> io::Result<()> {
        unsupported()
    }

    pub fn ttl(&self) -> io::Result<u32> {
        unsupported()
    }
}

socket! {
    TcpListener { __suspendable_std_listener_close __suspendable_std_listener_clone __suspendable_std_listener_show }
    made by {
        fn __suspendable_std_listener_bind(at: &SocketAddr) -> io::Result<*const ()>;
    }
    socket_addr: fn __suspendable_std_listener_local_addr() -> io::Result<SocketAddr>;
    accept_one: fn __suspendable_std_listener_accept() -> io::Result<(*const (), SocketAddr)>;
    take_error: fn __suspendable_std_listener_take_error() -> io::Result<Option<io::Error>>;
    set_nonblocking: fn __suspendable_std_listener_set_nonblocking(on: bool) -> io::Result<()>;
}

impl TcpListener {
    pub fn bind<A: ToSocketAddrs>(addr: A) -> io::Result<TcpListener> {
        each_addr(addr, |addr| __suspendable_std_listener_bind(addr).map(TcpListener))
    }

    pub fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, address) = self.accept_one()?;
        Ok((TcpStream(stream), address))
    }

    pub fn set_ttl(&self, _: u32) -> io::Result<()> {
        unsupported()
    }

    pub fn ttl(&self) -> io::Result<u32> {
        unsupported()
    }

    pub fn set_only_v6(&self, _: bool) -> io::Result<()> {
        unsupported()
    }

    pub fn only_v6(&self) -> io::Result<bool> {
        unsupported()
    }
}

socket! {
    UdpSocket { __suspendable_std_udp_close __suspendable_std_udp_clone __suspendable_std_udp_show }
    made by {
        fn __suspendable_std_udp_bind(at: &SocketAddr) -> io::Result<*const ()>;
    }
    peer_addr: fn __suspendable_std_udp_peer_addr() -> io::Result<SocketAddr>;
    socket_addr: fn __suspendable_std_udp_local_addr() -> io::Result<SocketAddr>;
    recv_from: fn __suspendable_std_udp_recv_from(out: &mut [u8]) -> io::Result<(usize, SocketAddr)>;
    peek_from: fn __suspendable_std_udp_peek_from(out: &mut [u8]) -> io::Result<(usize, SocketAddr)>;
    send_to: fn __suspendable_std_udp_send_to(bytes: &[u8], to: &SocketAddr) -> io::Result<usize>;
    set_read_timeout: fn __suspendable_std_udp_set_read_timeout(time: Timeout) -> io::Result<()>;
    set_write_timeout: fn __suspendable_std_udp_set_write_timeout(time: Timeout) -> io::Result<()>;
    read_timeout: fn __suspendable_std_udp_read_timeout() -> io::Result<Timeout>;
    write_timeout: fn __suspendable_std_udp_write_timeout() -> io::Result<Timeout>;
    set_broadcast: fn __suspendable_std_udp_set_broadcast(on: bool) -> io::Result<()>;
    broadcast: fn __suspendable_std_udp_broadcast() -> io::Result<bool>;
    set_ttl: fn __suspendable_std_udp_set_ttl(hops: u32) -> io::Result<()>;
    ttl: fn __suspendable_std_udp_ttl() -> io::Result<u32>;
    take_error: fn __suspendable_std_udp_take_error() -> io::Result<Option<io::Error>>;
    set_nonblocking: fn __suspendable_std_udp_set_nonblocking(on: bool) -> io::Result<()>;
    recv: fn __suspendable_std_udp_recv(out: &mut [u8]) -> io::Result<usize>;
    peek: fn __suspendable_std_udp_peek(out: &mut [u8]) -> io::Result<usize>;
    send: fn __suspendable_std_udp_send(bytes: &[u8]) -> io::Result<usize>;
    connect_one: fn __suspendable_std_udp_connect(to: &SocketAddr) -> io::Result<()>;
}

/// What the host has not.
macro_rules! unsupported {
    ($($method:ident($($type:ty),*) -> $result:ty;)*) => {
        impl UdpSocket {
            $(pub fn $method(&self, $(_: $type),*) -> io::Result<$result> {
                unsupported()
            })*
        }
    };
}

unsupported! {
    set_multicast_loop_v4(bool) -> ();
    multicast_loop_v4() -> bool;
    set_multicast_ttl_v4(u32) -> ();
    multicast_ttl_v4() -> u32;
    set_multicast_loop_v6(bool) -> ();
    multicast_loop_v6() -> bool;
    join_multicast_v4(&Ipv4Addr, &Ipv4Addr) -> ();
    join_multicast_v6(&Ipv6Addr, u32) -> ();
    leave_multicast_v4(&Ipv4Addr, &Ipv4Addr) -> ();
    leave_multicast_v6(&Ipv6Addr, u32) -> ();
}

impl UdpSocket {
    pub fn bind<A: ToSocketAddrs>(addr: A) -> io::Result<UdpSocket> {
        each_addr(addr, |addr| __suspendable_std_udp_bind(addr).map(UdpSocket))
    }

    pub fn connect<A: ToSocketAddrs>(&self, addr: A) -> io::Result<()> {
        each_addr(addr, |addr| self.connect_one(addr))
    }
}

pub struct LookupHost(vec::IntoIter<SocketAddr>);

impl Iterator for LookupHost {
    type Item = SocketAddr;
    fn next(&mut self) -> Option<SocketAddr> {
        self.0.next()
    }
}

pub fn lookup_host(host: &str, port: u16) -> io::Result<LookupHost> {
    unsafe extern "Rust" {
        safe fn __suspendable_std_net_look_up(host: &str, port: u16) -> io::Result<Vec<SocketAddr>>;
    }
    __suspendable_std_net_look_up(host, port).map(|found| LookupHost(found.into_iter()))
}
