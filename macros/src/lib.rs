//! The attributes of [`suspendable`](https://docs.rs/suspendable): use them through that crate.
//!
//! Both rest on `#[wasm_bindgen]`: they leave the author's functions as they are, and write beside
//! them the declarations from which wasm-bindgen makes the JavaScript side. Arguments, results and
//! attributes are therefore wasm-bindgen's; only a slice is never a view of memory.

mod arguments;
mod attributes;
mod exclusive;
mod exports;
mod imports;
mod testing;
mod typescript;

use proc_macro::TokenStream;
use syn::{ItemFn, ItemForeignMod, parse_macro_input};

/// Makes an exported function, or exported methods, able to block on JavaScript.
///
/// The function stays an ordinary Rust function. JavaScript sees one that returns a `Promise` of
/// its result, with the type in the `.d.ts`; the arguments and results are those of wasm-bindgen's
/// async exports. The attributes of `#[wasm_bindgen]` go between the parentheses, or into a
/// `#[wasm_bindgen(…)]` below.
///
/// ```
/// use suspendable::{js_import, suspendable};
///
/// #[suspendable(js_name = readAll)]
/// pub fn read_all(url: &str) -> Result<Vec<u8>, suspendable::Error> {
///     js_import("./net.mjs")?.call("readAll", (url,))
/// }
/// ```
///
/// On an `impl` block it stands in the place of `#[wasm_bindgen]`, and inside on the methods that
/// can block; the others are ordinary exports.
///
/// ```
/// use suspendable::{js_import, suspendable};
/// use wasm_bindgen::prelude::*;
///
/// #[wasm_bindgen]
/// pub struct Cache {
///     texts: Vec<String>,
/// }
///
/// #[suspendable]
/// impl Cache {
///     #[wasm_bindgen(constructor)]
///     pub fn new() -> Cache {
///         Cache { texts: Vec::new() }
///     }
///
///     #[suspendable]
///     pub fn add(&mut self, specifier: &str) -> Result<usize, suspendable::Error> {
///         self.texts.push(js_import(specifier)?.get("text")?);
///         Ok(self.texts.len())
///     }
/// }
/// ```
///
/// # Errors
///
/// What a function returns behind `Err` is what its promise is rejected with. Whatever goes into a `JsValue` does so.
/// Any error of std's, and what leads to one (`anyhow::Error`, a `Box<dyn Error>`), becomes an `Error` with its text,
/// and with its source as the `cause`; where that is a `suspendable::Error`, the cause is what that one is alone. So
/// `?` is all that there is to write:
///
/// ```
/// use suspendable::{fs, js_import, suspendable};
///
/// #[derive(Debug, thiserror::Error)]
/// pub enum LoadError {
///     #[error("cannot read the list")]
///     List(#[from] std::io::Error),
///     #[error("cannot load a plugin")]
///     Plugin(#[from] suspendable::Error),
/// }
///
/// #[suspendable]
/// pub fn load_all(list: &str) -> Result<u32, LoadError> {
///     let names = fs::read_to_string(list)?;
///     names.lines().try_for_each(|name| js_import(name).map(drop))?;
///     Ok(names.lines().count() as u32)
/// }
/// ```
///
/// The return type has to be called `Result`, be it std's, `anyhow`'s or `io`'s.
///
/// # Options of a call
///
/// Behind the arguments, JavaScript can give options, whose `signal` cancels the call: see
/// `suspendable::cancel`. (Not behind `variadic` ones.)
///
/// # One at a time
///
/// While a call waits, others run, and may find what it has not finished. A `RefCell` that stays borrowed
/// meanwhile says so, and a panic is the worst of it. Code that was never meant to be entered twice says
/// nothing: two calls at once that read through one `rusqlite::Connection`, behind `&self`, got `database
/// disk image is malformed`, and once 7509 rows for 6878 and no error; a read beside a write left a file
/// that was damaged. So give such code one call at a time:
///
/// ```
/// use suspendable::{js_import, suspendable};
/// use wasm_bindgen::prelude::*;
///
/// #[wasm_bindgen]
/// pub struct Database;
///
/// #[suspendable(exclusive)]
/// impl Database {
///     /// Waits until every call of this object has ended that was made before.
///     #[suspendable]
///     pub fn query(&self, sql: &str) -> Result<String, suspendable::Error> {
///         js_import("./disk.mjs")?.call("query", (sql,))
///     }
/// }
/// ```
///
/// On an `impl`, that holds for each object. Its methods that cannot block throw while a call of the object
/// runs. On a function, it holds for the function. Who waits has its turn in order, and takes its arguments
/// then; a panic or a trap ends the turn as a return does (but an object whose `&mut self` method it was stays
/// borrowed, and later calls fail). A call that JavaScript makes while it is being called by the one whose
/// turn it is would wait for itself, and is an error. Calls from Rust are not queued.
#[proc_macro_attribute]
pub fn suspendable(attributes: TokenStream, item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as syn::Item);
    exports::expand(attributes.into(), item).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Makes a function a test that may block, for `cargo suspendable test`.
