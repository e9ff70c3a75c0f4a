// wasm-bindgen's own JSPI beside fibers, in one module.

import * as mixed from './mixed/pkg/mixed.js';
import { assert, backend, rejection, test } from './support.mjs';

const NEEDS = /these exports need them no more: fiberOnJspi, hookOnJspi, onJspi, onJspiImport, rejectedOnJspi$/;
// (module (func (local exnref)))
const exceptions = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 6, 1, 4, 1, 1, 105, 11];
const hasBoth = WebAssembly.Suspending !== undefined && WebAssembly.validate(Uint8Array.from(exceptions));
const needsJspi = !hasBoth && 'the engine lacks JSPI, or exceptions';

/** Settles now, or turns later. */
globalThis.mixedLater = (value) =>
    value % 2 === 0 ? Promise.resolve(value) : new Promise((resolve) => setTimeout(resolve, value, value));

if (!needsJspi) await mixed.init();
const emptyStack = needsJspi ? 0 : mixed.stackAddress();

/** What comes of going down to `depth`. */
const sum = (depth) => (depth * (depth + 1)) / 2;

test('without JSPI, loading says which exports need it', { skip: hasBoth && 'the engine has it' }, async () => {
    for (const backend of ['auto', 'jspi']) {
        const error = await rejection(mixed.instantiate({ backend }));
        assert.match(error.message, /^the package needs JSPI .*, and this engine has not both\. With #\[suspendable\]/);
        assert.match(error.message, NEEDS);
    }
});

test('no other backend can be asked for', async () => {
    for (const backend of ['asyncify', 'jspi-legacy', 'wasmfx']) {
        const error = await rejection(mixed.instantiate({ backend }));
        assert.ok(error.message.includes(`and not '${backend}'.`));
        assert.match(error.message, NEEDS);
    }
});

test('each kind of export, beside the others', { skip: needsJspi }, async () => {
    assert.equal(mixed.backend, 'jspi');
    const results = await Promise.all([
        mixed.onFiber(5, 1),
        mixed.onJspi(5, 2),
        mixed.onJspiImport(5, 3),
        mixed.ordinaryAsync(7),
    ]);
    assert.deepEqual(results, [15, 15, 15, 7]);
    assert.equal(mixed.adder(40)(2), 42);
});

test('hundreds at once, each with its own bytes on its stack', { skip: needsJspi }, async () => {
    const kinds = [mixed.onFiber, mixed.onJspi, mixed.onJspiImport, mixed.rejectedOnJspi];
    const calls = Array.from({ length: 300 }, (_, i) => kinds[i % 4](i % 10, i));
    assert.deepEqual(await Promise.all(calls), calls.map((_, i) => sum(i % 10)));
    assert.equal(mixed.stackAddress(), emptyStack);
});

const cannotNest =
    needsJspi || (backend === 'wasmfx' && "with that flag, V8's JSPI suspends no call that has called another one");

test('either kind, called by JavaScript that the other calls', { skip: cannotNest }, async () => {
    for (const [outer, inner] of [
        [mixed.hookOnJspi, mixed.onFiber],
        [mixed.hookOnJspi, mixed.onJspi],
        [mixed.hookOnFiber, mixed.onJspi],
        [mixed.hookOnFiber, mixed.onJspiImport],
    ]) {
        let called;
        globalThis.mixedHook = () => {
            called = inner(6, 200);
            return 'went on at once';
        };
        assert.equal(await outer(7), 'went on at once');
        assert.equal(await called, sum(6));
        assert.equal(mixed.stackAddress(), emptyStack);
    }
});

test("on a fiber, wasm-bindgen's way to wait is refused, and nothing is harmed", { skip: cannotNest }, async () => {
    const refused = /cannot suspend a call of a #\[suspendable\] export: there, use #\[suspending\] imports and `suspendable::block_on`/;
    let inner;
    globalThis.mixedHook = () => (inner = rejection(mixed.jspiOnFiber())) && 'called';
    const others = [mixed.onFiber(4, 1), mixed.onJspi(4, 2)];
    assert.match((await rejection(mixed.jspiOnFiber())).message, refused);
    assert.equal(await mixed.hookOnJspi(3), 'called');
    assert.match((await inner).message, refused);
    assert.deepEqual(await Promise.all(others), [sum(4), sum(4)]);
    assert.equal(mixed.stackAddress(), emptyStack);
});

test("in wasm-bindgen's JSPI, a blocking call says that it cannot block", { skip: needsJspi }, async () => {
    assert.match((await rejection(mixed.fiberOnJspi())).message, /cannot block here: no #\[suspendable\] call is running/);
});
