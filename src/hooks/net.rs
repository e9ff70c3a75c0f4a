//! std's sockets: each hook is the method of [`crate::net`]'s socket that it is named after.
//!
//! std declares them with the same types, as those of files, and keeps the address of a socket.

use super::fs::hooks;
use crate::net::own::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use crate::time::Duration;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};

type Timeout = Option<Duration>;

/// What all kinds of sockets have.
macro_rules! socket {
    ($socket:ident: $close:ident $clone:ident $show:ident) => {
        #[unsafe(no_mangle)]
        unsafe fn $close(socket: *const $socket) {
            // SAFETY: std was given it, and gives it back once.
            unsafe { super::give_back(socket) }
        }

        #[unsafe(no_mangle)]
        fn $clone(socket: &$socket) -> *const $socket {
            super::keep(socket.again())
        }

        #[unsafe(no_mangle)]
        fn $show(socket: &$socket, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            fmt::Debug::fmt(socket, f)
        }
    };
}

socket!(TcpStream: __suspendable_std_tcp_close __suspendable_std_tcp_clone __suspendable_std_tcp_show);
socket!(
    TcpListener: __suspendable_std_listener_close __suspendable_std_listener_clone __suspendable_std_listener_show
);
socket!(UdpSocket: __suspendable_std_udp_close __suspendable_std_udp_clone __suspendable_std_udp_show);

