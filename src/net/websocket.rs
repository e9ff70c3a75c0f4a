//! `WebSocket`: the connection that pages have.

use super::waiting::{count, error, wait};
use crate::Error;
use js_sys::{Array, Promise, Uint8Array};
use std::fmt;
use std::io::{self, Read, Write};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

#[wasm_bindgen(raw_module = "suspendable:host/websocket")]
extern "C" {
    #[wasm_bindgen(catch)]
    fn open(url: &str, protocols: Vec<String>) -> Result<Socket, JsValue>;

    type Socket;
    #[wasm_bindgen(method, catch, js_name = isOpen)]
    fn is_open(this: &Socket) -> Result<bool, JsValue>;
    #[wasm_bindgen(method)]
    fn protocol(this: &Socket) -> String;
    #[wasm_bindgen(method, catch)]
    fn receive(this: &Socket) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn read(this: &Socket, out: &mut [u8]) -> Result<i32, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn write(this: &Socket, bytes: &[u8]) -> Result<i32, JsValue>;
    #[wasm_bindgen(method, catch, js_name = sendText)]
    fn send_text(this: &Socket, text: &str) -> Result<i32, JsValue>;
    #[wasm_bindgen(method, catch, js_name = isFlushed)]
    fn is_flushed(this: &Socket) -> Result<bool, JsValue>;
    #[wasm_bindgen(method, js_name = beginToClose)]
    fn begin_to_close(this: &Socket, code: u16, reason: &str);
    #[wasm_bindgen(method, catch, js_name = isClosed)]
    fn is_closed(this: &Socket) -> Result<bool, JsValue>;
    #[wasm_bindgen(method, js_name = closedWith)]
    fn closed_with(this: &Socket) -> Option<Array>;
    #[wasm_bindgen(method, js_name = whenReadable)]
    fn when_readable(this: &Socket) -> Promise;
    #[wasm_bindgen(method, js_name = whenOpen)]
    fn when_open(this: &Socket) -> Promise;
    #[wasm_bindgen(method, js_name = whenWritable)]
    fn when_writable(this: &Socket) -> Promise;
    #[wasm_bindgen(method)]
    fn drop(this: &Socket);
}

/// A WebSocket, on every host that has them: [`Read`] and [`Write`] over its messages.
///
/// What is written is a binary message, one for each call. What is read is as much as there is of a
/// message, binary or text; the bounds between messages are not seen. So a program that talks over a
/// `TcpStream` elsewhere talks over this one in a page, if the server has a WebSocket in front of it.
///
/// A write waits while 64 KB have not been sent; [`flush`](Write::flush) waits until all have been. There
/// is nothing of the kind for what is received: hosts take as much as comes.
///
/// `&WebSocket` can be read and written too, by several threads at once. It is closed when it is dropped;
/// what has been written is still sent.
///
/// ```no_run
/// use std::io::{BufRead, BufReader, Write};
/// use suspendable::net::WebSocket;
///
/// fn first_line(question: &str) -> std::io::Result<String> {
///     let socket = WebSocket::connect("wss://example.com/lines")?;
///     (&socket).write_all(question.as_bytes())?;
///     let mut line = String::new();
///     BufReader::new(&socket).read_line(&mut line)?;
///     Ok(line)
/// }
/// ```
///
/// # Errors
///
/// The codes 1000 and 1001, or none, are the end of what is read; with any other code, a read fails with
/// [`ConnectionAborted`](io::ErrorKind::ConnectionAborted), and says code and reason. A write to a
/// WebSocket that has been closed fails with [`BrokenPipe`](io::ErrorKind::BrokenPipe).
pub struct WebSocket(Socket);

// SAFETY: there is one thread of the machine's: the tool refuses modules with shared memory, and outside
// WebAssembly no `WebSocket` is ever made.
unsafe impl Send for WebSocket {}
// SAFETY: as above.
unsafe impl Sync for WebSocket {}

/// A message of a [`WebSocket`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A text.
    Text(String),
    /// Bytes.
    Binary(Vec<u8>),
}

impl From<&str> for Message {
    fn from(text: &str) -> Message {
        Message::Text(text.to_owned())
    }
}

impl From<String> for Message {
    fn from(text: String) -> Message {
        Message::Text(text)
    }
}

impl From<&[u8]> for Message {
    fn from(bytes: &[u8]) -> Message {
        Message::Binary(bytes.to_vec())
    }
}

