//! The tool in the place of rustc, for what single crates are compiled with: cargo has no flags for those, and calls a
//! wrapper with what it would have called.

use super::maps;
use crate::toolchain::{LIBRARY, configured};
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::process::{Command, ExitCode};

/// They keep JavaScript's values, and are compiled as for one thread: what they call thread-local is one for all
/// threads of ours, which share the tables of these values.
const OF_JAVASCRIPT: [&str; 4] = ["wasm_bindgen", "js_sys", "wasm_bindgen_futures", "suspendable"];

/// They ask `cfg(target_feature = "atomics")` whether there are threads, of which a stable rustc does not tell. Nobody else
/// is told: many crates take it for a shared memory, or for values of JavaScript's that belong to one thread each.
const ASK_FOR_ATOMICS: [&str; 2] = ["parking_lot_core", "tokio"];

/// Their feature `nightly` is what lets them wait in WebAssembly: the instruction is not stable.
const WAIT_BY_NIGHTLY: [&str; 1] = ["parking_lot_core"];

/// They ask who a file belongs to, of whatever is neither Windows nor WASI as if it were Unix. Here there are no users, as
/// there are none in WASI.
const WITHOUT_USERS: [&str; 1] = ["gix_sec"];

/// Set for the wrapper: the wrapper that there was, or nothing.
const VARIABLE: &str = "CARGO_SUSPENDABLE_WRAPS";

/// A flag that nothing looks at but cargo: it compiles a crate anew for other flags, and not for another wrapper.
pub fn flag() -> String {
    let names = [&OF_JAVASCRIPT[..], &ASK_FOR_ATOMICS, &WAIT_BY_NIGHTLY, &WITHOUT_USERS].concat();
    let wrapper = format!("{} {}", env!("CARGO_PKG_VERSION"), names.join(" "));
    format!("--cfg=suspendable_wrapper=\"{wrapper}\"")
}

/// Has cargo call us for rustc.
pub fn wrap(cargo: &mut Command) -> Result<()> {
    let tool = std::env::current_exe().context("cannot find the tool's own file")?;
    let before = std::env::var_os("RUSTC_WRAPPER").or_else(|| {
        let configured = configured("build.rustc-wrapper")?;
        configured.into_iter().next().map(OsString::from)
    });
    cargo.env("RUSTC_WRAPPER", tool).env(VARIABLE, before.unwrap_or_default());
    Ok(())
}

/// If cargo has called us for rustc: does that.
pub fn run_if_wrapper() -> Option<ExitCode> {
    let before = std::env::var_os(VARIABLE)?;
    let mut arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let is_one_of = {
        let value = |name: &str| {
            let pair = arguments.windows(2).find(|pair| pair[0] == name)?;
            pair[1].to_str().map(str::to_owned)
        };
        let is_ours = value("--target").as_deref() == Some(LIBRARY);
        let name = value("--crate-name").filter(|_| is_ours).unwrap_or_default();
        move |names: &[&str]| names.contains(&name.as_str())
    };
    if is_one_of(&[maps::NAME])
        && let Err(error) = maps::read_instead(&mut arguments)
    {
        eprintln!("error: {error:#}");
        return Some(ExitCode::FAILURE);
    }
    let wrapper = Some(before).filter(|before| !before.is_empty());
    let mut line = wrapper.iter().chain(&arguments);
    let mut command = Command::new(line.next()?);
    command.args(line).env_remove(VARIABLE);
    if is_one_of(&OF_JAVASCRIPT) {
        command.arg("-Ctarget-feature=-atomics");
    }
    if is_one_of(&WITHOUT_USERS) {
        command.args(["--cfg=target_os=\"wasi\"", "-Aexplicit-builtin-cfgs-in-flags"]);
    }
    if is_one_of(&ASK_FOR_ATOMICS) {
        command.env("RUSTC_BOOTSTRAP", "1");
    }
    if is_one_of(&WAIT_BY_NIGHTLY) {
        command.arg("--cfg=feature=\"nightly\"");
    }
    let code = command.status().ok().and_then(|status| status.code()).unwrap_or(1);
    Some(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}
