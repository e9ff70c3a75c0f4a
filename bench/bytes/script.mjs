// What stands in the scripts of a package, by the module of js/ that a declaration was written in.

import { readFile, readdir } from 'node:fs/promises';

const RUNTIME = new URL('../../js/', import.meta.url);

/** Scripts of their own. */
const ON_DEMAND = ['jspi-legacy.js', 'wasmfx.js'];

/** A declaration at the left, or one tab further, as those in wasm-bindgen's glue. */
const DECLARATION = /^\t?(?:export )?(?:default )?(?:async )?(?:function|class|const|let) (?:\{ )?([\w$]+)/;

/**
 * @param {Buffer} script
 * @param {boolean} isGlue
 */
export async function declarationsOf(script, isGlue) {
    const modules = isGlue ? new Map() : await modulesOfNames();
    const parts = [];
    let start = 0;
    let name = '';
    const lines = script.toString('latin1').split(/(?<=\n)/);
    let at = 0;
    const end = () => {
        if (at > start) parts.push({ start, end: at, for: purpose(name, modules) });
        start = at;
    };
    for (const line of lines) {
        const found = DECLARATION.exec(line);
        if (found !== null && (isGlue || !line.startsWith('\t'))) {
            end();
            name = found[1];
        }
        at += line.length;
    }
    end();
    return parts;
}

function purpose(name, modules) {
    if (modules.has(name)) return `js/${modules.get(name)}`;
    if (name.startsWith('__wb')) return 'what the WebAssembly imports';
    return 'imports and exports, and what all of them call';
}

/** Where each name is declared; joined, a name that two modules have gets the module's behind it. */
async function modulesOfNames() {
    const modules = new Map();
    const files = (await readdir(RUNTIME, { recursive: true })).filter((file) => /(?<!\.d)\.js$/.test(file));
    for (const file of files.filter((file) => !ON_DEMAND.includes(file))) {
        const source = await readFile(new URL(file, RUNTIME), 'utf8');
        for (const line of source.split('\n').filter((line) => !line.startsWith(' '))) {
            const found = DECLARATION.exec(line);
            if (found !== null && !modules.has(found[1])) modules.set(found[1], file);
        }
    }
    return modules;
}
