//! The host's sockets (js/host/net.js).

use super::waiting::{Until, error, wait_until};
use crate::Error;
use crate::module::settle;
use crate::time::Duration;
use js_sys::{Array, Promise};
use std::cell::Cell;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(raw_module = "suspendable:host/net")]
extern "C" {
    #[wasm_bindgen(catch)]
    fn connect(host: &str, port: u16) -> Result<Stream, JsValue>;
    #[wasm_bindgen(catch)]
    fn listen(host: &str, port: u16) -> Result<Listener, JsValue>;
    #[wasm_bindgen(catch)]
    fn bind(host: &str, port: u16) -> Result<Datagrams, JsValue>;
    #[wasm_bindgen(catch, js_name = lookUp)]
    fn look_up_now(name: &str) -> Result<JsValue, JsValue>;

    /// A connection, or what is going to be one.
    pub(super) type Stream;
    #[wasm_bindgen(method, catch, js_name = isConnected)]
    pub fn is_connected(this: &Stream) -> Result<bool, JsValue>;
    #[wasm_bindgen(method, catch)]
    pub fn read(this: &Stream, out: &mut [u8]) -> Result<i32, JsValue>;
    #[wasm_bindgen(method, catch)]
    pub fn peek(this: &Stream, out: &mut [u8]) -> Result<i32, JsValue>;
    #[wasm_bindgen(method, catch)]
    pub fn write(this: &Stream, bytes: &[u8]) -> Result<i32, JsValue>;
    #[wasm_bindgen(method, js_name = whenReadable)]
    pub fn when_readable(this: &Stream, milliseconds: Option<f64>) -> Promise;
    #[wasm_bindgen(method, js_name = whenWritable)]
    pub fn when_writable(this: &Stream, milliseconds: Option<f64>) -> Promise;
    #[wasm_bindgen(method, js_name = localAddress)]
    pub fn local_address(this: &Stream) -> Option<Array>;
    #[wasm_bindgen(method, js_name = peerAddress)]
    pub fn peer_address(this: &Stream) -> Option<Array>;
    #[wasm_bindgen(method, js_name = shutdownRead)]
    pub fn shutdown_read(this: &Stream);
    #[wasm_bindgen(method, js_name = shutdownWrite)]
    pub fn shutdown_write(this: &Stream);
    #[wasm_bindgen(method, js_name = setNoDelay)]
    pub fn set_no_delay(this: &Stream, on: bool);
    #[wasm_bindgen(method, js_name = takeError)]
    pub fn take_error(this: &Stream) -> JsValue;
    #[wasm_bindgen(method)]
    pub fn close(this: &Stream);

    /// What listens, or is going to.
    pub(super) type Listener;
    #[wasm_bindgen(method, catch, js_name = isListening)]
    pub fn is_listening(this: &Listener) -> Result<bool, JsValue>;
    #[wasm_bindgen(method, catch)]
    pub fn accept(this: &Listener) -> Result<Option<Stream>, JsValue>;
    #[wasm_bindgen(method, js_name = whenAcceptable)]
    pub fn when_acceptable(this: &Listener, milliseconds: Option<f64>) -> Promise;
    #[wasm_bindgen(method, js_name = localAddress)]
    pub fn local_address(this: &Listener) -> Option<Array>;
    #[wasm_bindgen(method, js_name = takeError)]
    pub fn take_error(this: &Listener) -> JsValue;
    #[wasm_bindgen(method)]
    pub fn close(this: &Listener);

    /// A socket of datagrams, or what is going to be one.
    pub(super) type Datagrams;
    #[wasm_bindgen(method, catch, js_name = isBound)]
    pub fn is_bound(this: &Datagrams) -> Result<bool, JsValue>;
    #[wasm_bindgen(method, catch, js_name = connect)]
    fn connect_now(this: &Datagrams, host: &str, port: u16) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = send)]
    fn send_now(
        this: &Datagrams,
        bytes: &[u8],
        host: Option<&str>,
        port: Option<u16>,
    ) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    pub fn receive(this: &Datagrams, out: &mut [u8]) -> Result<i32, JsValue>;
    #[wasm_bindgen(method, catch)]
    pub fn peek(this: &Datagrams, out: &mut [u8]) -> Result<i32, JsValue>;
    #[wasm_bindgen(method)]
    pub fn sender(this: &Datagrams) -> Option<Array>;
    #[wasm_bindgen(method, js_name = whenReceivable)]
    pub fn when_receivable(this: &Datagrams, milliseconds: Option<f64>) -> Promise;
    #[wasm_bindgen(method, js_name = localAddress)]
    pub fn local_address(this: &Datagrams) -> Option<Array>;
    #[wasm_bindgen(method, js_name = peerAddress)]
    pub fn peer_address(this: &Datagrams) -> Option<Array>;
    #[wasm_bindgen(method, catch, js_name = setBroadcast)]
    pub fn set_broadcast(this: &Datagrams, on: bool) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = setTtl)]
    pub fn set_ttl(this: &Datagrams, hops: u32) -> Result<(), JsValue>;
    #[wasm_bindgen(method, js_name = takeError)]
    pub fn take_error(this: &Datagrams) -> JsValue;
    #[wasm_bindgen(method)]
    pub fn close(this: &Datagrams);
}

