// examples/browser, as a visitor uses it.

import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

/** The folder of the page. */
export const page = path('../../examples/browser/');

const screenshots = path('../../target/screenshots/');

/**
 * Does what a visitor would, and says of each part whether it worked.
 *
 * @param {any} browser that shows the page
 * @param {string} backend to switch to
 * @returns {Promise<{ what: string, error?: string }[]>}
 */
export async function visit(browser, backend) {
    const results = [];
    const hasJspi = await browser.execute('return "Suspending" in WebAssembly');
    for (const [what, run] of Object.entries({ ...visits, ...(hasJspi ? {} : visitsWithoutJspi) })) {
        try {
            await run(browser, backend);
            results.push({ what });
        } catch (error) {
            const status = await browser.execute('return document.getElementById("status").textContent');
            results.push({ what, error: `${error.message}\nthe page says: ${status}` });
        }
    }
    return results;
}

const visits = {
    async 'the page shows which backend it got, and switches'(browser, backend) {
        await browser.waitFor(`return document.getElementById('status').textContent === 'Ready'`);
        await browser.click(`[value=${backend}]`);
        await browser.waitFor(`return document.getElementById('backend').value === '${backend}'`);
    },
    async 'a print is made, in the inks of its module, while the page goes on'(browser, backend) {
        await print(browser, '[value="pictures/dunes.mjs"]');
        await browser.waitFor(`return document.getElementById('progress').value > 160`);
        mkdirSync(screenshots, { recursive: true });
        writeFileSync(`${screenshots}browser-${browser.name}-${backend}.png`, await browser.screenshot());
        await expectStatus(
            browser,
            new RegExp(`returned, through ${backend}: Dunes at dusk, 400 × 240 dots in 6 inks$`),
        );
        // A frame at least for each of the 240 rows.
        const frames = await browser.execute(`return Number(document.getElementById('frames').textContent)`);
        if (frames < 230) throw new Error(`the page drew ${frames} frames`);
        const inks = await browser.execute(`
            const { data } = document.getElementById('paper').getContext('2d').getImageData(0, 0, 400, 240);
            const dots = new Set();
            for (let i = 0; i < data.length; i += 4) dots.add(data.slice(i, i + 4).join());
            return [...dots].sort().join(' ');
        `);
        const expected =
            '186,72,92,255 24,18,52,255 244,142,84,255 255,214,138,255 255,246,222,255 88,42,92,255';
        if (inks !== expected) throw new Error(`the inks are ${inks}`);
    },
    async 'the visitor cancels, and the Rust returns'(browser) {
        await print(browser, '[value="pictures/ripples.mjs"]');
        await browser.waitFor(`return /^Row ([3-9]|\\d\\d)\\d /.test(document.getElementById('status').textContent)`);
        await browser.click('#cancel');
        await expectStatus(browser, /returned, .*: stopped before row \d+ of 240: AbortError: cancelled by the visitor$/);
    },
    async 'a source that fails'(browser) {
        await print(browser, '[value="pictures/broken.mjs"]');
        await expectStatus(browser, /returned, .*: stopped before row 90 of 240: Error: the line is dead$/);
    },
    async 'a module that the visitor has written'(browser) {
        await print(browser, '[value=own]');
        await expectStatus(browser, /returned, .*: My own, 200 × 120 dots in 2 inks$/);
    },
    async 'a module that is not there'(browser) {
        await browser.click('[value=url]');
        await browser.execute(`document.getElementById('url').value = './not-there.mjs'`);
        await browser.click('#print');
        await expectStatus(browser, /The Rust failed: cannot import ".\/not-there.mjs": /);
    },
};

const visitsWithoutJspi = {
    async 'to choose JSPI is an error that says so'(browser) {
        await browser.click('[value=jspi]');
        await expectStatus(browser, /this engine has no JSPI/);
    },
};

/** Chooses a module, and begins. */
async function print(browser, module) {
    await browser.click(module);
    await browser.click('#print');
}

/** Waits until nothing runs, and looks at what the page says. */
async function expectStatus(browser, pattern) {
    await browser.waitFor(
        `return !document.body.classList.contains('running')
            && ${pattern}.test(document.getElementById('status').textContent)`,
    );
}