///
/// It is compiled with the crate's other tests, for `wasm32-unknown-unknown`, and runs on Node.js, on a fiber, in an
/// instance of the module that is its own. It returns nothing, or a `Result` whose error has `Debug`. `#[ignore]` and
/// `#[should_panic]` mean what they mean to `#[test]`, which can stand beside it as well: the function is then one of
/// cargo's own tests natively.
///
/// ```
/// #[cfg(test)]
/// mod tests {
///     use suspendable::{Error, js_import, suspendable_test};
///
///     #[suspendable_test]
///     fn joins_paths() -> Result<(), Error> {
///         let path = js_import("node:path")?;
///         assert_eq!(path.call::<String>("join", ("a", "b"))?, "a/b");
///         Ok(())
///     }
/// }
/// ```
#[proc_macro_attribute]
pub fn suspendable_test(attributes: TokenStream, item: TokenStream) -> TokenStream {
    let function = parse_macro_input!(item as ItemFn);
    testing::expand(attributes.into(), function)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Declares JavaScript functions that are waited for.
///
/// The signature says what the promise settles to. A function that returns a plain value does not
/// suspend. With a `Result`, a rejection or an exception is the `Err`; without, it ends the call,
/// whose own promise is rejected with the same reason.
///
/// ```
/// use suspendable::suspending;
/// use wasm_bindgen::prelude::*;
///
/// #[suspending]
/// extern "C" {
///     type Response;
///     fn fetch(url: &str) -> Result<Response, JsValue>;
///     #[wasm_bindgen(method, js_name = arrayBuffer)]
///     fn bytes(this: &Response) -> Vec<u8>;
/// }
///
/// fn download(url: &str) -> Result<Vec<u8>, JsValue> {
///     Ok(fetch(url)?.bytes())
/// }
/// ```
///
/// # Arguments
///
/// What a function was given stays what it was until its promise has settled, whatever other calls
/// do with the memory meanwhile:
///
/// | argument | JavaScript has |
/// | --- | --- |
/// | `&[T]` of numbers, `Clamped<&[u8]>` | a typed array of its own, of the usual kind |
/// | `&mut [T]` of numbers, `Clamped<&mut [u8]>` | the same; what is in it when the promise has settled comes back into the slice |
/// | `&str`, `&[&str]`, `&[JsValue]`, `Vec<T>`, … | a value of its own, as always |
///
/// An `Option` is what is in it, or `undefined`. A mutable slice comes back also if the promise is
/// rejected, or the function throws. If JavaScript has transferred the array to somebody else, the
/// slice stays as it was.
///
/// ```
/// use suspendable::suspending;
/// use wasm_bindgen::prelude::*;
///
/// #[suspending(module = "node:fs/promises")]
/// extern "C" {
///     type FileHandle;
///     fn open(path: &str, flags: &str) -> Result<FileHandle, JsValue>;
///     #[wasm_bindgen(method)]
///     fn read(this: &FileHandle, into: &mut [u8]) -> Result<JsValue, JsValue>;
///     #[wasm_bindgen(method)]
///     fn write(this: &FileHandle, bytes: &[u8]) -> Result<JsValue, JsValue>;
/// }
///
/// fn copy_start(from: &str, to: &str) -> Result<(), JsValue> {
///     let mut start = [0; 512];
///     open(from, "r")?.read(&mut start)?;
///     open(to, "w")?.write(&start)?;
///     Ok(())
/// }
/// ```
///
/// The macro has to see that a slice is mutable. One that has another name does not compile:
///
/// ```compile_fail,E0277
/// # use suspendable::suspending;
/// type Bytes<'a> = &'a mut [u8]; // with `&'a [u8]` it does compile
///
/// #[suspending]
/// extern "C" {
///     fn read(into: Bytes);
/// }
/// ```
///
/// Borrowed closures, `&dyn Fn(…)` and `&mut dyn FnMut(…)`, are refused: wasm-bindgen makes them
/// throw when the function has returned, which is before its promise has settled. A
/// `&Closure<dyn FnMut(…)>` can be called until it is dropped.
#[proc_macro_attribute]
pub fn suspending(attributes: TokenStream, item: TokenStream) -> TokenStream {
    let block = parse_macro_input!(item as ItemForeignMod);
    imports::expand(attributes.into(), block).unwrap_or_else(syn::Error::into_compile_error).into()
}
