#!/usr/bin/env bash
# Checks the tool for the other systems that people sit at: their types, and what is theirs in the crates that it uses.
# Nothing is run there.
#
# Usage: tests/tool/platforms.sh

set -euo pipefail
cd "$(dirname "$0")/../.."
checked=
for target in aarch64-apple-darwin x86_64-pc-windows-gnu aarch64-unknown-linux-gnu; do
    if rustup target add "$target" >/dev/null 2>&1; then
        checked="$checked --target $target"
    else
        echo "platforms: rustup cannot bring $target: the tool is not checked for it"
    fi
done
# shellcheck disable=SC2086 # words
[ -z "$checked" ] || cargo check --quiet -p cargo-suspendable $checked
