//! `TcpListener`.

use super::{FREE, pair};
use std::io::{ErrorKind, Read, Write};
use suspendable::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use suspendable::thread;
use suspendable::time::Duration;

pub fn binds() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    assert_eq!(listener.local_addr().unwrap().ip(), Ipv4Addr::LOCALHOST);
    assert!(listener.take_error().unwrap().is_none());
}

pub fn binds_to_the_first() {
    let taken = TcpListener::bind(FREE).unwrap();
    let addresses = [taken.local_addr().unwrap(), FREE.parse().unwrap()];
    let listener = TcpListener::bind(&addresses[..]).unwrap();
    assert_ne!(listener.local_addr().unwrap().port(), addresses[0].port());
}

pub fn picks_a_port() {
    let (one, other) = (TcpListener::bind(FREE).unwrap(), TcpListener::bind(FREE).unwrap());
    let ports = [&one, &other].map(|listener| listener.local_addr().unwrap().port());
    assert!(ports[0] != 0 && ports[1] != 0 && ports[0] != ports[1]);
}

pub fn accepts() {
    let listener = TcpListener::bind(FREE).unwrap();
    let to = listener.local_addr().unwrap();
    let client = thread::spawn(move || {
        let mut stream = TcpStream::connect(to).unwrap();
        stream.write_all(b"hello").unwrap();
        stream.local_addr().unwrap()
    });
    let (mut stream, from) = listener.accept().unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert_eq!(text, "hello");
    assert_eq!(from, client.join().unwrap());
}

pub fn incoming() {
    let listener = TcpListener::bind(FREE).unwrap();
    let to = listener.local_addr().unwrap();
    let clients = thread::spawn(move || {
        for i in 0..10_u8 {
            TcpStream::connect(to).unwrap().write_all(&[i]).unwrap();
        }
    });
    let mut received = Vec::new();
    for stream in listener.incoming().take(10) {
        stream.unwrap().read_to_end(&mut received).unwrap();
    }
    assert_eq!(received, (0..10).collect::<Vec<u8>>());
    clients.join().unwrap();
}

pub fn nonblocking() {
    let listener = TcpListener::bind(FREE).unwrap();
    listener.set_nonblocking(true).unwrap();
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (_, from) = loop {
        match listener.accept() {
            Ok(accepted) => break accepted,
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
        thread::sleep(Duration::from_millis(1));
    };
    assert_eq!(from, client.local_addr().unwrap());
}

pub fn accepts_twice_at_once() {
    let listener = TcpListener::bind(FREE).unwrap();
    let accepting = [(); 2].map(|()| {
        let listener = listener.try_clone().unwrap();
        thread::spawn(move || listener.accept().unwrap().1)
    });
    let to = listener.local_addr().unwrap();
    let clients = [(); 2].map(|()| TcpStream::connect(to).unwrap());
    let mut from = accepting.map(|thread| thread.join().unwrap());
    let mut expected = clients.map(|client| client.local_addr().unwrap());
    from.sort();
    expected.sort();
    assert_eq!(from, expected);
}

pub fn in_use() {
    let (_client, server) = pair();
    let listener = TcpListener::bind(FREE).unwrap();
    let at = listener.local_addr().unwrap();
    assert_eq!(TcpListener::bind(at).unwrap_err().kind(), ErrorKind::AddrInUse);
    drop(server);
}

pub fn elsewhere() {
    let elsewhere: SocketAddr = "192.0.2.1:0".parse().unwrap();
    let error = TcpListener::bind(elsewhere).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrNotAvailable);
}

pub fn shows() {
    let listener = TcpListener::bind(FREE).unwrap();
    let expected = format!("TcpListener {{ addr: {:?}", listener.local_addr().unwrap());
    assert!(format!("{listener:?}").starts_with(&expected));
}
