// Where the time of a module's first import goes, step by step, beside JavaScript's own `import()`.
//
// Usage: node bench/import.mjs
//
// Each row is a round of the whole: `import()` of a new module and what is named, or the same from Rust. What is done
// right behind the loading of a module finds the processor's caches full of that, whoever does it: the second table has
// the same work alone, in a loop.

import { create } from '../js/host/import.js';
import { measure } from './measure.mjs';
import { specifier } from './parts/value.mjs';
import { printRows } from './report/rows.mjs';
import { auto, load } from './styles/suspendable/style.mjs';

const FLOOR = 'import(), from JavaScript';
const ROUNDS = { warmUp: 5, least: 100, most: 150 };

let modules = 0;
const fresh = () => specifier((modules += 1));
const known = Promise.resolve(await import(specifier(0)));
const resolved = Promise.resolve(1);
const [encoder, decoder] = [new TextEncoder(), new TextDecoder()];

const own = await auto.load();
// Its modules are there already: what is left is what Rust does.
const withoutLoading = await load({ importModule: () => known });
const { importModule } = create(/** @type {any} */ ({ options: {} }));

const work = {
    'an async call in JavaScript': () => (async () => await resolved)(),
    'a text encoded and decoded in JavaScript': (text) => decoder.decode(encoder.encode(text)),
    'a suspension': () => own.once(resolved),
    'a text into Rust and out again': (text) => own.callAgain(text, 1),
    'all that Rust does for an import': (text) => withoutLoading.importModule(text),
};
const behind = Object.entries(work).map(([name, run]) => [
    `and ${name}`,
    async () => {
        const text = fresh();
        const { value } = await import(text);
        await run(text);
        return value;
    },
]);
const steps = {
    [FLOOR]: async () => (await import(fresh())).value,
    'from a function of the runtime': async () => (await importModule(fresh(), undefined)).value,
    'for which Rust waits': async () => (await own.once(importModule(fresh(), undefined))).value,
    ...Object.fromEntries(behind),
    'js_import, from Rust': () => own.importModule(fresh()),
};

for (const [name, step] of Object.entries(steps)) {
    if ((await step()) !== (await known).value) throw new Error(`${name}: the module has another value`);
}
const inTurn = (run) => async (times) => {
    for (let i = 0; i < times; i++) await run(fresh());
};
const each = (runs) => Object.fromEntries(Object.entries(runs).map(([name, run]) => [name, inTurn(run)]));
const first = await measure(each(steps), { floor: FLOOR, operations: 20, seconds: 60, rounds: ROUNDS });
const alone = await measure(each(work), { floor: Object.keys(work)[0], seconds: 5 });

const micro = (nanoseconds) => `${(nanoseconds / 1000).toFixed(1)} µs`;
printRows([
    ['A new module', 'time', '× import()', '±', 'more'],
    ...Object.entries(first).map(([name, { median, ratio, spread }]) => [
        `  ${name}`,
        micro(median),
        ratio === null ? '?' : ratio.toFixed(2),
        spread.toFixed(2),
        ratio === null ? '?' : micro((ratio - 1) * first[FLOOR].median),
    ]),
]);
console.log();
printRows([
    ['The same work alone', 'time'],
    ...Object.entries(alone).map(([name, { median }]) => [`  ${name}`, micro(median)]),
]);