impl From<Vec<u8>> for Message {
    fn from(bytes: Vec<u8>) -> Message {
        Message::Binary(bytes)
    }
}

impl WebSocket {
    /// Connects to a `ws:` or `wss:` URL.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) if it is no such URL;
    /// [`ConnectionRefused`](io::ErrorKind::ConnectionRefused) if there is no WebSocket to be had there,
    /// be it for what reason: pages are not told; [`Unsupported`](io::ErrorKind::Unsupported) on hosts
    /// without WebSockets, such as Node.js 20.
    pub fn connect(url: &str) -> io::Result<WebSocket> {
        Self::connect_with(url, &[])
    }

    /// Connects, and offers the server a choice of subprotocols.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    pub fn connect_with(url: &str, protocols: &[&str]) -> io::Result<WebSocket> {
        if !crate::can_block() {
            return Err(Error::CannotBlock.into());
        }
        let protocols = protocols.iter().map(|&name| name.to_owned()).collect();
        // Dropped, and so given up, if the wait fails.
        let socket = WebSocket(open(url, protocols).map_err(error)?);
        wait(|| Ok(socket.0.is_open()?.then_some(())), || socket.0.when_open())?;
        Ok(socket)
    }

    /// The subprotocol that the server has chosen, or nothing.
    pub fn protocol(&self) -> String {
        self.0.protocol()
    }

    /// Sends a whole message.
    ///
    /// # Errors
    ///
    /// As those of a write.
    pub fn send(&self, message: impl Into<Message>) -> io::Result<()> {
        let message = message.into();
        let attempt = || match &message {
            Message::Text(text) => self.0.send_text(text),
            Message::Binary(bytes) => self.0.write(bytes),
        };
        wait(|| Ok(count(attempt()?)), || self.0.when_writable())?;
        Ok(())
    }

    /// Waits for the next whole message, or what [`Read`] has left of one, as bytes; `None` at the end.
    ///
    /// # Errors
    ///
    /// As those of a read.
    pub fn receive(&self) -> io::Result<Option<Message>> {
        let attempt = || {
            let received = self.0.receive()?;
            Ok((!received.is_undefined()).then_some(received))
        };
        let received = wait(attempt, || self.0.when_readable())?;
        if received.is_null() {
            return Ok(None);
        }
        Ok(Some(match received.as_string() {
            Some(text) => Message::Text(text),
            None => Message::Binary(received.unchecked_ref::<Uint8Array>().to_vec()),
        }))
    }

    /// Closes it, with 1000 or a code from 3000 to 4999, and waits until the other side has agreed. What
    /// has been received until then can still be read.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) for other codes and for reasons of more than 123
    /// bytes; [`ConnectionAborted`](io::ErrorKind::ConnectionAborted) if the connection is lost first.
    pub fn close(&self, code: u16, reason: &str) -> io::Result<()> {
        // Not every host looks.
        if code != 1000 && !(3000..5000).contains(&code) || reason.len() > 123 {
            let what = "the code is not 1000 nor from 3000 to 4999, or the reason is too long";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
        }
        self.0.begin_to_close(code, reason);
        wait(|| Ok(self.0.is_closed()?.then_some(())), || self.0.when_readable())
    }

    /// The code and the reason that it has been closed with, if it has. 1005 stands for none, and 1006
    /// for a connection that was lost.
    pub fn closed(&self) -> Option<(u16, String)> {
        let with = self.0.closed_with()?;
        Some((with.get(0).as_f64()? as u16, with.get(1).as_string()?))
    }
}

impl Drop for WebSocket {
    fn drop(&mut self) {
        self.0.drop();
    }
}

impl Read for &WebSocket {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        wait(|| Ok(count(self.0.read(buf)?)), || self.0.when_readable())
    }
}

impl Write for &WebSocket {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        wait(|| Ok(count(self.0.write(buf)?)), || self.0.when_writable())
    }

    fn flush(&mut self) -> io::Result<()> {
        wait(|| Ok(self.0.is_flushed()?.then_some(())), || self.0.when_writable())
    }
}

impl Read for WebSocket {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        (&*self).read(buf)
    }
}

impl Write for WebSocket {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        (&*self).write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        (&*self).flush()
    }
}

impl fmt::Debug for WebSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket").finish_non_exhaustive()
    }
}
