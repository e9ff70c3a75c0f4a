//! What WebAssembly has that a module may use: what rustc uses by default, and vectors.
//!
//! An engine that does not know an encoding refuses the whole file, and a call that leaves its frame in another way than
//! by returning could not be unwound. Whoever uses more is told which part of it, and how to do without.

use anyhow::{Result, bail, ensure};
use wasmparser::{Validator, WasmFeatures};

/// What every module may use, and what is optimised and written (`wasm_opt.rs`).
const ALLOWED: WasmFeatures = WasmFeatures::WASM2;

/// What some modules use besides, what it is called, and what to do instead.
const REFUSED: [(WasmFeatures, &str, &str); 10] = [
    (
        WasmFeatures::EXCEPTIONS.union(WasmFeatures::LEGACY_EXCEPTIONS),
        "exceptions, as `panic = \"unwind\"` does",
        "compile it with `panic = \"abort\"`",
    ),
    (WasmFeatures::TAIL_CALL, "tail calls", "compile it without `-C target-feature=+tail-call`"),
    (WasmFeatures::MEMORY64, "64-bit addresses", "build it for wasm32, not for wasm64"),
    (
        WasmFeatures::THREADS,
        "atomic instructions or shared memory",
        "compile it without `-C target-feature=+atomics`; programs have threads with `build --threads`, and calls of \
         a library are fibers of one thread",
    ),
    (
        WasmFeatures::RELAXED_SIMD,
        "relaxed vector instructions",
        "compile it without `-C target-feature=+relaxed-simd`",
    ),
    (
        WasmFeatures::EXTENDED_CONST,
        "computed constants",
        "compile it without `-C target-feature=+extended-const`",
    ),
    (WasmFeatures::MULTI_MEMORY, "several memories", "link it with one"),
    (
        WasmFeatures::WIDE_ARITHMETIC,
        "wide arithmetic",
        "compile it without `-C target-feature=+wide-arithmetic`",
    ),
    (WasmFeatures::CUSTOM_PAGE_SIZES, "pages of another size", "link it with pages of 64 KiB"),
    (
        WasmFeatures::GC.union(WasmFeatures::FUNCTION_REFERENCES),
        "types of garbage-collected languages",
        "the tool is for modules that rustc has linked",
    ),
];

/// Whether a module is whole, and uses nothing that is not allowed; `has_threads` if shared memory is.
pub fn check(wasm: &[u8], has_threads: bool) -> Result<()> {
    let validate = |features| Validator::new_with_features(features).validate_all(wasm).map(drop);
    let allowed = if has_threads { ALLOWED.union(WasmFeatures::THREADS) } else { ALLOWED };
    let Err(error) = validate(allowed) else { return Ok(()) };
    if let Err(error) = validate(WasmFeatures::all()) {
        bail!(
            "it is damaged or was cut short: build it again, and wait until cargo has finished: {error}"
        );
    }
    for (features, name, remedy) in REFUSED {
        let is_missed = validate(WasmFeatures::all().difference(features)).is_err();
        ensure!(
            !is_missed || allowed.contains(features),
            "it uses {name}, which the tool does not support: {remedy}"
        );
    }
    bail!("it uses what the tool does not support: {error}")
}
