#!/usr/bin/env bash
# Builds the work of the comparison with Emscripten, for its JSPI and for its Asyncify.
#
# Usage: bench/styles/emscripten/build.sh

set -euo pipefail
cd "$(dirname "$0")"

if ! command -v emcc >/dev/null; then
    echo "emscripten: there is no emcc on the PATH. Debian has it in the package emscripten (6.0 in sid; 3.1 of trixie has an" >&2
    echo "older JSPI); emsdk brings it elsewhere: https://emscripten.org/docs/getting_started/downloads.html" >&2
    exit 1
fi

# Stacks of the size that Rust's have, and Asyncify's for as many frames as are measured.
options=(-O2 --no-entry -sMODULARIZE -sEXPORT_ES6 -sENVIRONMENT=node,web -sSTACK_SIZE=1MB -sALLOW_MEMORY_GROWTH
    -sEXPORTED_RUNTIME_METHODS=cwrap)
exports=suspend,suspend_large,immediate,once,import_again
mkdir -p pkg
emcc bench.c "${options[@]}" -DJSPI -sJSPI -sJSPI_IMPORTS=wait_for -sJSPI_EXPORTS=$exports -Wno-experimental -o pkg/jspi.mjs
emcc bench.c "${options[@]}" -sASYNCIFY -sASYNCIFY_STACK_SIZE=256KB -o pkg/asyncify.mjs
