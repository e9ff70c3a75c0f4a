#!/usr/bin/env bash
# Runs the example on this machine's Node.js and on Node.js 26, and checks what it prints.
#
# Usage: ./demo.sh PATH-TO-NODE-26

set -euo pipefail
node26=$1
expected='value = "hello from dynamic module"  someFunction(21) = 42'

run() {
    local node=$1 backend=$2 line
    line=$("$node" main.mjs "$backend")
    echo "$line"
    case $line in
        "node "*"  $backend "*"$expected") ;;
        *) echo "demo: expected $backend, and: $expected" >&2 && exit 1 ;;
    esac
}

run node asyncify
run "$node26" jspi
run "$node26" asyncify
