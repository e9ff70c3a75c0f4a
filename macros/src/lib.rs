//! The attributes of [`suspendable`](https://docs.rs/suspendable): use them through that crate.
//!
//! Both rest on `#[wasm_bindgen]`: they leave the author's functions as they are, and write beside
//! them the declarations from which wasm-bindgen makes the JavaScript side. Arguments, results and
//! attributes are therefore exactly wasm-bindgen's.

mod attributes;
mod exports;
mod imports;

use proc_macro::TokenStream;
use syn::{ItemForeignMod, parse_macro_input};

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
#[proc_macro_attribute]
pub fn suspendable(attributes: TokenStream, item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as syn::Item);
    exports::expand(attributes.into(), item).unwrap_or_else(syn::Error::into_compile_error).into()
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
#[proc_macro_attribute]
pub fn suspending(attributes: TokenStream, item: TokenStream) -> TokenStream {
    let block = parse_macro_input!(item as ItemForeignMod);
    imports::expand(attributes.into(), block).unwrap_or_else(syn::Error::into_compile_error).into()
}
