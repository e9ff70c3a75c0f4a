#!/usr/bin/env bash
# Builds std and the crates of tests/unmodified by the newest Rust that Debian has, and runs their tests on the usual rows.
# Nothing is installed: Debian's packages are unpacked below target/.
#
# Usage: tests/tool/newest-rust.sh TOOL

set -euo pipefail
cd "$(dirname "$0")/../.."
tool=$1
debian=(rustc-web rust-web-src libstd-rust-web-dev)
folder=$PWD/target/newest-rust

fail() {
    echo "newest-rust: it needs Debian's packages, ${debian[*]}, and apt-get to bring them" >&2
    exit 1
}
depends() { apt-cache depends --no-recommends --no-suggests "$1" | sed -n 's/^ *Depends: //p'; }

if [ ! -e "$folder/complete" ]; then
    rm -rf "$folder"
    mkdir -p "$folder/packages"
    apt-get update -q >/dev/null 2>&1 || true
    # The library that the compiler is, and LLVM's, have their release in their names.
    driver=$(depends libstd-rust-web-dev | grep '^libstd-rust-web-') || fail
    llvm=$(depends "$driver" | grep '^libllvm') || fail
    (cd "$folder/packages" && apt-get download -q "${debian[@]}" "$driver" "$llvm" "lld-${llvm#libllvm}") >/dev/null 2>&1 || fail
    for package in "$folder"/packages/*.deb; do dpkg-deb -x "$package" "$folder"; done
    rm -r "$folder/packages"
    mkdir "$folder/bin"
    ln -s "$folder"/usr/lib/llvm-*/bin/lld "$folder/bin/rust-lld"
    touch "$folder/complete"
fi

libraries=("$folder/usr/lib/x86_64-linux-gnu" "$folder"/usr/lib/llvm-*/lib)
export LD_LIBRARY_PATH="${libraries[0]}:${libraries[1]}" RUSTC="$folder/usr/bin/rustc" PATH="$folder/bin:$PATH"
"$RUSTC" --version
# What is made takes the place of what `make tests/unmodified` has made, and makes again.
(cd tests/unmodified && CARGO_TARGET_DIR="$folder/target" "$tool" build --release --std)
unset LD_LIBRARY_PATH RUSTC
node tests/run.mjs unmodified.test.mjs
