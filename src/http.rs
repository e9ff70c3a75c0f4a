//! A blocking client of HTTP: JavaScript's `fetch`, with the types of the crate `http`.
//!
//! ```no_run
//! use suspendable::http::{self, Request};
//! use suspendable::io::{self, BufRead};
//!
//! fn example() -> io::Result<()> {
//!     let response = http::get("https://example.org/list.txt")?;
//!     for line in response.into_body().lines() {
//!         println!("{}", line?);
//!     }
//!
//!     let request = Request::post("https://example.org/items")
//!         .header("content-type", "application/json")
//!         .body(r#"{"name": "new"}"#)
//!         .map_err(io::Error::other)?;
//!     let response = http::send(request)?;
//!     println!("{} {:?}", response.status(), response.headers().get("location"));
//!     Ok(())
//! }
//! ```
//!
//! [`send`] returns when the head of the response has come. The body is read as it arrives; who does not
//! read makes the server wait, where the host has that (Firefox and WebKit fetch all the same). Dropping a
//! [`Body`] before its end cancels the request.
//!
//! As `fetch` does, and as a page may: redirects are followed, content is decoded, cookies and the cache
//! are the host's, and in a page a relative address is one of the document's. A status is no error,
//! whatever it is. What `fetch` does not tell is not known: a response's [`Version`] is always HTTP/1.1.
//!
//! # Bodies of requests
//!
//! `()`, texts and bytes, and [`Streamed`] for anything that implements [`Read`].
//!
//! # Errors
//!
//! | [`ErrorKind`](io::ErrorKind) | what happened |
//! | --- | --- |
//! | [`InvalidInput`](io::ErrorKind::InvalidInput) | what `fetch` does not take: an address, a method, a header that a page may not set, a body where there can be none |
//! | [`ConnectionRefused`](io::ErrorKind::ConnectionRefused), … | as far as the host says so: pages are told of no reason |
//! | [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) | a body that is shorter than its head says, where the host does not mind |
//! | [`WouldBlock`](io::ErrorKind::WouldBlock) | no call can block here; nothing has been sent |
//! | [`Unsupported`](io::ErrorKind::Unsupported) | the target is not WebAssembly |
//! | [`Other`](io::ErrorKind::Other) | anything else that `fetch` or a body's stream was rejected with |
//!
//! # Elsewhere
//!
//! std has no client, so there is nothing that this could be where the target is not WebAssembly: it
//! compiles, and every request fails with [`Unsupported`](io::ErrorKind::Unsupported). A port keeps the client
//! that it has there. With `ureq`, whose `run` takes a [`Request`] as [`send`] does, that is one `cfg`.

#[cfg(target_arch = "wasm32")]
mod fetch;

use crate::io::{self, BufRead, Read};
pub use ::http::*;
#[cfg(target_arch = "wasm32")]
use fetch::Incoming;
use std::fmt;

/// Sends a request, and waits for the head of the response.
///
/// # Errors
///
/// See [the module](self#errors).
pub fn send<B: IntoBody>(request: Request<B>) -> io::Result<Response<Body>> {
    let (head, body) = request.into_parts();
    exchange(&head.uri.to_string(), &head.method, &head.headers, body.into_content())
}

/// Gets what is at an address, which may be anything that `fetch` takes: relative in a page, `data:` and
/// `blob:` too.
///
/// # Errors
///
/// See [the module](self#errors).
pub fn get(url: &str) -> io::Result<Response<Body>> {
    exchange(url, &Method::GET, &HeaderMap::new(), Content::None)
}

fn exchange(
    url: &str,
    method: &Method,
    headers: &HeaderMap,
    content: Content,
) -> io::Result<Response<Body>> {
    #[cfg(target_arch = "wasm32")]
    return fetch::exchange(url, method, headers, content);
    #[cfg(not(target_arch = "wasm32"))]
    {
        let _ = (url, method, headers, content);
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// The body of a response, as it arrives.
///
/// A body whose connection is cut is an error of reading, and not an end. (WebKitGTK does not tell, if the
/// response did not say its length.)
pub struct Body(Incoming);

/// Where there is no `fetch`, nothing comes in.
#[cfg(not(target_arch = "wasm32"))]
enum Incoming {}

#[cfg(not(target_arch = "wasm32"))]
impl Read for Incoming {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        match *self {}
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl BufRead for Incoming {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match *self {}
    }
    fn consume(&mut self, _: usize) {
        match *self {}
    }
}

impl Read for Body {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.read(out)
    }
}

impl BufRead for Body {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.0.fill_buf()
    }
    fn consume(&mut self, amount: usize) {
        self.0.consume(amount);
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").finish_non_exhaustive()
    }
}

/// What a request can have for its body: `()`, `&str`, `String`, `&[u8]`, `Vec<u8>` and [`Streamed`].
pub trait IntoBody: sealed::Sealed {
    #[doc(hidden)]
    fn into_content(self) -> Content;
}

mod sealed {
    pub trait Sealed {}
}

#[doc(hidden)]
pub enum Content {
    None,
    Bytes(Vec<u8>),
    Reader(Box<dyn Read>),
}

/// A body that is read while it is sent.
///
/// On Node.js, Deno and Bun, a thread of its own reads, and the connection's back-pressure is its own. What
/// the reader fails with is the request's error, if the response has not come before. In a page, where
/// hosts cannot stream a body, or not to every server, it is read to its end first.
///
/// ```no_run
/// use suspendable::http::{self, Request, Streamed};
/// use suspendable::io;
///
/// fn upload(source: impl io::Read + 'static) -> io::Result<bool> {
///     let request = Request::put("https://example.org/file").body(Streamed(source));
///     Ok(http::send(request.map_err(io::Error::other)?)?.status().is_success())
/// }
/// ```
#[derive(Debug)]
pub struct Streamed<R>(pub R);

macro_rules! bodies {
    ($($type:ty: |$body:pat_param| $content:expr;)*) => {
        $(
            impl sealed::Sealed for $type {}
            impl IntoBody for $type {
                fn into_content(self) -> Content {
                    let $body = self;
                    $content
                }
            }
        )*
    };
}

bodies! {
    (): |()| Content::None;
    &str: |text| Content::Bytes(text.into());
    String: |text| Content::Bytes(text.into());
    &[u8]: |bytes| Content::Bytes(bytes.into());
    Vec<u8>: |bytes| Content::Bytes(bytes);
}

impl<R: Read + 'static> sealed::Sealed for Streamed<R> {}
impl<R: Read + 'static> IntoBody for Streamed<R> {
    fn into_content(self) -> Content {
        Content::Reader(Box::new(self.0))
    }
}
