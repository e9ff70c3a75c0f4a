//! A site of `minijinja` templates whose every part comes from asynchronous JavaScript.
//!
//! The template engine is as it is in the registry, and [`pages`] is ordinary Rust over it. Here is
//! what is particular to the web: the [`pages::Site`] is a JavaScript module, which `js_import`
//! brings, and its functions return promises.

pub mod pages;

use std::io;
use std::sync::Arc;
use suspendable::{Error, JsModule, js_import, suspendable};

/// A site whose functions are the exports of the module with this specifier.
#[derive(Debug)]
struct Module(String);

impl Module {
    /// The module: imported once, and from then on there without waiting.
    fn get(&self) -> Result<JsModule, Error> {
        js_import(&self.0)
    }
}

impl pages::Site for Module {
    fn load(&self, path: &str) -> io::Result<Option<String>> {
        Ok(self.get()?.call("load", (path,))?)
    }

    fn write(&self, page: &str, html: &str) -> io::Result<()> {
        Ok(self.get()?.call("write", (page, html))?)
    }
}

/// Renders a page of the site that the module `specifier` is.
///
/// # Errors
///
/// Those of the module, as it gave them; what is wrong with a template.
#[suspendable]
pub fn render(page: &str, specifier: &str) -> Result<(), Error> {
    let site = Arc::new(Module(specifier.to_owned()));
    Ok(pages::render(page, site).map_err(io::Error::other)?)
}
