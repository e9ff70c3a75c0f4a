// `cargo suspendable test`: what it prints is libtest's, and no test keeps others from running.

import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { findDriver } from '../../post-build/src/test/drivers.mjs';
import { browsers, missing, openDisplay } from '../engines/browsers.mjs';
import { temporaryFolder } from '../engines/scratch.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
// There is a space in its name.
const folder = temporaryFolder('tests ');

const manifest = `
[package]
name = "tried"
version = "1.0.0"
edition = "2024"

[lib]
crate-type = ["cdylib", "rlib"]

[dependencies]
js-sys = "=0.3.107"
suspendable = { path = ${JSON.stringify(root)} }
wasm-bindgen = "=0.2.130"

[workspace]
`;

const library = `
use suspendable::{Error, js_import, suspendable};

#[suspendable]
pub fn join(a: &str, b: &str) -> Result<String, Error> {
    js_import("node:path")?.call("join", (a, b))
}

#[cfg(test)]
mod tests {
    use super::join;
    use suspendable::{Error, js_import, suspendable_test, thread, time::Duration};

    #[suspendable_test]
    fn imports_wait() -> Result<(), Error> {
        assert_eq!(join("a", "b")?, "a/b");
        Ok(())
    }
    #[suspendable_test]
    fn a_module_beside_the_manifest() {
        assert_eq!(js_import("./beside.mjs").unwrap().get::<f64>("value").unwrap(), 7.0);
    }
    #[suspendable_test]
    fn fails() {
        suspendable::println!("shown");
        thread::sleep(Duration::from_millis(1));
        assert_eq!(join("a", "b").unwrap(), "a", "with words");
    }
    #[suspendable_test]
    fn is_an_error() -> Result<(), Error> {
        suspendable::println!("not of the others");
        Err(Error::CannotBlock)
    }
    #[suspendable_test]
    #[ignore = "slow"]
    fn rests() {}
    #[test]
    fn another_one_of_cargos() {
        unreachable!()
    }
}

#[cfg(test)]
mod panics {
    use suspendable::suspendable_test;

    #[suspendable_test]
    #[should_panic(expected = "number 1")]
    fn fails() {
        panic!("number {}", 13)
    }
    #[suspendable_test]
    #[should_panic(expected = "number 2")]
    fn otherwise() {
        panic!("number {}", 13)
    }
    #[suspendable_test]
    #[should_panic]
    fn never() {}
}

#[cfg(test)]
mod ends {
    use suspendable::{block_on, js_import, suspendable_test};

    #[suspendable_test]
    fn at_once() {
        js_import("node:process").unwrap().call::<()>("exit", (3,)).unwrap();
    }
    #[suspendable_test]
    fn never() {
        while std::hint::black_box(true) {}
    }
    #[suspendable_test]
    fn with_nothing_left() {
        let never = js_sys::Promise::<wasm_bindgen::JsValue>::new(&mut |_, _| {});
        block_on(&never).unwrap();
    }
    #[suspendable_test]
    fn zero_others_go_on() {}
}
`;

const integration = `
use suspendable::suspendable_test;

#[suspendable_test]
fn from_outside() {
    assert_eq!(tried::join("c", "d").unwrap(), "c/d");
}
`;

for (const [file, text] of Object.entries({
    'Cargo.toml': manifest,
    'beside.mjs': 'export const value = await 7;\n',
    'src/lib.rs': library,
    'tests/outside.rs': integration,
})) {
    mkdirSync(join(folder, file, '..'), { recursive: true });
    // As an editor on Windows would.
    writeFileSync(join(folder, file), text.replaceAll('\n', '\r\n'));
}
// What it depends on has been compiled for others.
copyFileSync(join(root, 'Cargo.lock'), join(folder, 'Cargo.lock'));

