// The WebDrivers of browsers: by the variables that wasm-bindgen's tests have for them, or on the PATH.

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { platform } from 'node:process';

/** What starts each browser, and how it comes here. */
const DRIVERS = {
    chromium: {
        variable: 'CHROMEDRIVER',
        programs: ['chromedriver'],
        install:
            'Debian has it in the package `chromium-driver`; `npx @puppeteer/browsers install chromedriver` brings ' +
            'it elsewhere',
        capabilities: {
            browserName: 'chrome',
            // As root, and where /dev/shm is small, as in containers.
            'goog:chromeOptions': { args: ['--headless', '--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'] },
        },
    },
    firefox: {
        variable: 'GECKODRIVER',
        programs: ['geckodriver'],
        install: '`cargo install geckodriver` brings it; Firefox has to be here as well',
        capabilities: { browserName: 'firefox', 'moz:firefoxOptions': { args: ['-headless'] } },
    },
    webkit: {
        variable: 'SAFARIDRIVER',
        programs: ['safaridriver', 'WebKitWebDriver'],
        install:
            'On macOS, `safaridriver --enable` allows Safari’s. Elsewhere it is WebKitGTK’s, in the package ' +
            '`webkit2gtk-driver` of Debian; a screen that nobody sees comes from `xvfb-run cargo suspendable test …`',
        capabilities: {},
    },
};

/**
 * @param {string} name
 * @param {Record<string, string | undefined>} environment
 */
export function findDriver(name, environment = process.env) {
    const { variable, programs, install, capabilities } = DRIVERS[name];
    const program = environment[variable] || programs.map((name) => locate(name, environment)).find(Boolean);
    if (program === undefined) {
        throw new Error(
            `no driver of ${name} is here: neither ${variable} says where it is, nor is ${programs.join(' or ')} on ` +
                `the PATH. ${install}`,
        );
    }
    if (/WebKitWebDriver$/.test(program) && !environment.DISPLAY && !environment.WAYLAND_DISPLAY) {
        throw new Error(`${name} is WebKitGTK here, which has no headless mode, and there is no screen. ${install}`);
    }
    const isSafari = /safaridriver$/.test(program);
    const args = (port) => (isSafari ? ['--port', String(port)] : [`--port=${port}`]);
    return { program, install, args, capabilities };
}

/** The longest path of a folder in which Chromium can have its socket: on macOS such a path has at most 103 bytes. */
const LONGEST = 103 - '/org.chromium.Chromium.XXXXXX/SingletonSocket'.length;

/**
 * What tells a driver and its browser where their temporary files go, if that can be there.
 *
 * @param {string} folder
 * @returns {Record<string, string>}
 */
export function temporaryIn(folder) {
    return Buffer.byteLength(folder) > LONGEST ? {} : { TMPDIR: folder, TMP: folder, TEMP: folder };
}

/** The file of a program on the PATH. */
function locate(program, { PATH = '' }) {
    const file = platform === 'win32' ? `${program}.exe` : program;
    return PATH.split(delimiter)
        .map((folder) => join(folder, file))
        .find(isExecutable);
}

/** @param {string} file */
export function isExecutable(file) {
    try {
        accessSync(file, constants.X_OK);
        return true;
    } catch {
        return false;
    }
}
