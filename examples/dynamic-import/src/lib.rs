//! A plain Rust function that imports a JavaScript module and uses its exports.

use suspendable::{js_import, suspendable};

/// Imports `specifier`, reads its `value` and calls its `someFunction`.
#[suspendable]
pub fn describe(specifier: &str) -> Result<String, suspendable::Error> {
    let module = js_import(specifier)?;
    let value: String = module.get("value")?;
    let doubled: f64 = module.call("someFunction", (21,))?;
    Ok(format!("value = {value:?}  someFunction(21) = {doubled}"))
}
