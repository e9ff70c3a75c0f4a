//! `wasm-bindgen --target web --no-typescript --out-dir FOLDER FILE.wasm`, as a library call: the
//! program of that name is not in every mirror of the registry.

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut argument = || arguments.next().context("usage: bench-bindgen FILE.wasm FOLDER");
    let (file, folder) = (argument()?, argument()?);
    Bindgen::new().input_path(file).web(true)?.typescript(false).generate(folder)
}
