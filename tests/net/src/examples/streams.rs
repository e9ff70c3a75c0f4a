//! `TcpStream`.

use super::{FREE, nobody, pair};
use std::io::{ErrorKind, IoSlice, IoSliceMut, Read, Write};
use suspendable::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use suspendable::thread;
use suspendable::time::{Duration, Instant};

/// Longer than anything takes that happens at all.
const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(20);

pub fn connects() {
    let listener = TcpListener::bind(FREE).unwrap();
    let mut stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    assert_eq!(stream.write(&[1]).unwrap(), 1);
    let (mut other, _) = listener.accept().unwrap();
    let mut byte = [0];
    assert_eq!(other.read(&mut byte).unwrap(), 1);
    assert_eq!(byte, [1]);
}

pub fn connects_to_the_first() {
    let listener = TcpListener::bind(FREE).unwrap();
    let addresses = [nobody(), listener.local_addr().unwrap(), nobody()];
    let stream = TcpStream::connect(&addresses[..]).unwrap();
    assert_eq!(stream.peer_addr().unwrap(), addresses[1]);
}

pub fn addresses() {
    let (client, server) = pair();
    assert_eq!(client.peer_addr().unwrap(), server.local_addr().unwrap());
    assert_eq!(client.local_addr().unwrap(), server.peer_addr().unwrap());
    assert_eq!(client.local_addr().unwrap().ip(), Ipv4Addr::LOCALHOST);
}

pub fn shuts_down() {
    let (mut client, mut server) = pair();
    client.write_all(b"to the end").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(client.write(b"more").unwrap_err().kind(), ErrorKind::BrokenPipe);
    let mut text = String::new();
    server.read_to_string(&mut text).unwrap();
    assert_eq!(text, "to the end");
    // The other half is open.
    server.write_all(b"and back").unwrap();
    drop(server);
    text.clear();
    client.read_to_string(&mut text).unwrap();
    assert_eq!(text, "and back");
}

pub fn clones() {
    let (client, mut server) = pair();
    let mut clone = client.try_clone().unwrap();
    let mut byte = [0];
    drop(client);
    clone.write_all(&[7]).unwrap();
    server.read_exact(&mut byte).unwrap();
    assert_eq!(byte, [7]);
    drop(clone);
    assert_eq!(server.read(&mut byte).unwrap(), 0);
}

pub fn times_out() {
    let (mut client, mut server) = pair();
    client.set_read_timeout(Some(SHORT)).unwrap();
    assert_eq!(client.read_timeout().unwrap(), Some(SHORT));
    let began = Instant::now();
    let kind = client.read(&mut [0; 8]).unwrap_err().kind();
    assert!(matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut), "{kind:?}");
    assert!(began.elapsed() >= SHORT);
    // Nothing is lost.
    server.write_all(b"late").unwrap();
    client.set_read_timeout(Some(LONG)).unwrap();
    let mut late = [0; 4];
    client.read_exact(&mut late).unwrap();
    assert_eq!(&late, b"late");

    // Nobody reads: in the end a write waits for too long.
    client.set_write_timeout(Some(SHORT)).unwrap();
    assert_eq!(client.write_timeout().unwrap(), Some(SHORT));
    let full = [0; 1 << 20];
    let kind = loop {
        if let Err(error) = client.write(&full) {
            break error.kind();
        }
    };
    assert!(matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut), "{kind:?}");
}

