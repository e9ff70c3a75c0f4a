//! Plain Rust that blocks on JavaScript.

use suspendable::{Error, js_import, suspendable, thread, time::Duration};

/// Imports a JavaScript module, and returns what its `greet` says: the calls block until it is there.
#[suspendable]
pub fn greet(specifier: &str, name: &str) -> Result<String, Error> {
    let plugin = js_import(specifier)?;
    // Nobody else is kept from running meanwhile.
    thread::sleep(Duration::from_millis(10));
    plugin.call("greet", (name,))
}
