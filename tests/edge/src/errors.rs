//! Errors that are not this crate's, out of exports.

use anyhow::Context;
use suspendable::{js_import, suspendable};

/// A file that is not there, as `std::io::Error`.
#[suspendable(js_name = failIo)]
pub fn fail_io(path: &str) -> std::io::Result<String> {
    let text = suspendable::fs::read_to_string(path)?;
    text.parse::<f64>()
        .map_err(|error| std::io::Error::new(std::io::ErrorKind::InvalidData, error))?;
    Ok(text)
}

/// Errors of several kinds behind anyhow's.
#[suspendable(js_name = failAnyhow)]
pub fn fail_anyhow(kind: &str, text: &str) -> anyhow::Result<f64> {
    match kind {
        "own" => Ok(js_import(text)?.get("value")?),
        "own, with words" => Ok(js_import(text).context("cannot begin")?.get("value")?),
        "another" => text.parse().with_context(|| format!("{text:?} is no number")),
        _ => anyhow::bail!("a message, and {text}"),
    }
}

/// An enum of the author's.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// With a source of another crate's.
    #[error("the size is no number")]
    Size(#[from] std::num::ParseIntError),
    /// With a source of ours.
    #[error("cannot load the plugin")]
    Plugin(#[from] suspendable::Error),
}

/// `?` makes an error of the author's of others.
#[suspendable(js_name = failOwn)]
pub fn fail_own(specifier: &str, size: &str) -> Result<u32, LoadError> {
    js_import(specifier)?;
    Ok(size.parse()?)
}

/// An error in a box.
#[suspendable(js_name = failBoxed)]
pub fn fail_boxed(size: &str) -> Result<u32, Box<dyn std::error::Error>> {
    Ok(size.parse()?)
}

/// The same for other threads.
#[suspendable(js_name = failShared)]
pub fn fail_shared(size: &str) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
    Ok(size.parse()?)
}
