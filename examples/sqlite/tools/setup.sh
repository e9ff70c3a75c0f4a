#!/bin/sh
# Brings the C compiler that tools/cc runs, unless there is a clang that makes WebAssembly.
set -eu
cd "$(dirname "$0")/../../.."
if clang --target=wasm32-unknown-unknown -c -x c /dev/null -o /dev/null 2>/dev/null &&
  "$(clang -print-prog-name=llvm-ar)" --version >/dev/null 2>&1; then
  exit
fi
[ -x target/zig/ziglang/zig ] || python3 -m pip install --quiet --no-deps --target target/zig ziglang==0.17.1
