// Makes a crate of std's own tests, from the toolchain's sources of std.
//
// A test becomes a public function and an entry in a table, and the export `run` runs one of them. rustfmt has been at
// these sources, so that an item begins and ends where a line begins: no parser is needed, and what is not as it is
// expected to be does not compile.

import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { reasons, shared, signs, sources } from './sources.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The macro that makes two tests of one. */
const TWO = /^nonpoison_and_poison_unwrap_test!\(\n {4}name: (\w+),/m;

/**
 * A test of std's.
 *
 * @typedef {object} Test
 * @property {string} name
 * @property {string[]} conditions its attributes `cfg`
 * @property {string} [panics] what it has to panic with; empty for anything
 * @property {string} [reason] why it is left out
 */

/** The items of a file: each with the lines in front of it that belong to it. */
function items(text) {
    const found = [[]];
    for (const line of text.split('\n')) {
        found.at(-1).push(line);
        // Neither an attribute nor the end of a function's arguments.
        if (/^([^\s#/].*[;}]|[})].*[^\]{]|[})])$/.test(line)) found.push([]);
    }
    return found.map((lines) => lines.join('\n'));
}

/**
 * The names of an item's tests, or none if it is something else.
 *
 * @returns {string[]}
 */
function testsOf(item) {
    const two = TWO.exec(item);
    if (two) return [`nonpoison_${two[1]}`, `poison_${two[1]}`];
    const one = /^#\[test\]\n(?:.*\n)*?fn (\w+)\(/m.exec(item);
    return one ? [one[1]] : [];
}

/** @returns {Test[]} */
function describe(item, module) {
    const conditions = [...item.matchAll(/^#\[cfg\((?:[^\[\]]|\n)*?\)\]/gm)].map(([attribute]) => attribute);
    const panics = /^#\[should_panic(?:(?:\(expected)? = "(.*)"\)?)?\]/m.exec(item);
    const sign = signs.find(([pattern]) => pattern.test(item));
    return testsOf(item).map((own) => {
        const name = `${module}::${own}`;
        return { name, conditions, panics: panics ? (panics[1] ?? '') : undefined, reason: reasons[name] ?? sign?.[1] };
    });
}

/** What `crate` and `super` are outside of std, but for the modules that are only for tests. */
function outside(text, of) {
    return text.replaceAll(/crate::(?!test_helpers|net::test\b)/g, 'std::').replaceAll('crate}', 'std}').replaceAll(/\bsuper::/g, `std::${of}::`);
}

/** What is not said in the files that are read. */
const features = new Set([
    'assert_matches', 'cursor_split', 'cfg_target_thread_local', 'core_io_borrowed_buf', 'io_const_error', 'io_slice_as_bytes', 'seek_io_take_position', 'buf_read_has_data_left', 'maybe_uninit_fill', 'read_buf',
    'dirfd', 'fs_set_times', 'io_error_uncategorized', 'seek_stream_len', 'sync_poison_mod', 'tcp_linger', 'try_reserve_kind', 'unwrap_infallible', 'write_all_vectored', 'can_vector',
]);

/** A file as a module of ours, and its tests. */
function convert({ file, module, of, before = '', edits = [], reason }, library) {
    let text = readFileSync(join(library, 'std', file), 'utf8');
    for (const [, feature] of text.matchAll(/^#!\[feature\((.*)\)\]/gm)) features.add(feature);
    text = text.replaceAll(/^#!\[.*\n/gm, '');
    if (of !== undefined) text = outside(text, of);
    for (const [find, replace] of edits) {
        if (!text.includes(find)) throw new Error(`${file} does not say: ${find}`);
        text = text.replaceAll(find, replace);
    }
    const tests = [];
    const kept = items(text).filter((item) => {
        if (/^#\[bench\]/m.test(item)) return false;
        const own = describe(item, module).map((test) => ({ ...test, reason: reason ?? test.reason }));
        tests.push(...own);
        return (own.length === 0 && reason === undefined) || own.some(({ reason }) => reason === undefined);
    });
    const source = before + kept.join('\n');
    const code = source
        .replaceAll(/^( *)#\[test\]\n((?:.*\n)*?) *fn /gm, '$1$2pub fn ')
        .replaceAll(/^#\[(should_panic|cfg_attr)\b(?:[^\[\]]|\n)*?\]( \/\/.*)?\n/gm, '');
    return { code, tests };
}

/**
 * Writes the crate into a folder, and returns what tests there are.
 *
 * @param {string} folder
 * @returns {Test[]}
 */
export function generate(folder) {
    const sysroot = execFileSync('rustc', ['--print', 'sysroot'], { encoding: 'utf8' }).trim();
    const library = join(sysroot, 'lib/rustlib/src/rust/library');
    const write = (path, text) => {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        // What is as it was, cargo does not build again.
        const file = join(folder, path);
        if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
    };
    const converted = sources.map((source) => ({ ...source, ...convert(source, library) }));
    const modules = new Map();
    for (const { module, code } of converted) {
        const [outer, inner] = module.split('::');
        if (inner === undefined) write(`src/${outer}.rs`, code);
        else write(`src/${outer}/${inner}.rs`, code);
        modules.set(outer, [...(modules.get(outer) ?? []), ...(inner === undefined ? [] : [inner])]);
    }
    for (const [outer, inner] of modules) {
        if (inner.length === 0) continue;
        const own = outer === shared.module ? convert(shared, library).code : '';
        const rest = own.replaceAll(/^(#\[(cfg|path).*\n)*mod \w+;\n/gm, '');
        write(`src/${outer}/mod.rs`, rest + inner.map((name) => `pub mod ${name};\n`).join(''));
    }
    write('src/common.rs', readFileSync(join(library, 'std/tests/common/mod.rs'), 'utf8'));
    const tests = converted.flatMap((one) => one.tests);
    const known = new Set(tests.map(({ name }) => name));
    const gone = Object.keys(reasons).filter((name) => !known.has(name));
    if (gone.length > 0) throw new Error(`std has no such tests any more: ${gone.join(', ')}`);
    const entries = tests
        .filter(({ reason }) => reason === undefined)
        .map(({ name, conditions }) => `${conditions.join('\n')}\n    ("${name}", || Ends::end(${name}())),`);
    write('src/lib.rs', library_rs([...modules.keys()], entries));
    write('Cargo.toml', manifest());
    copyFileSync(join(root, 'Cargo.lock'), join(folder, 'Cargo.lock'));
    return tests;
}

function library_rs(modules, entries) {
    return `#![allow(warnings)]
${[...features].map((feature) => `#![feature(${feature})]\n`).join('')}
${modules.map((module) => `pub mod ${module};\n`).join('')}mod common;
extern crate alloc;

use suspendable::suspendable;
use wasm_bindgen::prelude::wasm_bindgen;

/// What a test returns.
trait Ends {
    fn end(self);
}
impl Ends for () {
    fn end(self) {}
}
impl<T, E: std::fmt::Debug> Ends for Result<T, E> {
    fn end(self) {
        self.map(drop).unwrap();
    }
}

const TESTS: &[(&str, fn())] = &[
    ${entries.join('\n    ')}
];

#[wasm_bindgen]
pub fn names() -> Vec<String> {
    TESTS.iter().map(|(name, _)| name.to_string()).collect()
}

/// \`port\` is the first that it may bind.
#[suspendable]
pub fn run(name: &str, port: usize) {
    net::test::PORT.store(port, std::sync::atomic::Ordering::Relaxed);
    TESTS.iter().find(|test| test.0 == name).expect("a test").1();
}
`;
}

function manifest() {
    const version = /wasm-bindgen = "(.*)"/.exec(readFileSync(join(root, 'Cargo.toml'), 'utf8'))[1];
    return `[package]
name = "std-own"
version = "0.0.0"
edition = "2024"

[lib]
crate-type = ["cdylib"]

[dependencies]
rand = { version = "0.9", default-features = false, features = ["alloc"] }
rand_xorshift = "0.4"
suspendable = { path = "${root}" }
wasm-bindgen = "${version}"

[workspace]
`;
}