const tool = join(root, 'target/release/cargo-suspendable');
const environment = {
    ...process.env,
    // This Node.js is what runs them.
    PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
    CARGO_TARGET_DIR: join(root, 'target'),
    GECKODRIVER: join(root, 'target/engines/bin/geckodriver'),
    // None is needed.
    WASM_OPT: '/nowhere',
    RUST_BACKTRACE: '0',
};

function run(...args) {
    return spawnSync(tool, ['test', '--release', ...args], { cwd: folder, encoding: 'utf8', env: environment });
}

/** Lines without what differs from run to run. */
const plain = (stdout) => stdout.replace(/finished in \d+\.\d\ds/g, 'finished in 0.00s').trim();

test('what passes, from the library and from a test file beside it', () => {
    const { status, stdout, stderr } = run('wait', 'outside', 'rests');
    assert.equal(status, 0, stdout + stderr);
    assert.deepEqual(stderr.match(/Running .*/g), ['Running unittests src/lib.rs', 'Running tests/outside.rs']);
    assert.equal(
        plain(stdout),
        `
running 2 tests
test tests::imports_wait ... ok
test tests::rests ... ignored, slow

test result: ok. 1 passed; 0 failed; 1 ignored; 0 measured; 10 filtered out; finished in 0.00s


running 1 test
test from_outside ... ok

test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
`.trim(),
    );
});

test('what fails, panics, ends the process or never ends, and the others go on', () => {
    const { status, stdout, stderr } = run('--time-limit', '5');
    assert.equal(status, 101, stderr);
    assert.doesNotMatch(stderr, /outside\.rs/, 'as with cargo, what comes behind is not run');
    assert.equal(
        plain(stdout).replace(/(src\/lib\.rs:\d+):\d+/g, '$1'),
        `
running 12 tests
test ends::at_once ... FAILED
test ends::never ... FAILED
test ends::with_nothing_left ... FAILED
test ends::zero_others_go_on ... ok
test panics::fails - should panic ... ok
test panics::never - should panic ... FAILED
test panics::otherwise - should panic ... FAILED
test tests::a_module_beside_the_manifest ... ok
test tests::fails ... FAILED
test tests::imports_wait ... ok
test tests::is_an_error ... FAILED
test tests::rests ... ignored, slow

failures:

---- ends::at_once stdout ----
the process of the test ended with exit code 3

---- ends::never stdout ----
the test has not ended after 5 s: --time-limit SECONDS gives it more

---- ends::with_nothing_left stdout ----
the test waits for something that can no longer happen: nothing is left that could run

---- panics::never stdout ----
note: test did not panic as expected

---- panics::otherwise stdout ----
thread 'panics::otherwise' panicked at src/lib.rs:55:
number 13
note: panic did not contain expected string
      panic message: "number 13"
 expected substring: "number 2"

---- tests::fails stdout ----
shown
thread 'tests::fails' panicked at src/lib.rs:27:
assertion \`left == right\` failed: with words
  left: "a/b"
 right: "a"
note: run with \`RUST_BACKTRACE=1\` environment variable to display a backtrace

---- tests::is_an_error stdout ----
not of the others
Error: CannotBlock


failures:
    ends::at_once
    ends::never
    ends::with_nothing_left
    panics::never
    panics::otherwise
    tests::fails
    tests::is_an_error

test result: FAILED. 4 passed; 7 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s
`.trim(),
    );
});

test('those that are ignored, when they are asked for', () => {
    const { status, stdout } = run('--ignored');
    assert.equal(status, 0);
    assert.match(stdout, /running 1 test\ntest tests::rests \.\.\. ok\n/);
});

