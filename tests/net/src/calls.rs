//! What JavaScript's tests call.

use std::io::{self, Read, Write};
use suspendable::net::{Shutdown, TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use suspendable::sync::{Arc, Barrier};
use suspendable::time::Duration;
use suspendable::{Error, suspendable, thread};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

const HERE: &str = "127.0.0.1";

/// Numbers that look random, and are the same for the same seed.
pub(crate) struct Numbers(pub u32);

impl Numbers {
    pub fn below(&mut self, end: u32) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        (self.0 % end) as usize
    }
}

/// The sizes of reads and writes: mostly small, sometimes larger than any buffer.
pub(crate) fn size(numbers: &mut Numbers) -> usize {
    let largest = [10, 1000, 20_000, 200_000][numbers.below(4)];
    1 + numbers.below(largest)
}

pub(crate) fn sum_of(sum: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(sum, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(*byte)))
}

/// Sends what it receives back until there is no more, in pieces of random sizes; says how much it was.
fn echo(stream: TcpStream, seed: u32) -> io::Result<u64> {
    let mut numbers = Numbers(seed);
    let mut total = 0;
    let mut buffer = vec![0; 200_000];
    loop {
        let length = size(&mut numbers);
        let count = (&stream).read(&mut buffer[..length])?;
        if count == 0 {
            return Ok(total);
        }
        (&stream).write_all(&buffer[..count])?;
        total += count as u64;
    }
}

/// Sends bytes and reads them back from an echo, both at once, in pieces of random sizes: the sums of
/// what was sent and of what came back.
#[suspendable]
pub fn exchange(port: u16, seed: u32, total: usize) -> Result<Vec<u32>, Error> {
    let stream = TcpStream::connect((HERE, port))?;
    let sums = thread::scope(|scope| {
        let stream = &stream;
        let sent = scope.spawn(move || {
            let mut numbers = Numbers(seed);
            let (mut sum, mut left) = (0, total);
            while left > 0 {
                let bytes: Vec<_> =
                    (0..size(&mut numbers).min(left)).map(|_| numbers.below(256) as u8).collect();
                let mut writer = stream;
                let count = writer.write(&bytes)?;
                sum = sum_of(sum, &bytes[..count]);
                left -= count;
            }
            stream.shutdown(Shutdown::Write)?;
            io::Result::Ok(sum)
        });
        let (mut numbers, mut sum, mut count) = (Numbers(seed + 1), 0, 0);
        let mut buffer = vec![0; 200_000];
        loop {
            let length = size(&mut numbers);
            let mut reader = stream;
            match reader.read(&mut buffer[..length])? {
                0 => break,
                more => {
                    sum = sum_of(sum, &buffer[..more]);
                    count += more;
                }
            }
        }
        io::Result::Ok(vec![sent.join().expect("it returns")?, sum, count as u32])
    });
    Ok(sums?)
}

/// Echoes what `clients` connections send, a thread each. Tells the port to `listening`; returns how many
/// bytes it was.
#[suspendable]
pub fn serve(listening: &js_sys::Function, clients: usize, seed: u32) -> Result<f64, Error> {
    let listener = TcpListener::bind((HERE, 0))?;
    let port = listener.local_addr()?.port();
    listening.call1(&JsValue::UNDEFINED, &port.into())?;
    let mut threads = Vec::new();
    for (i, stream) in (0..clients as u32).zip(listener.incoming()) {
        let stream = stream?;
        threads.push(thread::spawn(move || echo(stream, seed + i)));
    }
    let mut total = 0;
    for thread in threads {
        total += thread.join().expect("it returns")?;
    }
    Ok(total as f64)
}