hooks! {
    fn __suspendable_std_tcp_connect(to: &SocketAddr) -> io::Result<*const TcpStream> =
        Ok(super::keep(TcpStream::connect(to)?));
    fn __suspendable_std_tcp_connect_timeout(to: &SocketAddr, time: Duration) -> io::Result<*const TcpStream> =
        Ok(super::keep(TcpStream::connect_timeout(to, time)?));
    fn __suspendable_std_tcp_set_read_timeout(stream: &TcpStream, time: Timeout) -> io::Result<()> =
        stream.set_read_timeout(time);
    fn __suspendable_std_tcp_set_write_timeout(stream: &TcpStream, time: Timeout) -> io::Result<()> =
        stream.set_write_timeout(time);
    fn __suspendable_std_tcp_read_timeout(stream: &TcpStream) -> io::Result<Timeout> =
        stream.read_timeout();
    fn __suspendable_std_tcp_write_timeout(stream: &TcpStream) -> io::Result<Timeout> =
        stream.write_timeout();
    fn __suspendable_std_tcp_peek(stream: &TcpStream, out: &mut [u8]) -> io::Result<usize> =
        stream.peek(out);
    fn __suspendable_std_tcp_read(stream: &TcpStream, out: &mut [u8]) -> io::Result<usize> =
        (&*stream).read(out);
    fn __suspendable_std_tcp_write(stream: &TcpStream, bytes: &[u8]) -> io::Result<usize> =
        (&*stream).write(bytes);
    fn __suspendable_std_tcp_peer_addr(stream: &TcpStream) -> io::Result<SocketAddr> =
        stream.peer_addr();
    fn __suspendable_std_tcp_local_addr(stream: &TcpStream) -> io::Result<SocketAddr> =
        stream.local_addr();
    fn __suspendable_std_tcp_shutdown(stream: &TcpStream, how: Shutdown) -> io::Result<()> =
        stream.shutdown(how);
    fn __suspendable_std_tcp_set_nodelay(stream: &TcpStream, on: bool) -> io::Result<()> =
        stream.set_nodelay(on);
    fn __suspendable_std_tcp_nodelay(stream: &TcpStream) -> io::Result<bool> =
        stream.nodelay();
    fn __suspendable_std_tcp_take_error(stream: &TcpStream) -> io::Result<Option<io::Error>> =
        stream.take_error();
    fn __suspendable_std_tcp_set_nonblocking(stream: &TcpStream, on: bool) -> io::Result<()> =
        stream.set_nonblocking(on);

    fn __suspendable_std_listener_bind(at: &SocketAddr) -> io::Result<*const TcpListener> =
        Ok(super::keep(TcpListener::bind(at)?));
    fn __suspendable_std_listener_local_addr(listener: &TcpListener) -> io::Result<SocketAddr> =
        listener.local_addr();
    fn __suspendable_std_listener_accept(listener: &TcpListener) -> io::Result<(*const TcpStream, SocketAddr)> =
        listener.accept().map(|(stream, address)| (super::keep(stream), address));
    fn __suspendable_std_listener_take_error(listener: &TcpListener) -> io::Result<Option<io::Error>> =
        listener.take_error();
    fn __suspendable_std_listener_set_nonblocking(listener: &TcpListener, on: bool) -> io::Result<()> =
        listener.set_nonblocking(on);

    fn __suspendable_std_udp_bind(at: &SocketAddr) -> io::Result<*const UdpSocket> =
        Ok(super::keep(UdpSocket::bind(at)?));
    fn __suspendable_std_udp_peer_addr(socket: &UdpSocket) -> io::Result<SocketAddr> =
        socket.peer_addr();
    fn __suspendable_std_udp_local_addr(socket: &UdpSocket) -> io::Result<SocketAddr> =
        socket.local_addr();
    fn __suspendable_std_udp_recv_from(socket: &UdpSocket, out: &mut [u8]) -> io::Result<(usize, SocketAddr)> =
        socket.recv_from(out);
    fn __suspendable_std_udp_peek_from(socket: &UdpSocket, out: &mut [u8]) -> io::Result<(usize, SocketAddr)> =
        socket.peek_from(out);
    fn __suspendable_std_udp_send_to(socket: &UdpSocket, bytes: &[u8], to: &SocketAddr) -> io::Result<usize> =
        socket.send_to(bytes, to);
    fn __suspendable_std_udp_set_read_timeout(socket: &UdpSocket, time: Timeout) -> io::Result<()> =
        socket.set_read_timeout(time);
    fn __suspendable_std_udp_set_write_timeout(socket: &UdpSocket, time: Timeout) -> io::Result<()> =
        socket.set_write_timeout(time);
    fn __suspendable_std_udp_read_timeout(socket: &UdpSocket) -> io::Result<Timeout> =
        socket.read_timeout();
    fn __suspendable_std_udp_write_timeout(socket: &UdpSocket) -> io::Result<Timeout> =
        socket.write_timeout();
    fn __suspendable_std_udp_set_broadcast(socket: &UdpSocket, on: bool) -> io::Result<()> =
        socket.set_broadcast(on);
    fn __suspendable_std_udp_broadcast(socket: &UdpSocket) -> io::Result<bool> =
        socket.broadcast();
    fn __suspendable_std_udp_set_ttl(socket: &UdpSocket, hops: u32) -> io::Result<()> =
        socket.set_ttl(hops);
    fn __suspendable_std_udp_ttl(socket: &UdpSocket) -> io::Result<u32> =
        socket.ttl();
    fn __suspendable_std_udp_take_error(socket: &UdpSocket) -> io::Result<Option<io::Error>> =
        socket.take_error();
    fn __suspendable_std_udp_set_nonblocking(socket: &UdpSocket, on: bool) -> io::Result<()> =
        socket.set_nonblocking(on);
    fn __suspendable_std_udp_recv(socket: &UdpSocket, out: &mut [u8]) -> io::Result<usize> =
        socket.recv(out);
    fn __suspendable_std_udp_peek(socket: &UdpSocket, out: &mut [u8]) -> io::Result<usize> =
        socket.peek(out);
    fn __suspendable_std_udp_send(socket: &UdpSocket, bytes: &[u8]) -> io::Result<usize> =
        socket.send(bytes);
    fn __suspendable_std_udp_connect(socket: &UdpSocket, to: &SocketAddr) -> io::Result<()> =
        socket.connect(to);

    fn __suspendable_std_net_look_up(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> =
        Ok((host, port).to_socket_addrs()?.collect());
}