test('through each backend that the engine has', () => {
    const hasJspi = 'Suspending' in WebAssembly;
    const all = run('wait', '--backend', 'all');
    assert.equal(all.status, 0, all.stderr);
    const version = process.versions.node;
    const expected = ['asyncify', ...(hasJspi ? ['jspi'] : [])].map((backend) => `(Node.js ${version}, ${backend})`);
    assert.deepEqual(all.stderr.match(/(?<=unittests src\/lib\.rs )\(.*\)/g), expected);
    assert.equal(all.stdout.match(/^test tests::imports_wait \.\.\. ok$/gm)?.length, expected.length);
    const jspi = run('wait', '--backend', 'jspi');
    assert.equal(jspi.status, hasJspi ? 0 : 1, jspi.stderr);
    assert.match(hasJspi ? jspi.stdout : jspi.stderr, hasJspi ? /1 passed/ : /has no JSPI, which Node\.js has from 24/);
});

test('a browser that is not here, and what brings it', () => {
    const without = (name) => () => findDriver(name, { PATH: '/nowhere' });
    assert.throws(without('chromium'), /neither CHROMEDRIVER says .* nor is chromedriver on the PATH.*chromium-driver/);
    assert.throws(without('firefox'), /GECKODRIVER.*`cargo install geckodriver`/);
    assert.throws(without('webkit'), /safaridriver or WebKitWebDriver on the PATH.*webkit2gtk-driver/);
    const noScreen = () => findDriver('webkit', { SAFARIDRIVER: '/bin/WebKitWebDriver' });
    assert.throws(noScreen, /no headless mode.*xvfb-run/);
    const env = { ...environment, CHROMEDRIVER: '/nowhere' };
    const options = { cwd: folder, encoding: /** @type {const} */ ('utf8'), env };
    const { status, stderr } = spawnSync(tool, ['test', '--release', '--browser', 'chromium'], options);
    assert.equal(status, 1);
    assert.match(stderr, /^error: cannot run \/nowhere: .*chromium-driver/m);
});

for (const browser of browsers) {
    const absent = missing(browser);
    test(`in ${browser}`, { skip: absent.length > 0 && `there is no ${absent.join(' and no ')} here` }, async () => {
        const display = browser === 'webkit' ? await openDisplay() : undefined;
        const env = { ...environment, DISPLAY: display?.name };
        const inBrowser = (...args) => {
            const all = ['test', '--release', '--browser', browser, ...args];
            // The screen's server would wait for who reads what it says.
            return promisify(execFile)(tool, all, { cwd: folder, env }).catch((error) => error);
        };
        try {
            const { stdout, stderr, code } = await inBrowser('--backend', 'all', 'beside', 'panics', 'is_an_error');
            assert.equal(code, 101, stderr);
            assert.match(stderr, new RegExp(`Running unittests src/lib\\.rs \\(${browser} [\\d.]+, asyncify\\)`));
            assert.match(stdout, /^test tests::a_module_beside_the_manifest \.\.\. ok$/m);
            assert.match(stdout, /^test panics::fails - should panic \.\.\. ok$/m);
            assert.match(stdout, /^thread 'panics::otherwise' panicked at src\/lib\.rs:55:\d+:\nnumber 13$/m);
            assert.match(stdout, /^---- tests::is_an_error stdout ----\nnot of the others\nError: CannotBlock$/m);
            const passes = await inBrowser('--backend', 'all', 'beside', 'zero');
            assert.equal(passes.code, undefined, passes.stderr);
            const times = browser === 'webkit' ? 1 : 2;
            assert.equal(passes.stdout.match(/^test ends::zero_others_go_on \.\.\. ok$/gm)?.length, times);
            if (browser !== 'chromium') return;
            const never = await inBrowser('ends::never', 'zero', '--time-limit', '10');
            assert.match(never.stdout, /^the test has not ended after 10 s: --time-limit SECONDS gives it more$/m);
            assert.match(never.stdout, /^test ends::zero_others_go_on \.\.\. ok$/m, 'in a new page');
        } finally {
            display?.close();
        }
    });
}

test('a program has cargo’s own', () => {
    const { status, stderr } = run('--bin', 'tried');
    assert.equal(status, 1);
    assert.match(stderr, /CARGO_TARGET_WASM32_WASIP1_RUNNER to `cargo suspendable run`/);
});
