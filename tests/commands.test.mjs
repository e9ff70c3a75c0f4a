// Unmodified programs from crates.io do what native builds of them do: output, exit code and files.

import { assert, inTime, readText, test } from './support.mjs';
import { asked as backend } from './running.mjs';
import { cases, files, programs } from './commands/cases.mjs';

const expected = JSON.parse(await readText(new URL('./commands/pkg/expected.json', import.meta.url)));
const packages = Object.fromEntries(
    await Promise.all(
        Object.keys(programs).map(async (name) => [name, await import(`./commands/pkg/${name}/${name}.js`)]),
    ),
);

const decoder = new TextDecoder();
const textOf = (base64) => decoder.decode(Uint8Array.from(atob(base64), (one) => one.charCodeAt(0)));

/** Bytes as a text that is the same for the same bytes only, and can be read where they are ASCII. */
const written = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');

/** The files below a folder of a file system. */
async function contents(fs, folder = '') {
    const found = {};
    for (const entry of await fs.readdir(`/${folder}`, { withFileTypes: true })) {
        const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
        if (entry.isDirectory()) Object.assign(found, await contents(fs, path));
        else found[path] = written(await fs.readFile(`/${path}`));
    }
    return found;
}

/** Times that are printed differ. */
const withoutTimes = (text) => text.replace(/"(elapsed|elapsed_total)":\{[^}]*\}/g, '');

/** WASI has numbers of its own for the same errors. */
const withoutNumbers = (text) => text.replace(/os error \d+/g, 'os error');

for (const [name, { program, args, stdin = '', env = {} }] of Object.entries(cases)) {
    test(name, async () => {
        const { memoryFiles, run } = packages[program];
        const fs = memoryFiles(files);
        let [out, err] = ['', ''];
        // A line at a time: an interactive program answers before it has the next.
        const lines = stdin.match(/.*\n|.+$/g) ?? [];
        const { code } = await inTime(
            run({
                args,
                env,
                fs,
                backend,
                stdin: async () => lines.shift(),
                stdout: (text) => void (out += text),
                stderr: (text) => void (err += text),
            }),
        );
        const native = expected[name];
        assert.equal(withoutNumbers(withoutTimes(out)), withoutNumbers(withoutTimes(textOf(native.out))));
        assert.equal(withoutNumbers(err), withoutNumbers(textOf(native.err)));
        assert.equal(code, native.code);
        const left = Object.fromEntries(Object.entries(native.files).map(([path, content]) => [path, atob(content)]));
        assert.deepEqual(await contents(fs), left);
    });
}
