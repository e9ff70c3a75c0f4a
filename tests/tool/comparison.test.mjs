// bench/comparison: it measures in a browser, and shows what it has measured.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { missing, openBrowser } from '../engines/browsers.mjs';
import { serve } from '../engines/serve.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const NEEDED = [
    'bench/styles/suspendable/pkg/bench-suspendable.js',
    'bench/styles/wasm-bindgen-jspi/pkg/bench_wasm_bindgen_jspi.js',
    'bench/node_modules/d3/dist/d3.min.js',
];
const absent = missing('chromium');
const isBuilt = NEEDED.every((file) => existsSync(root + file));
const skip = absent.length > 0 ? `there is no ${absent.join(' and no ')} here` : !isBuilt && 'the styles are not built: make bench';

test('the comparison measures in the page', { skip }, async () => {
    const server = await serve(root);
    const browser = await openBrowser('chromium');
    const text = (selector) => browser.execute(`return document.querySelector('${selector}').textContent`);
    try {
        await browser.navigate(`${server.origin}/bench/comparison/?parts=calls`);
        await browser.waitFor("return document.querySelectorAll('#engine tr').length > 5");
        assert.match(await text('#engine'), /WebAssembly\.Suspendingyes/);
        await browser.click('#measure');
        await browser.waitFor("return document.querySelector('#state').textContent === 'Done.'");
        const titles = await browser.execute("return [...document.querySelectorAll('#results h2')].map((one) => one.textContent)");
        assert.deepEqual(titles, ['A call that suspends once', 'A call that never suspends']);
        assert.equal(await browser.execute("return document.querySelectorAll('#results svg').length"), 2);
        const rows = await browser.execute("return [...document.querySelectorAll('#table tr')].map((row) => [...row.cells].map((cell) => cell.textContent))");
        assert.deepEqual(rows[0], ['', 'a call that suspends', 'that does not']);
        const ours = rows.find(([style]) => style === 'ours, auto');
        for (const time of ours.slice(1)) assert.match(time, /^[\d.]+ (ns|µs)( \?)?$/);
        assert.ok(rows.some(([style]) => style === "wasm-bindgen's JSPI") && rows.some(([style]) => style === 'ours, jspi'));
    } finally {
        await browser.close();
        await server.close();
    }
});
