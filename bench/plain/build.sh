#!/usr/bin/env bash
# Builds examples/proving-ground without the tool, as wasm-bindgen's own users would, for the cost of
# what the tool adds: nothing in it can suspend. wasm-opt does what it does in the tool, which keeps it from
# inlining functions that cannot be on a suspended stack.
#
# Usage: bench/plain/build.sh WASM_OPT

set -euo pipefail
cd "$(dirname "$0")/../.."
wasm_opt=$1
target=wasm32-unknown-unknown
out=bench/plain/pkg
file=$out/proving_ground_bg.wasm

cargo=(cargo rustc --quiet --release --lib --crate-type cdylib -p proving-ground
    --target $target --target-dir target/plain)
if [ -n "$(ls "$(rustc --print target-libdir --target $target)" 2>/dev/null)" ]; then
    "${cargo[@]}"
else
    RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 "${cargo[@]}" -Z build-std=std,panic_abort
fi
cargo build --quiet --release -p bench-bindgen
rm -rf "$out"
target/release/bench-bindgen target/plain/$target/release/proving_ground.wasm "$out"
cp bench/plain/host.js "$out"
# The modules that the tool takes care of.
sed -i -E "s#(from ['\"])suspendable(:host(\/[a-z]+)?)?(['\"])#\1./host.js\4#" "$out/proving_ground.js"
"$wasm_opt" --mvp-features --enable-bulk-memory --enable-bulk-memory-opt --enable-multivalue \
    --enable-mutable-globals --enable-nontrapping-float-to-int --enable-reference-types \
    --enable-sign-ext --enable-simd --optimize-level=2 --shrink-level=1 --inlining \
    --remove-unused-module-elements --simplify-locals --coalesce-locals --reorder-locals --vacuum \
    --strip-debug --strip-producers "--no-inline=*" "$file" -o "$file"
