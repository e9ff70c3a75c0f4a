//! What JavaScript's tests of WebSockets call.

use crate::calls::{Numbers, size, sum_of};
use std::io::{self, Read, Write};
use suspendable::net::{Message, WebSocket};
use suspendable::{Error, suspendable, thread};
use wasm_bindgen::prelude::wasm_bindgen;

fn tell<T: std::fmt::Debug>(result: io::Result<T>) -> String {
    match result {
        Ok(value) => format!("{value:?}"),
        Err(error) => format!("{:?}: {error}", error.kind()),
    }
}

/// Sends bytes and reads them back from an echo, both at once, in pieces of random sizes: the sums of
/// what was sent and of what came back.
#[suspendable(js_name = exchangeOverWebSocket)]
pub fn exchange(url: &str, seed: u32, total: usize) -> Result<Vec<u32>, Error> {
    let socket = WebSocket::connect(url)?;
    let sums = thread::scope(|scope| {
        let mut reader = &socket;
        let sent = scope.spawn(|| {
            let mut writer = &socket;
            let mut numbers = Numbers(seed);
            let (mut sum, mut left) = (0, total);
            while left > 0 {
                let length = size(&mut numbers).min(left);
                let bytes: Vec<_> = (0..length).map(|_| numbers.below(256) as u8).collect();
                writer.write_all(&bytes)?;
                sum = sum_of(sum, &bytes);
                left -= length;
            }
            writer.flush()?;
            io::Result::Ok(sum)
        });
        let (mut numbers, mut sum, mut left) = (Numbers(seed + 1), 0, total);
        let mut buffer = vec![0; 200_000];
        while left > 0 {
            let length = size(&mut numbers);
            let count = reader.read(&mut buffer[..length])?;
            assert!(count > 0 && count <= left);
            sum = sum_of(sum, &buffer[..count]);
            left -= count;
        }
        io::Result::Ok(vec![sent.join().expect("it returns")?, sum])
    });
    Ok(sums?)
}

/// What becomes of whole messages, and of those that are read in pieces, at an echo.
#[suspendable(js_name = messages)]
pub fn messages(url: &str) -> Result<Vec<String>, Error> {
    let mut socket = WebSocket::connect(url)?;
    for message in ["text ü ☃", ""] {
        socket.send(message)?;
    }
    socket.send(vec![])?;
    socket.send(&b"bytes"[..])?;
    let mut told = Vec::new();
    for _ in 0..4 {
        told.push(tell(socket.receive()));
    }
    for message in ["ü is two bytes", "", "in one"] {
        socket.send(message)?;
    }
    socket.write_all(b"binary")?;
    for length in [1, 3, 100, 100, 4] {
        let mut bytes = vec![0; length];
        let count = socket.read(&mut bytes)?;
        told.push(String::from_utf8_lossy(&bytes[..count]).into_owned());
    }
    // What is left of the message that has been read.
    told.push(tell(socket.receive()));
    Ok(told)
}

/// Receives until the end or an error, twice, and then sends: what came of each.
#[suspendable(js_name = untilTheEnd)]
pub fn until_the_end(url: &str) -> Result<Vec<String>, Error> {
    let mut socket = WebSocket::connect(url)?;
    let mut told =
        vec![tell(socket.receive()), tell(socket.receive()), tell(socket.read(&mut [0]))];
    told.push(tell(socket.write(b"more")));
    told.push(tell(Ok(socket.closed())));
    Ok(told)
}

/// Closes, and says what came of it, and what came of what was sent before.
#[suspendable(js_name = closeWebSocket)]
pub fn close(url: &str, code: u16, reason: &str) -> Result<Vec<String>, Error> {
    let socket = WebSocket::connect(url)?;
    socket.send("before")?;
    let mut told = vec![tell(socket.close(code, reason))];
    if told[0] == "()" {
        told.extend([tell(socket.receive()), tell(socket.receive()), tell(socket.send("after"))]);
        told.push(tell(Ok(socket.closed())));
    }
    Ok(told)
}

/// Connects, or says why not; the subprotocol.
#[suspendable(js_name = connectWebSocket)]
pub fn connect(url: &str, protocols: Vec<String>) -> String {
    let protocols: Vec<_> = protocols.iter().map(String::as_str).collect();
    tell(WebSocket::connect_with(url, &protocols).map(|socket| socket.protocol()))
}

/// Connects where no call can block.
#[wasm_bindgen(js_name = connectWebSocketOutside)]
pub fn connect_outside(url: &str) -> String {
    tell(WebSocket::connect(url))
}

/// Writes more than anybody keeps, flushes, and asks how much has come.
#[suspendable(js_name = writeToLate)]
pub fn write_to_late(url: &str, total: usize) -> Result<Vec<String>, Error> {
    let mut socket = WebSocket::connect(url)?;
    let mut waits = 0;
    let piece = vec![1; 100_000];
    for _ in 0..total / piece.len() {
        let before = suspendable::time::Instant::now();
        socket.write_all(&piece)?;
        waits += usize::from(before.elapsed().as_millis() >= 2);
    }
    socket.flush()?;
    socket.send("how much?")?;
    let Some(Message::Text(text)) = socket.receive()? else { panic!("no text") };
    Ok(vec![text, (waits > 0).to_string()])
}

/// Writes, and drops the WebSocket at once.
#[suspendable(js_name = sendAndDrop)]
pub fn send_and_drop(url: &str, length: usize) -> Result<(), Error> {
    Ok(WebSocket::connect(url)?.send(vec![1; length])?)
}
