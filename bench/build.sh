#!/usr/bin/env bash
# Builds the styles that are not ours, each as its own users would: rustc, then wasm-bindgen or the
# Asyncify pass, and -O2 for all of them, as our own tool does.
#
# Usage: bench/build.sh WASM_OPT

set -euo pipefail
cd "$(dirname "$0")/.."
wasm_opt=$1
target=wasm32-unknown-unknown
bound=(callbacks futures wasm-bindgen-jspi)
packages=(-p bench-bare "${bound[@]/#/-pbench-}")

# What rustc enables by default, and the exceptions that wasm-bindgen's JSPI makes.
features=(--mvp-features --enable-bulk-memory --enable-bulk-memory-opt --enable-multivalue
    --enable-mutable-globals --enable-nontrapping-float-to-int --enable-reference-types
    --enable-sign-ext --enable-simd --enable-exception-handling)

if [ -n "$(ls "$(rustc --print target-libdir --target $target)" 2>/dev/null)" ]; then
    cargo build --quiet --release --target $target "${packages[@]}"
else
    RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 cargo build --quiet --release --target $target \
        -Z build-std=std,panic_abort "${packages[@]}"
fi
cargo build --quiet --release -p bench-bindgen

linked() { echo "target/$target/release/bench_${1//-/_}.wasm"; }

for style in "${bound[@]}"; do
    out=bench/styles/$style/pkg
    rm -rf "$out"
    target/release/bench-bindgen "$(linked "$style")" "$out"
    file=$out/bench_${style//-/_}_bg.wasm
    "$wasm_opt" "${features[@]}" -O2 "$file" -o "$file"
done

out=bench/styles/bare/pkg
mkdir -p "$out"
"$wasm_opt" "${features[@]}" -O2 --strip-debug "$(linked bare)" -o "$out/bare.wasm"
"$wasm_opt" "${features[@]}" --asyncify -O2 --strip-debug "$(linked bare)" -o "$out/bare.asyncify.wasm"
