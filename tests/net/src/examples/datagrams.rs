//! `UdpSocket`.

use super::FREE;
use std::io::ErrorKind;
use suspendable::net::{SocketAddr, UdpSocket};
use suspendable::thread;
use suspendable::time::Duration;

const SHORT: Duration = Duration::from_millis(20);
const LONG: Duration = Duration::from_secs(20);

fn bound() -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind(FREE).unwrap();
    socket.set_read_timeout(Some(LONG)).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

pub fn sends_and_receives() {
    let ((one, at_one), (other, at_other)) = (bound(), bound());
    assert_eq!(one.send_to(b"forwards", at_other).unwrap(), 8);
    let mut bytes = [0; 20];
    assert_eq!(other.recv_from(&mut bytes).unwrap(), (8, at_one));
    bytes[..8].reverse();
    other.send_to(&bytes[..8], at_one).unwrap();
    assert_eq!(one.recv(&mut bytes).unwrap(), 8);
    assert_eq!(&bytes[..8], b"sdrawrof");
}

pub fn connects() {
    let ((one, at_one), (other, at_other), (third, _)) = (bound(), bound(), bound());
    assert_eq!(one.peer_addr().unwrap_err().kind(), ErrorKind::NotConnected);
    assert!(one.send(b"to whom").is_err());
    one.connect(at_other).unwrap();
    assert_eq!(one.peer_addr().unwrap(), at_other);
    one.send(b"hello").unwrap();
    let mut bytes = [0; 20];
    assert_eq!(other.recv_from(&mut bytes).unwrap(), (5, at_one));
    // Only from where it is connected to.
    third.send_to(b"not this", at_one).unwrap();
    other.send_to(b"this", at_one).unwrap();
    assert_eq!(one.recv_from(&mut bytes).unwrap(), (4, at_other));
    // And then to somebody else.
    one.connect(third.local_addr().unwrap()).unwrap();
    one.send(b"hi").unwrap();
    assert_eq!(third.recv(&mut bytes).unwrap(), 2);
}

pub fn peeks_and_cuts() {
    let ((one, at_one), (other, at_other)) = (bound(), bound());
    for text in ["a longer one", "", "next"] {
        one.send_to(text.as_bytes(), at_other).unwrap();
    }
    let mut bytes = [0; 4];
    assert_eq!(other.peek_from(&mut bytes).unwrap(), (4, at_one));
    assert_eq!(other.peek(&mut bytes).unwrap(), 4);
    // What does not fit is lost.
    assert_eq!(other.recv(&mut bytes).unwrap(), 4);
    assert_eq!(&bytes, b"a lo");
    assert_eq!(other.recv(&mut bytes).unwrap(), 0);
    assert_eq!(other.recv(&mut bytes).unwrap(), 4);
    assert_eq!(&bytes, b"next");
}

pub fn times_out() {
    let ((one, at_one), (other, _)) = (bound(), bound());
    one.set_read_timeout(Some(SHORT)).unwrap();
    assert_eq!(one.read_timeout().unwrap(), Some(SHORT));
    let kind = one.recv(&mut [0]).unwrap_err().kind();
    assert!(matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut), "{kind:?}");
    let zero = Some(Duration::ZERO);
    assert_eq!(one.set_read_timeout(zero).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(one.set_write_timeout(zero).unwrap_err().kind(), ErrorKind::InvalidInput);
    one.set_read_timeout(None).unwrap();
    other.send_to(&[5], at_one).unwrap();
    assert_eq!(one.recv(&mut [0]).unwrap(), 1);
}

pub fn nonblocking() {
    let ((one, at_one), (other, _)) = (bound(), bound());
    one.set_nonblocking(true).unwrap();
    assert_eq!(one.recv(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    other.send_to(&[5], at_one).unwrap();
    let mut byte = [0];
    while let Err(error) = one.recv(&mut byte) {
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(byte, [5]);
}

pub fn clones() {
    let ((one, at_one), (other, _)) = (bound(), bound());
    let clone = one.try_clone().unwrap();
    let receiving = thread::spawn(move || {
        let mut byte = [0];
        clone.recv(&mut byte).unwrap();
        byte[0]
    });
    drop(one);
    other.send_to(&[8], at_one).unwrap();
    assert_eq!(receiving.join().unwrap(), 8);
}

pub fn settings() {
    let (socket, at) = bound();
    socket.set_broadcast(true).unwrap();
    assert!(socket.broadcast().unwrap());
    socket.set_broadcast(false).unwrap();
    assert!(!socket.broadcast().unwrap());
    socket.set_ttl(42).unwrap();
    assert_eq!(socket.ttl().unwrap(), 42);
    assert!(socket.take_error().unwrap().is_none());
    assert!(format!("{socket:?}").starts_with(&format!("UdpSocket {{ addr: {at:?}")));
}

pub fn in_use() {
    let (_socket, at) = bound();
    assert_eq!(UdpSocket::bind(at).unwrap_err().kind(), ErrorKind::AddrInUse);
    let other = UdpSocket::bind(&[at, FREE.parse().unwrap()][..]).unwrap();
    assert_ne!(other.local_addr().unwrap(), at);
}

pub fn too_large() {
    let ((one, _), (_other, at_other)) = (bound(), bound());
    assert!(one.send_to(&[0; 70_000], at_other).is_err());
    let none: [SocketAddr; 0] = [];
    let error = one.send_to(&[0], &none[..]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(error.to_string(), "no addresses to send data to");
}

pub fn refused() {
    let (nobody, at_nobody) = bound();
    drop(nobody);
    let (socket, _) = bound();
    socket.connect(at_nobody).unwrap();
    socket.send(&[1]).unwrap();
    assert_eq!(socket.recv(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionRefused);
}
