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

#[cfg(test)]
mod tests {
    use super::greet;
    use suspendable::{Error, suspendable_test};

    #[suspendable_test]
    fn the_plugin_greets() -> Result<(), Error> {
        assert_eq!(greet("./plugin.mjs", "Ada")?, "Hello Ada!");
        Ok(())
    }

    #[suspendable_test]
    #[should_panic(expected = "nothing.mjs")]
    fn a_module_that_is_not_there() {
        greet("./nothing.mjs", "Ada").unwrap();
    }
}