pub fn zero_timeouts() {
    let (client, _server) = pair();
    let zero = Some(Duration::ZERO);
    assert_eq!(client.set_read_timeout(zero).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(client.set_write_timeout(zero).unwrap_err().kind(), ErrorKind::InvalidInput);
    let error = TcpStream::connect_timeout(&nobody(), Duration::ZERO).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(client.read_timeout().unwrap(), None);
}

pub fn connect_timeouts() {
    let listener = TcpListener::bind(FREE).unwrap();
    TcpStream::connect_timeout(&listener.local_addr().unwrap(), LONG).unwrap();
    let error = TcpStream::connect_timeout(&nobody(), LONG).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
}

pub fn peeks() {
    let (mut client, mut server) = pair();
    client.write_all(b"peek").unwrap();
    let mut bytes = [0; 8];
    for _ in 0..2 {
        assert!(server.peek(&mut bytes).unwrap() > 0);
        assert_eq!(bytes[0], b'p');
    }
    server.read_exact(&mut bytes[..4]).unwrap();
    assert_eq!(&bytes[..4], b"peek");
    drop(client);
    assert_eq!(server.peek(&mut bytes).unwrap(), 0);
}

pub fn no_delay() {
    let (client, _server) = pair();
    assert!(!client.nodelay().unwrap());
    client.set_nodelay(true).unwrap();
    assert!(client.nodelay().unwrap());
    client.set_nodelay(false).unwrap();
    assert!(!client.nodelay().unwrap());
}

pub fn nonblocking() {
    let (mut client, mut server) = pair();
    client.set_nonblocking(true).unwrap();
    let mut bytes = [0; 8];
    assert_eq!(client.read(&mut bytes).unwrap_err().kind(), ErrorKind::WouldBlock);
    assert_eq!(client.peek(&mut bytes).unwrap_err().kind(), ErrorKind::WouldBlock);
    server.write_all(b"now").unwrap();
    let count = loop {
        match client.read(&mut bytes) {
            Ok(count) => break count,
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
        thread::sleep(Duration::from_millis(1));
    };
    assert_eq!(&bytes[..count], b"now");
    client.set_nonblocking(false).unwrap();
    drop(server);
    assert_eq!(client.read(&mut bytes).unwrap(), 0);
}

pub fn no_error() {
    let (client, _server) = pair();
    assert!(client.take_error().unwrap().is_none());
}

pub fn smoke() {
    let (mut client, mut server) = pair();
    let echo = thread::spawn(move || {
        let mut bytes = Vec::new();
        server.read_to_end(&mut bytes).unwrap();
        bytes.reverse();
        server.write_all(&bytes).unwrap();
    });
    let all: Vec<u8> = (0..200_000_u32).map(|i| i as u8).collect();
    client.write_all(&all).unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let mut back = Vec::new();
    client.read_to_end(&mut back).unwrap();
    back.reverse();
    assert!(back == all);
    echo.join().unwrap();
}

pub fn reads_the_end() {
    let (client, mut server) = pair();
    drop(client);
    for _ in 0..3 {
        assert_eq!(server.read(&mut [0]).unwrap(), 0);
    }
}

pub fn partial_reads() {
    let (mut client, mut server) = pair();
    client.write_all(&[1, 2, 3]).unwrap();
    let mut bytes = [0; 2];
    assert_eq!(server.read(&mut bytes).unwrap(), 2);
    assert_eq!(bytes, [1, 2]);
    // What is there, not what was asked for.
    let mut bytes = [0; 10];
    assert_eq!(server.read(&mut bytes).unwrap(), 1);
    assert_eq!(bytes[0], 3);
    assert_eq!(client.write(&[]).unwrap(), 0);
}

pub fn vectored() {
    let (mut client, mut server) = pair();
    let count =
        client.write_vectored(&[IoSlice::new(b""), IoSlice::new(b"one"), IoSlice::new(b"two")]);
    let count = count.unwrap();
    assert!(count == 3 || count == 6, "{count}");
    drop(client);
    let (mut first, mut second) = ([0; 0], [0; 8]);
    let mut slices = [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)];
    assert_eq!(server.read_vectored(&mut slices).unwrap(), count);
    assert!(b"onetwo".starts_with(&second[..count]));
}

pub fn closed_while_reading() {
    let (client, server) = pair();
    let reader = client.try_clone().unwrap();
    let reading = thread::spawn(move || (&reader).read(&mut [0]).unwrap());
    thread::yield_now();
    client.shutdown(Shutdown::Read).unwrap();
    assert_eq!(reading.join().unwrap(), 0);
    drop(server);
}

pub fn shut_for_reading() {
    let (mut client, mut server) = pair();
    client.shutdown(Shutdown::Read).unwrap();
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
    client.write_all(&[9]).unwrap();
    let mut byte = [0];
    server.read_exact(&mut byte).unwrap();
    assert_eq!(byte, [9]);
}

pub fn reads_and_writes_at_once() {
    let (client, server) = pair();
    let echo = thread::spawn(move || {
        let mut chunk = [0; 1000];
        loop {
            let count = (&server).read(&mut chunk).unwrap();
            if count == 0 {
                break;
            }
            (&server).write_all(&chunk[..count]).unwrap();
        }
    });
    thread::scope(|scope| {
        let writing = scope.spawn(|| {
            for i in 0..300_u32 {
                (&client).write_all(&i.to_le_bytes()).unwrap();
            }
            client.shutdown(Shutdown::Write).unwrap();
        });
        for i in 0..300_u32 {
            let mut bytes = [0; 4];
            (&client).read_exact(&mut bytes).unwrap();
            assert_eq!(u32::from_le_bytes(bytes), i);
        }
        writing.join().unwrap();
    });
    drop(client);
    echo.join().unwrap();
}

pub fn reads_twice_at_once() {
    let (client, mut server) = pair();
    let reading = (0..2).map(|_| {
        let mut client = client.try_clone().unwrap();
        thread::spawn(move || {
            let mut byte = [0];
            client.read_exact(&mut byte).unwrap();
            byte[0]
        })
    });
    let reading: Vec<_> = reading.collect();
    thread::yield_now();
    for byte in [1, 2] {
        server.write_all(&[byte]).unwrap();
    }
    let sum: u8 = reading.into_iter().map(|thread| thread.join().unwrap()).sum();
    assert_eq!(sum, 3);
}

pub fn writes_to_nobody() {
    let (mut client, server) = pair();
    drop(server);
    let error = loop {
        if let Err(error) = client.write(&[0; 1000]) {
            break error;
        }
        thread::sleep(Duration::from_millis(1));
    };
    let kind = error.kind();
    let closed = [ErrorKind::BrokenPipe, ErrorKind::ConnectionReset, ErrorKind::ConnectionAborted];
    assert!(closed.contains(&kind), "{kind:?}");
}

pub fn shows() {
    let (client, _server) = pair();
    let (local, peer) = (client.local_addr().unwrap(), client.peer_addr().unwrap());
    let shown = format!("{client:?}");
    let expected = format!("TcpStream {{ addr: {local:?}, peer: {peer:?}");
    assert!(shown.starts_with(&expected), "{shown}");
}

pub fn refused() {
    let error = TcpStream::connect(nobody()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    let none: [SocketAddr; 0] = [];
    let error = TcpStream::connect(&none[..]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(error.to_string(), "could not resolve to any addresses");
}
