#!/usr/bin/env bash
# What would be published to a registry of crates: packed, unpacked elsewhere, and compiled from what is there. The
# documentation is made as docs.rs would make it. Publishes nothing.
#
# Usage: tests/tool/packaged.sh

set -euo pipefail
cd "$(dirname "$0")/../.."
target=$PWD/target
crates=(suspendable suspendable-macros cargo-suspendable)

# The version that a crate says it needs is one that compiles it: the one that runs all of this.
oldest=$(cargo metadata --no-deps --format-version 1 | grep -o '"rust_version":"[0-9.]*"' | sort -u | grep -o '[0-9.]*')
compiler=$(rustc --version | cut -d ' ' -f 2)
case $compiler in
"$oldest" | "$oldest".*) ;;
*)
    if rustup toolchain list 2>/dev/null | grep -q "^$oldest"; then
        export RUSTUP_TOOLCHAIN=$oldest
    else
        echo "packaged: there is no Rust $oldest here, the oldest that is said to do: this is Rust $compiler"
    fi
    ;;
esac

rm -rf "$target/package"
said=$(cargo package --quiet --no-verify --allow-dirty "${crates[@]/#/-p}" 2>&1) || { echo "$said" >&2; exit 1; }
unpacked=$target/package/unpacked
mkdir -p "$unpacked"
for crate in "${crates[@]}"; do
    # Files are as old as the archive says, and cargo would take them for those that it has compiled before: `m`.
    tar xzmf "$target/package/$crate"-[0-9]*.crate -C "$unpacked"
    mv "$unpacked/$crate"-[0-9]* "$unpacked/$crate"
    for file in README.md LICENSE-MIT LICENSE-APACHE; do
        [ -e "$unpacked/$crate/$file" ] || { echo "packaged: $crate has no $file" >&2; exit 1; }
    done
done

patched=(--config "patch.crates-io.suspendable-macros.path=\"$unpacked/suspendable-macros\"")
of() { echo "$unpacked/$1/Cargo.toml"; }
cargo check --quiet --target-dir "$target" --manifest-path "$(of cargo-suspendable)"
cargo check --quiet --target-dir "$target" --manifest-path "$(of suspendable-macros)"
if [ -n "$(ls "$(rustc --print target-libdir --target wasm32-unknown-unknown)" 2>/dev/null)" ]; then
    # What Cargo.toml says to docs.rs.
    RUSTDOCFLAGS="-D warnings --cfg docsrs" cargo doc --quiet --no-deps --all-features --target wasm32-unknown-unknown \
        --target-dir "$target" --manifest-path "$(of suspendable)" "${patched[@]}"
else
    echo "packaged: no target wasm32-unknown-unknown: the documentation was not made"
fi
echo "packaged: ${crates[*]} compile from what would be published"
