//! WebSockets by tungstenite, which knows nothing of JavaScript: it reads and writes a stream that blocks.
//!
//! ```text
//! Server    a server, with a thread for each client, as in any book on sockets
//! Client    a client
//! crowd     many clients, each a thread too, and all in the same thread of the machine's
//! ask       one client over the host's own WebSocket: the one that there is in pages
//! ```

use std::cell::RefCell;
use std::io;
use suspendable::net::{self, TcpListener, TcpStream};
use suspendable::sync::Barrier;
use suspendable::{Error, suspendable, thread};
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Message, Utf8Bytes, WebSocket, accept_with_config, client};
use wasm_bindgen::prelude::wasm_bindgen;

/// For thousands of connections at once: a small buffer each.
fn config() -> Option<WebSocketConfig> {
    Some(WebSocketConfig::default().read_buffer_size(4096))
}

/// tungstenite's errors as ours; one that began in JavaScript comes out as it was.
fn failed(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    io::Error::other(error).into()
}

/// A server that answers each text in capitals.
#[wasm_bindgen]
pub struct Server {
    listener: TcpListener,
}

#[suspendable]
impl Server {
    /// Listens at an address, `127.0.0.1:0` for instance.
    #[suspendable]
    pub fn bind(address: &str) -> Result<Server, Error> {
        Ok(Server { listener: TcpListener::bind(address)? })
    }

    /// Where it listens.
    pub fn address(&self) -> Result<String, Error> {
        Ok(self.listener.local_addr()?.to_string())
    }

    /// Serves so many clients, and returns how many texts it has answered when all have gone.
    #[suspendable]
    pub fn serve(&self, clients: usize) -> Result<u32, Error> {
        let mut threads = Vec::new();
        for stream in self.listener.incoming().take(clients) {
            let stream = stream?;
            threads.push(thread::spawn(|| answer(stream)));
        }
        let mut answered = 0;
        for thread in threads {
            answered += thread.join().expect("it returns")?;
        }
        Ok(answered)
    }
}

/// Serves one client.
fn answer(stream: TcpStream) -> Result<u32, Error> {
    let mut socket = accept_with_config(stream, config()).map_err(failed)?;
    let mut answered = 0;
    loop {
        match socket.read() {
            Ok(Message::Text(text)) => {
                socket.send(Message::text(text.to_uppercase())).map_err(failed)?;
                answered += 1;
            }
            Ok(_) => {}
            Err(tungstenite::Error::ConnectionClosed) => return Ok(answered),
            Err(error) => return Err(failed(error)),
        }
    }
}

/// A client.
#[wasm_bindgen]
pub struct Client {
    socket: RefCell<WebSocket<TcpStream>>,
}

#[suspendable]
impl Client {
    /// Connects to an address.
    #[suspendable]
    pub fn connect(address: &str) -> Result<Client, Error> {
        let stream = TcpStream::connect(address)?;
        let url = format!("ws://{address}/");
        let (socket, _) = client::client_with_config(url, stream, config()).map_err(failed)?;
        Ok(Client { socket: RefCell::new(socket) })
    }

    /// Sends a text so many times, each when the one before has been answered; returns the last answer.
    #[suspendable]
    pub fn ask(&self, text: &str, times: usize) -> Result<String, Error> {
        let mut socket = self.socket.try_borrow_mut().map_err(failed)?;
        let mut answer = Utf8Bytes::default();
        for _ in 0..times {
            socket.send(Message::text(text)).map_err(failed)?;
            answer = socket.read().and_then(Message::into_text).map_err(failed)?;
        }
        Ok(answer.to_string())
    }

    /// Says good bye, and waits until the server has agreed.
    #[suspendable]
    pub fn close(&self) -> Result<(), Error> {
        let mut socket = self.socket.try_borrow_mut().map_err(failed)?;
        socket.close(None).map_err(failed)?;
        while socket.read().is_ok() {}
        Ok(())
    }
}

/// Connects so many clients, and sends so many texts from each when all are connected. Returns how many
/// answers are right.
#[suspendable]
pub fn crowd(address: &str, clients: usize, texts: usize) -> Result<u32, Error> {
    let connected = Barrier::new(clients);
    let client = |number: usize| {
        let client = Client::connect(address)?;
        connected.wait();
        let mut right = 0;
        for i in 0..texts {
            let answer = client.ask(&format!("text {i} of client {number}"), 1)?;
            right += u32::from(answer == format!("TEXT {i} OF CLIENT {number}"));
        }
        client.close()?;
        Ok::<_, Error>(right)
    };
    thread::scope(|scope| {
        let client = &client;
        let threads: Vec<_> = (0..clients).map(|i| scope.spawn(move || client(i))).collect();
        threads.into_iter().map(|thread| thread.join().expect("it returns")).sum()
    })
}

/// Sends a text over the host's own WebSocket, as a page has it, and returns the answer.
#[suspendable]
pub fn ask(url: &str, text: &str) -> Result<String, Error> {
    let socket = net::WebSocket::connect(url)?;
    socket.send(text)?;
    let answer = socket.receive()?;
    socket.close(1000, "")?;
    match answer {
        Some(net::Message::Text(answer)) => Ok(answer),
        other => Err(failed(io::Error::other(format!("no text: {other:?}")))),
    }
}
