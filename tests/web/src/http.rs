//! The client of HTTP.

use crate::reason;
use js_sys::{Array, Promise};
use std::cell::Cell;
use suspendable::http::{self, Body, Request, Response, Streamed};
use suspendable::io::{self, BufRead, Read};
use suspendable::{block_on, suspendable};
use wasm_bindgen::prelude::*;

/// A response: `[status, [[name, value], …], body]`.
fn whole(response: Response<Body>) -> io::Result<Array> {
    let (head, mut body) = response.into_parts();
    let fields = head.headers.iter().map(|(name, value)| {
        let value: String = value.as_bytes().iter().map(|byte| char::from(*byte)).collect();
        Array::of2(&name.as_str().into(), &value.into())
    });
    let mut bytes = Vec::new();
    body.read_to_end(&mut bytes)?;
    let fields: Array = fields.collect();
    Ok(Array::of3(&head.status.as_u16().into(), &fields, &js_sys::Uint8Array::from(&*bytes)))
}

/// Sends a request with header fields `[name, value, name, …]`.
#[suspendable]
pub fn request(
    method: &str,
    url: &str,
    fields: Vec<String>,
    body: Option<Vec<u8>>,
) -> Result<Array, JsValue> {
    let send = || {
        let mut request = Request::builder().method(method).uri(url);
        for field in fields.chunks(2) {
            let value: Vec<u8> = field[1].chars().map(|c| c as u8).collect();
            request = request.header(&*field[0], value);
        }
        whole(match body {
            Some(body) => http::send(request.body(body).map_err(io::Error::other)?)?,
            None => http::send(request.body(()).map_err(io::Error::other)?)?,
        })
    };
    send().map_err(reason)
}

/// `http::get`.
#[suspendable]
pub fn get(url: &str) -> Result<Array, JsValue> {
    http::get(url).and_then(whole).map_err(reason)
}

/// The same, outside a fiber.
#[wasm_bindgen(js_name = getOutside)]
pub fn get_outside(url: &str) -> Result<Array, JsValue> {
    http::get(url).and_then(whole).map_err(reason)
}

/// Bodies of each type.
#[suspendable]
pub fn bodies(url: &str) -> Result<(), JsValue> {
    let read = |response: Response<Body>| io::read_to_string(response.into_body());
    let text = "a \u{2603}";
    let try_all = || {
        let post = || Request::post(url);
        let other = io::Error::other;
        assert_eq!(read(http::send(post().body(()).map_err(other)?)?)?, "");
        assert_eq!(read(http::send(post().body("").map_err(other)?)?)?, "");
        assert_eq!(read(http::send(post().body(text).map_err(other)?)?)?, text);
        assert_eq!(read(http::send(post().body(text.to_owned()).map_err(other)?)?)?, text);
        assert_eq!(read(http::send(post().body(text.as_bytes()).map_err(other)?)?)?, text);
        let streamed = Streamed(io::Cursor::new(text));
        assert_eq!(read(http::send(post().body(streamed).map_err(other)?)?)?, text);
        let empty = Streamed(io::empty());
        assert_eq!(read(http::send(post().body(empty).map_err(other)?)?)?, "");
        Ok(())
    };
    try_all().map_err(reason)
}

thread_local! {
    static OPEN: Cell<i32> = const { Cell::new(0) };
}

/// How many sources have not been dropped.
#[wasm_bindgen(js_name = openSources)]
pub fn open_sources() -> i32 {
    OPEN.get()
}

/// Bytes that do not repeat soon.
struct Noise {
    state: u32,
    left: usize,
    /// Is called now and then, and may return a promise.
    pause: Option<js_sys::Function>,
    end: End,
}

#[derive(Clone, Copy)]
enum End {
    Good,
    Fails,
    Panics,
}

impl Noise {
    fn new(left: usize, pause: Option<js_sys::Function>, end: &str) -> Noise {
        OPEN.set(OPEN.get() + 1);
        let end = match end {
            "fails" => End::Fails,
            "panics" => End::Panics,
            _ => End::Good,
        };
        Noise { state: 1, left, pause, end }
    }
}

impl Drop for Noise {
    fn drop(&mut self) {
        OPEN.set(OPEN.get() - 1);
    }
}

impl Read for Noise {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if let Some(pause) = &self.pause {
            let promise = pause.call0(&JsValue::NULL).map_err(suspendable::Error::from)?;
            if let Some(promise) = promise.dyn_ref::<Promise>() {
                block_on(promise).map_err(suspendable::Error::from)?;
            }
        }
        let count = out.len().min(self.left);
        for byte in &mut out[..count] {
            self.state = self.state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *byte = (self.state >> 24) as u8;
        }
        self.left -= count;
        match self.end {
            End::Fails if count == 0 => Err(io::Error::new(io::ErrorKind::InvalidData, "torn")),
            End::Panics if count == 0 => panic!("torn"),
            _ => Ok(count),
        }
    }
}

/// Sends `length` bytes, compares what comes back with them, and returns how many those are; or the status,
/// if it is no 200.
#[suspendable]
pub fn upload(
    url: &str,
    length: usize,
    pause: Option<js_sys::Function>,
    end: &str,
) -> Result<usize, JsValue> {
    let send = || {
        let body = Streamed(Noise::new(length, pause, end));
        let response = http::send(Request::post(url).body(body).map_err(io::Error::other)?)?;
        if response.status() != 200 {
            return Ok(response.status().as_u16().into());
        }
        let mut expected = Noise::new(length, None, "");
        let (mut body, mut count) = (response.into_body(), 0);
        loop {
            let bytes = body.fill_buf()?;
            if bytes.is_empty() {
                return Ok(count);
            }
            let mut same = vec![0; bytes.len()];
            expected.read_exact(&mut same)?;
            assert!(bytes == same, "other bytes");
            let length = bytes.len();
            count += length;
            body.consume(length);
        }
    };
    send().map_err(reason)
}

/// A response that is read piece by piece.
#[wasm_bindgen]
pub struct Download(Body);

#[suspendable]
impl Download {
    /// Begins.
    #[suspendable]
    pub fn begin(url: &str) -> Result<Download, JsValue> {
        Ok(Download(http::get(url).map_err(reason)?.into_body()))
    }

    /// One `read`.
    #[suspendable]
    pub fn read(&mut self, length: usize) -> Result<Vec<u8>, JsValue> {
        let mut bytes = vec![0; length];
        let count = self.0.read(&mut bytes).map_err(reason)?;
        bytes.truncate(count);
        Ok(bytes)
    }

    /// A line.
    #[suspendable]
    pub fn line(&mut self) -> Result<String, JsValue> {
        let mut line = String::new();
        self.0.read_line(&mut line).map_err(reason)?;
        Ok(line)
    }
}
