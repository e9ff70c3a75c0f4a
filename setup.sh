#!/usr/bin/env bash
# Brings a Rust target: with rustup, or, wasm32-unknown-unknown alone, with Debian's packages where rustup cannot.
#
# Usage: ./setup.sh TARGET

set -euo pipefail
target=$1
debian=(rustc-web cargo-web rust-web-src rust-web-llvm lld-22)

has_target() {
    [ -n "$(ls "$(rustc --print target-libdir --target "$target")" 2>/dev/null)" ]
}

if ! command -v rustc >/dev/null; then
    echo "There is no Rust here: install it from https://rustup.rs, then run make again." >&2
    exit 1
fi
if has_target; then
    exit 0
fi
if command -v rustup >/dev/null && rustup target add "$target" && has_target; then
    exit 0
fi
if [ "$target" != wasm32-unknown-unknown ]; then
    echo "rustup cannot bring the target. Run \`rustup target add $target\`." >&2
    exit 1
fi
if [ -e /usr/lib/rustlib/src/rust/library ] && [ -x /usr/bin/rustc ] && command -v lld-22 >/dev/null; then
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    echo "rustup cannot bring the target, and this is no Debian. Run \`rustup target add $target\`." >&2
    exit 1
fi
echo "rustup cannot bring the target $target. Installing Debian's packages instead: ${debian[*]}."
echo "This is the one step that changes something outside of this folder."
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
$sudo apt-get update -q
$sudo env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends "${debian[@]}" || {
    echo "Debian's packages cannot be installed: ${debian[*]}." >&2
    exit 1
}
