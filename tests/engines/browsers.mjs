// Real browsers, driven through their WebDrivers.
//
//     const browser = await openBrowser('firefox');
//     await browser.navigate('http://127.0.0.1:8080/');
//     await browser.execute('return document.title');
//     await browser.close();
//
// Each browser starts with a fresh profile and nothing to see on the screen. What it needs is brought
// by `make setup-matrix`; `missing(name)` says what is not there.

import { spawn } from 'node:child_process';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';

import { isExecutable, temporaryIn } from '../../post-build/src/test/drivers.mjs';
import { remove, running, temporaryFolder } from './scratch.mjs';

const GECKODRIVER = fileURLToPath(new URL('../../target/engines/bin/geckodriver', import.meta.url));
const CLIENT = fileURLToPath(new URL('./node_modules/selenium-webdriver/', import.meta.url));
const MINI_BROWSER = '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser';
const SIZE = [1024, 768];

/** What starts each browser: its driver's program, and what the driver is told. */
const BROWSERS = {
    chromium: {
        driver: 'chromedriver',
        programs: ['chromium'],
        capabilities: () => ({
            browserName: 'chrome',
            'goog:chromeOptions': {
                binary: locate('chromium'),
                args: [
                    '--headless',
                    '--no-sandbox',
                    '--disable-gpu',
                    '--disable-quic',
                    '--disable-dev-shm-usage',
                    '--no-first-run',
                    '--disable-background-networking',
                    '--disable-component-update',
                    '--disable-sync',
                    `--window-size=${SIZE}`,
                ],
            },
        }),
    },
    firefox: {
        driver: GECKODRIVER,
        programs: ['firefox-esr'],
        capabilities: () => ({
            browserName: 'firefox',
            'moz:firefoxOptions': {
                binary: locate('firefox-esr'),
                args: ['-headless', `--width=${SIZE[0]}`, `--height=${SIZE[1]}`],
            },
        }),
    },
    webkit: {
        driver: 'WebKitWebDriver',
        programs: [MINI_BROWSER, 'Xvfb'],
        // It has no headless mode.
        needsDisplay: true,
        capabilities: () => ({
            browserName: 'MiniBrowser',
            'webkitgtk:browserOptions': { binary: MINI_BROWSER, args: ['--automation'] },
        }),
    },
};

/** The names that `openBrowser` takes. */
export const browsers = Object.keys(BROWSERS);

/**
 * Which of the programs that a browser needs are not here.
 *
 * @param {string} name
 * @returns {string[]}
 */
export function missing(name) {
    const { driver, programs } = BROWSERS[name];
    return [CLIENT, driver, ...programs].filter((program) => locate(program) === undefined);
}

/** The file of a program, which is a path or a name to be looked for on the PATH. */
function locate(program) {
    const folders = (process.env.PATH ?? '').split(delimiter);
    const files = program.includes('/') ? [program] : folders.map((folder) => `${folder}/${program}`);
    return files.find(isExecutable);
}

/**
 * Starts a browser. Of WebKit there can be one at a time.
 *
 * @param {string} name 'chromium', 'firefox' or 'webkit'
 */
export async function openBrowser(name) {
    const { Builder, WebDriver } = await import('selenium-webdriver');
    const { DriverService } = await import('selenium-webdriver/remote/index.js');
    const { driver, needsDisplay, capabilities } = BROWSERS[name];

    const display = needsDisplay ? await openDisplay() : undefined;
    const folder = temporaryFolder(name);
    const service = new DriverService.Builder(locate(driver))
        .setLoopback(true)
        .setEnvironment({ ...process.env, ...temporaryIn(folder), ...(display && { DISPLAY: display.name }) })
        .build();
    /** @type {WebDriver} */
    let session;
    async function close() {
        running.delete(close);
        await session?.quit().catch(() => {});
        await service.kill();
        display?.close();
        remove(folder);
    }

    running.add(close);
    try {
        session = await new Builder()
            .disableEnvironmentOverrides()
            .usingServer(await service.start())
            .withCapabilities(capabilities())
            .build();
        const opened = await session.getCapabilities();
        return {
            name,
            version: String(opened.get('browserVersion')),
            /** @param {string | URL} url */
            navigate: (url) => session.get(String(url)),
            /** That of the page. An error tells whether there is one still. */
            title: () => session.getTitle(),
            /** Runs the body of a function, and gives back what it returns: a value, or a promise of one. */
            execute: (script, ...args) => session.executeScript(script, ...args),
            /** Waits until the body of a function returns something true, and gives that back. */
            waitFor: (script, milliseconds = 120_000) =>
                session.wait(() => session.executeScript(script), milliseconds, `still waiting for: ${script}`),
            /** Clicks on the element that a CSS selector finds, as a visitor would. */
            click: (selector) => session.findElement({ css: selector }).click(),
            /** Presses the keys of a text, in the element that a CSS selector finds. */
            type: (selector, keys) => session.findElement({ css: selector }).sendKeys(keys),
            /** What is to be seen: the bytes of a PNG. */
            screenshot: async () => Buffer.from(await session.takeScreenshot(), 'base64'),
            close,
        };
    } catch (error) {
        await close();
        throw error;
    }
}

/** A screen that nobody sees. */
export function openDisplay() {
    // The server chooses a free number, and writes it when it is ready.
    const server = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', `${SIZE.join('x')}x24`, '-nolisten', 'tcp'], {
        stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    return new Promise((resolve, reject) => {
        server.on('error', reject);
        server.on('exit', (status) => reject(new Error(`Xvfb ended with status ${status}`)));
        server.stdio[3].on('data', (number) => {
            resolve({ name: `:${String(number).trim()}`, close: () => server.kill() });
        });
    });
}
