//! One request and its response.
//!
//! Each has an `AbortController`, which is told when it is dropped: with the body, or when the wait for
//! the response fails. Of what has ended by then it has no effect.

use super::{Body, Content};
use crate::io::{self, BufRead, ByteSink, ErrorKind, Read, StreamReader, StreamWriter, Write};
use crate::{Error, can_block, cancel, module::settle, thread};
use ::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use ::http::{Method, Response, StatusCode};
use js_sys::{Array, Object, Reflect, Uint8Array};
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

#[wasm_bindgen]
extern "C" {
    #[derive(Clone)]
    type AbortController;
    #[wasm_bindgen(constructor)]
    fn new() -> AbortController;
    #[wasm_bindgen(method)]
    fn abort(this: &AbortController);
    #[wasm_bindgen(method, getter)]
    fn signal(this: &AbortController) -> JsValue;

    type Headers;
    #[wasm_bindgen(constructor)]
    fn new() -> Headers;
    #[wasm_bindgen(method, catch)]
    fn append(this: &Headers, name: &str, value: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(method)]
    fn has(this: &Headers, name: &str) -> bool;

    #[wasm_bindgen(js_name = Request)]
    type FetchRequest;
    #[wasm_bindgen(constructor, js_class = "Request", catch)]
    fn new(url: &str, options: &Object) -> Result<FetchRequest, JsValue>;
    #[wasm_bindgen(method, getter, js_class = "Request")]
    fn headers(this: &FetchRequest) -> Headers;

    #[wasm_bindgen(catch)]
    fn fetch(request: &FetchRequest) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_name = Response)]
    type FetchResponse;
    #[wasm_bindgen(method, getter, js_class = "Response")]
    fn status(this: &FetchResponse) -> u16;
    #[wasm_bindgen(method, getter, js_class = "Response")]
    fn headers(this: &FetchResponse) -> JsValue;
    #[wasm_bindgen(method, getter, js_class = "Response")]
    fn body(this: &FetchResponse) -> JsValue;
    #[wasm_bindgen(method, getter, js_class = "Response", js_name = type)]
    fn kind(this: &FetchResponse) -> String;

    type TransformStream;
    #[wasm_bindgen(constructor)]
    fn new() -> TransformStream;
    #[wasm_bindgen(method, getter)]
    fn readable(this: &TransformStream) -> JsValue;
    #[wasm_bindgen(method, getter)]
    fn writable(this: &TransformStream) -> JsValue;
}

/// Tells `fetch` that nobody wants its response any more.
struct Abort {
    controller: AbortController,
    /// What the body is written to, if it is streamed. Not every `fetch` that fails tells it, and who sends
    /// would wait for ever.
    body: Option<ByteSink>,
}

impl Drop for Abort {
    fn drop(&mut self) {
        self.controller.abort();
        if let Some(body) = &self.body {
            body.abort();
        }
    }
}

/// How a reader that a body comes from has failed.
type Failure = Rc<Cell<Option<io::Error>>>;

pub(super) fn exchange(
    url: &str,
    method: &Method,
    headers: &HeaderMap,
    content: Content,
) -> io::Result<Response<Body>> {
    // Beforehand: nobody would know what became of it.
    if !can_block() {
        return Err(Error::CannotBlock.into());
    }
    cancel::check()?;
    let mut abort = Abort { controller: AbortController::new(), body: None };
    let (body, sender) = outgoing(content)?;
    let request = request(url, method, headers, &body, &abort).map_err(io::invalid_input)?;
    for name in headers.keys() {
        if !request.headers().has(name.as_str()) {
            let text = format!("a page may not set the header {:?}", name.as_str());
            return Err(io::Error::new(ErrorKind::InvalidInput, text));
        }
    }
    let failure = sender.map(|sender| sender.start(&mut abort));
    let response = settle(fetch(&request)).map_err(|error| {
        // If it was the reader that failed, `fetch` knows only that.
        failure.and_then(|failure| failure.take()).unwrap_or_else(|| error.into())
    })?;
    incoming(response.unchecked_ref(), method, abort)
}

fn request(
    url: &str,
    method: &Method,
    headers: &HeaderMap,
    body: &JsValue,
    abort: &Abort,
) -> Result<FetchRequest, JsValue> {
    let options = Object::new();
    let fields = Headers::new();
    for (name, value) in headers {
        // Header fields are bytes, and in JavaScript characters of the same number.
        let value: String = value.as_bytes().iter().map(|byte| char::from(*byte)).collect();
        fields.append(name.as_str(), &value)?;
    }
    set(&options, "method", &method.as_str().into());
    set(&options, "headers", &fields);
    set(&options, "signal", &abort.controller.signal());
    set(&options, "body", body);
    set(&options, "duplex", &"half".into());
    FetchRequest::new(url, &options)
}