/// A server, and so many clients that all are connected before any goes on.
#[suspendable]
pub fn many(count: usize) -> Result<u32, Error> {
    let listener = TcpListener::bind((HERE, 0))?;
    let to = listener.local_addr()?;
    let connected = Arc::new(Barrier::new(count));
    let clients: Vec<_> = (0..count as u32)
        .map(|i| {
            let connected = connected.clone();
            thread::spawn(move || {
                let mut stream = TcpStream::connect(to)?;
                connected.wait();
                stream.write_all(&i.to_le_bytes())?;
                let mut answer = [0; 4];
                stream.read_exact(&mut answer)?;
                io::Result::Ok(u32::from_le_bytes(answer))
            })
        })
        .collect();
    for stream in listener.incoming().take(count) {
        let mut stream = stream?;
        thread::spawn(move || {
            let mut question = [0; 4];
            if stream.read_exact(&mut question).is_ok() {
                let answer = 2 * u32::from_le_bytes(question);
                stream.write_all(&answer.to_le_bytes()).expect("the client reads");
            }
        });
    }
    let mut sum = 0;
    for client in clients {
        sum += client.join().expect("it returns")?;
    }
    Ok(sum)
}

fn tell(result: io::Result<usize>) -> String {
    match result {
        Ok(count) => count.to_string(),
        Err(error) => format!("{:?}", error.kind()),
    }
}

/// Connects, waits for `promise` if there is one, and then does what `letters` say, each a letter: what
/// came of each.
#[suspendable]
pub fn steps(port: u16, letters: &str, promise: &js_sys::Promise) -> Result<Vec<String>, Error> {
    let mut stream = TcpStream::connect((HERE, port))?;
    stream.set_read_timeout(Some(Duration::from_millis(500)))?;
    let mut told = Vec::new();
    for step in letters.chars() {
        told.push(match step {
            'r' => tell(stream.read(&mut [0; 5])),
            'w' => tell(stream.write(&[1; 1000])),
            'e' => match stream.take_error()? {
                Some(error) => tell(Err(error)),
                None => "none".to_owned(),
            },
            'p' => {
                suspendable::block_on(promise)?;
                continue;
            }
            other => panic!("{other}"),
        });
    }
    Ok(told)
}

/// Connects, waits for `promise`, and reads everything: the sum, and how many bytes it was.
#[suspendable(js_name = readLater)]
pub fn read_later(port: u16, promise: &js_sys::Promise) -> Result<Vec<u32>, Error> {
    let mut stream = TcpStream::connect((HERE, port))?;
    suspendable::block_on(promise)?;
    let (mut sum, mut total) = (0, 0);
    let mut buffer = [0; 10_000];
    loop {
        match stream.read(&mut buffer)? {
            0 => return Ok(vec![sum, total]),
            count => {
                sum = sum_of(sum, &buffer[..count]);
                total += count as u32;
            }
        }
    }
}

/// Writes, and drops the stream at once.
#[suspendable(js_name = writeAndDrop)]
pub fn write_and_drop(port: u16, length: usize) -> Result<(), Error> {
    Ok(TcpStream::connect((HERE, port))?.write_all(&vec![7; length])?)
}

/// How much can be written before a write would wait.
#[suspendable(js_name = fillUp)]
pub fn fill_up(port: u16) -> Result<u32, Error> {
    let mut stream = TcpStream::connect((HERE, port))?;
    stream.set_write_timeout(Some(Duration::from_millis(300)))?;
    let mut total = 0;
    loop {
        match stream.write(&[0; 10_000]) {
            Ok(count) => total += count as u32,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(total),
            Err(error) => return Err(error.into()),
        }
    }
}

fn attempts() -> Vec<String> {
    let tell = |error: Option<io::Error>| match error {
        Some(error) => format!("{:?}: {error}", error.kind()),
        None => "no error".to_owned(),
    };
    vec![
        tell(TcpStream::connect((HERE, 9)).err()),
        tell(TcpListener::bind((HERE, 0)).err()),
        tell(UdpSocket::bind((HERE, 0)).err()),
        tell("nobody.invalid:80".to_socket_addrs().err()),
    ]
}

/// What comes of each way to begin, in a call that can block.
#[suspendable]
pub fn begin() -> Vec<String> {
    attempts()
}

/// And where none can.
#[wasm_bindgen(js_name = beginOutside)]
pub fn begin_outside() -> Vec<String> {
    attempts()
}

/// Who is looked up, and how that fails: the JavaScript error.
#[suspendable(js_name = lookUp)]
pub fn look_up(name: &str) -> Result<Vec<String>, Error> {
    Ok((name, 1).to_socket_addrs()?.map(|address| address.to_string()).collect())
}