/// A stream that is being connected.
pub(super) fn begin_to_connect(to: SocketAddr) -> io::Result<Stream> {
    connect(&host_of(to), to.port()).map_err(error)
}

/// A listener that is going to listen.
pub(super) fn begin_to_listen(at: SocketAddr) -> io::Result<Listener> {
    listen(&host_of(at), at.port()).map_err(error)
}

/// A socket that is being bound.
pub(super) fn begin_to_bind(at: SocketAddr) -> io::Result<Datagrams> {
    bind(&host_of(at), at.port()).map_err(error)
}

impl Datagrams {
    /// From now on it receives from there alone.
    pub fn connect(&self, to: SocketAddr) -> io::Result<()> {
        require_fiber()?;
        settle(self.connect_now(&host_of(to), to.port()))?;
        Ok(())
    }

    /// Sends, to where it is connected if no address is given.
    pub fn send(&self, bytes: &[u8], to: Option<SocketAddr>) -> io::Result<usize> {
        require_fiber()?;
        let host = to.map(host_of);
        settle(self.send_now(bytes, host.as_deref(), to.map(|to| to.port())))?;
        Ok(bytes.len())
    }
}

/// Where no call can block, nothing is begun that would have to be waited for.
fn require_fiber() -> io::Result<()> {
    if crate::can_block() { Ok(()) } else { Err(Error::CannotBlock.into()) }
}

/// The addresses of a host.
pub(super) fn look_up(name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    require_fiber()?;
    let found = settle(look_up_now(name))?;
    let found = Array::from(&found);
    let addresses = found.iter().filter_map(|address| parse(&address.as_string()?));
    Ok(addresses.map(|(ip, scope)| with_scope(ip, port, scope)).collect())
}

/// Which mode a socket is in, and for how long it waits.
#[derive(Debug, Default)]
pub(super) struct Mode {
    pub is_nonblocking: Cell<bool>,
    pub reading: Cell<Option<Duration>>,
    pub writing: Cell<Option<Duration>>,
}

/// A time-out, as std takes them.
pub(super) fn set_timeout(
    to: &Cell<Option<Duration>>,
    timeout: Option<Duration>,
) -> io::Result<()> {
    if timeout == Some(Duration::ZERO) {
        let what = "cannot set a 0 duration timeout";
        return Err(io::Error::new(ErrorKind::InvalidInput, what));
    }
    to.set(timeout);
    Ok(())
}

impl Mode {
    /// What comes of `attempt`, as soon as it is not `None`. In between it waits for `change`.
    pub fn wait<T>(
        &self,
        timeout: Option<Duration>,
        attempt: impl FnMut() -> Result<Option<T>, JsValue>,
        change: impl Fn(Option<f64>) -> Promise,
    ) -> io::Result<T> {
        let until = match timeout {
            _ if self.is_nonblocking.get() => Until::Now,
            Some(timeout) => Until::after(timeout),
            None => Until::Ever,
        };
        wait_until(until, attempt, change)?.ok_or_else(|| ErrorKind::WouldBlock.into())
    }
}

/// An error of the host's that may have come.
pub(super) fn taken(reason: JsValue) -> Option<io::Error> {
    (!reason.is_undefined()).then(|| error(reason))
}

/// An address as the host has it; there is none where there is no connection.
pub(super) fn address(of: Option<Array>) -> io::Result<SocketAddr> {
    let known = || {
        let of = of?;
        let (ip, scope) = parse(&of.get(0).as_string()?)?;
        Some(with_scope(ip, of.get(1).as_f64()? as u16, scope))
    };
    known().ok_or_else(|| ErrorKind::NotConnected.into())
}

/// `fe80::1%eth0` has a scope, whose number is not known.
fn parse(text: &str) -> Option<(IpAddr, u32)> {
    let (ip, scope) = text.split_once('%').unwrap_or((text, ""));
    Some((ip.parse().ok()?, scope.parse().unwrap_or(0)))
}

fn with_scope(ip: IpAddr, port: u16, scope: u32) -> SocketAddr {
    match ip {
        IpAddr::V6(ip) => SocketAddrV6::new(ip, port, 0, scope).into(),
        IpAddr::V4(_) => SocketAddr::new(ip, port),
    }
}

fn host_of(address: SocketAddr) -> String {
    match address {
        SocketAddr::V6(address) if address.scope_id() != 0 => {
            format!("{}%{}", address.ip(), address.scope_id())
        }
        _ => address.ip().to_string(),
    }
}