fn set(object: &Object, key: &str, value: &JsValue) {
    Reflect::set(object, &key.into(), value).expect("a new object takes properties");
}

/// The body of a request as `fetch` takes it, and who has to begin for it to come.
fn outgoing(content: Content) -> io::Result<(JsValue, Option<Sender>)> {
    let bytes = match content {
        Content::None => return Ok((JsValue::UNDEFINED, None)),
        Content::Bytes(bytes) => bytes,
        Content::Reader(reader) if can_stream() => {
            let stream = TransformStream::new();
            let out = StreamWriter::new(&stream.writable())?;
            return Ok((stream.readable(), Some(Sender { reader, out })));
        }
        Content::Reader(mut reader) => {
            let mut bytes = Vec::new();
            reader.read_to_end(&mut bytes)?;
            bytes
        }
    };
    // No bytes are no body, which every method may have.
    let body = if bytes.is_empty() { JsValue::UNDEFINED } else { Uint8Array::from(&*bytes).into() };
    Ok((body, None))
}

/// Browsers cannot, or only over HTTP/2, which nobody can know beforehand.
fn can_stream() -> bool {
    let get = |object: &JsValue, key: &str| Reflect::get(object, &key.into()).unwrap_or_default();
    !get(&get(&get(&js_sys::global(), "process"), "versions"), "node").is_undefined()
}

/// What is sent while it is read.
struct Sender {
    reader: Box<dyn Read>,
    out: StreamWriter,
}

impl Sender {
    /// Sends all from a thread of its own: `fetch` may answer before it has all.
    fn start(self, abort: &mut Abort) -> Failure {
        abort.body = Some(self.out.sink());
        let failure = Failure::default();
        let sender = thread::spawn({
            let failure = failure.clone();
            move || self.send(&failure)
        });
        let controller = abort.controller.clone();
        thread::spawn(move || {
            // A panic drops nothing, and the stream would stay open.
            if sender.join().is_err() {
                controller.abort();
            }
        });
        failure
    }

    fn send(mut self, failure: &Failure) {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match self.reader.read(&mut buffer) {
                Ok(0) => return drop(self.out.close()),
                // If it cannot be written, `fetch` has failed, or has been aborted.
                Ok(count) if self.out.write_all(&buffer[..count]).is_err() => return,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // The writer is dropped, which aborts its stream, and `fetch` fails.
                Err(error) => return failure.set(Some(error)),
            }
        }
    }
}

fn incoming(response: &FetchResponse, method: &Method, abort: Abort) -> io::Result<Response<Body>> {
    let status = StatusCode::from_u16(response.status()).map_err(io::Error::other)?;
    let mut headers = HeaderMap::new();
    for field in Array::from(&response.headers()) {
        let field: Array = field.unchecked_into();
        let (name, value) = (field.get(0).as_string(), field.get(1).as_string());
        let (name, value) = (name.unwrap_or_default(), value.unwrap_or_default());
        let value: Vec<u8> = value.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect();
        headers.append(
            HeaderName::from_bytes(name.as_bytes()).map_err(io::Error::other)?,
            HeaderValue::from_bytes(&value).map_err(io::Error::other)?,
        );
    }
    let body = response.body();
    let has_none = body.is_undefined() || body.is_null();
    // Some browsers take a body that is cut short for a whole one. What was decoded has another length, and
    // of a response from elsewhere a page may not see whether it was.
    let is_sure = !has_none && method != Method::HEAD && response.kind() != "cors";
    let length = headers.get(CONTENT_LENGTH).filter(|_| is_sure);
    let length = length.filter(|_| !headers.contains_key(CONTENT_ENCODING));
    let incoming = Incoming {
        reader: if has_none { StreamReader::of(Vec::new()) } else { StreamReader::new(&body)? },
        missing: length.and_then(|length| length.to_str().ok()?.parse().ok()).unwrap_or(0),
        _abort: abort,
    };
    let mut response = Response::new(Body(incoming));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

/// The body of a response.
pub(super) struct Incoming {
    reader: StreamReader,
    /// How many bytes have to come, at the least.
    missing: u64,
    _abort: Abort,
}

impl BufRead for Incoming {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let bytes = self.reader.fill_buf()?;
        if bytes.is_empty() && self.missing > 0 {
            let text = format!("the response ends {} bytes too early", self.missing);
            return Err(io::Error::new(ErrorKind::UnexpectedEof, text));
        }
        Ok(bytes)
    }

    fn consume(&mut self, amount: usize) {
        self.reader.consume(amount);
        self.missing = self.missing.saturating_sub(amount as u64);
    }
}

impl Read for Incoming {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        let count = self.fill_buf()?.read(out)?;
        self.consume(count);
        Ok(count)
    }
}
