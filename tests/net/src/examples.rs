//! The examples of std's documentation and of its tests, by module, as functions that panic if they fail.

pub mod datagrams;
pub mod listeners;
pub mod names;
pub mod streams;

use suspendable::net::{SocketAddr, TcpListener, TcpStream};

/// An address of this machine, whose port the system chooses.
const FREE: &str = "127.0.0.1:0";

/// Both ends of a connection.
fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind(FREE).unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (client, listener.accept().unwrap().0)
}

/// An address that nobody listens at.
fn nobody() -> SocketAddr {
    TcpListener::bind(FREE).unwrap().local_addr().unwrap()
}
