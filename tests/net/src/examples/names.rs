//! `ToSocketAddrs`.

use std::io::ErrorKind;
use suspendable::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};

fn all(of: impl ToSocketAddrs) -> Vec<SocketAddr> {
    of.to_socket_addrs().unwrap().collect()
}

pub fn from_texts() {
    assert_eq!(all("127.0.0.1:12345"), [SocketAddr::from(([127, 0, 0, 1], 12345))]);
    assert_eq!(all("[::1]:80".to_owned()), [SocketAddr::from((Ipv6Addr::LOCALHOST, 80))]);
    let found = all("localhost:12345");
    assert!(
        !found.is_empty() && found.iter().all(|address| address.ip().is_loopback()),
        "{found:?}"
    );
    assert!(found.iter().all(|address| address.port() == 12345));
    let mut named = all(("localhost", 12345));
    named.extend(all(("localhost".to_owned(), 12345)));
    assert_eq!(named, [&found[..], &found[..]].concat());
}

pub fn from_tuples() {
    let expected = SocketAddr::from(([127, 0, 0, 1], 443));
    assert_eq!(all(("127.0.0.1", 443)), [expected]);
    assert_eq!(all((Ipv4Addr::LOCALHOST, 443)), [expected]);
    assert_eq!(all((expected.ip(), 443)), [expected]);
    assert_eq!(all((Ipv6Addr::LOCALHOST, 1)), ["[::1]:1".parse().unwrap()]);
    assert_eq!(all(expected), [expected]);
}

pub fn from_slices() {
    let addresses = [SocketAddr::from(([0, 0, 0, 0], 80)), SocketAddr::from(([127, 0, 0, 1], 443))];
    assert_eq!(all(&addresses[..]), addresses);
}

pub fn invalid() {
    for (text, expected) in [
        ("localhost", "invalid socket address"),
        ("localhost:", "invalid port value"),
        ("127.0.0.1:66000", "invalid port value"),
    ] {
        let error = text.to_socket_addrs().err().unwrap();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(error.to_string(), expected);
    }
}

pub fn unknown() {
    assert!("nobody.invalid:80".to_socket_addrs().is_err());
}
