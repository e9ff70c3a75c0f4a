// Whole programs that wait while they run, against the same Rust that waits for nothing.
//
// The floor is the module that is not instrumented, where the engine can run it.

import { instantiate } from '../../examples/proving-ground/pkg/proving-ground.js';
import { readBytes } from '../host.mjs';
import { instantiate as instantiateJson } from '../programs/pkg/bench-programs.js';
import { compareStyles, inTurn } from './table.mjs';

const WITHOUT = 'nothing suspends';
const BACKENDS = WebAssembly.Suspending === undefined ? ['auto', 'asyncify'] : ['auto', 'asyncify', 'jspi'];
const BARE = BACKENDS.includes('jspi') ? 'jspi' : 'asyncify';

const program = (path) => new URL(`../../examples/proving-ground/${path}`, import.meta.url);
const text = async (path) => new TextDecoder().decode(await readBytes(program(path)));

export async function run() {
    return [await script(), await archive(), await json()];
}

async function script() {
    const source = await text('scripts/invoices.rhai');
    const files = {};
    const print = () => {};
    // What the script reads is brought before it is measured.
    const { runScript } = await instantiate();
    await runScript(source, { readText: async (path) => (files[path] = await text(`data/${path}`)), print });
    const immediate = { readText: (path) => files[path], print };
    const asynchronous = { readText: async (path) => files[path], print: async () => {} };
    const table = {
        id: 'program-script',
        title: 'A script in the rhai interpreter that reads files and prints',
    };
    return programs(table, instantiate, {
        without: ({ runScript }) => runScript(source, immediate),
        waiting: ({ runScript }) => runScript(source, asynchronous),
    });
}

async function archive() {
    const bytes = await readBytes(program('data/measurements.zip'));
    const source = {
        size: bytes.length,
        read: async (position, length) => bytes.subarray(position, position + length),
    };
    return programs(
        { id: 'program-archive', title: 'Tables (csv) in an archive (zip), by positioned reads' },
        instantiate,
        {
            without: async ({ summarizeBytes }) => summarizeBytes(bytes),
            waiting: ({ summarize }) => summarize(source),
        },
    );
}

const CHUNK = 4096;

async function json() {
    const records = Array.from({ length: 4000 }, (_, id) => ({
        id,
        name: `record ${id}`,
        tags: ['a', 'bc', String(id % 7)],
        position: { x: id / 3, y: -id },
        open: id % 2 === 0,
    }));
    const bytes = new TextEncoder().encode(JSON.stringify(records));
    async function* chunks() {
        for (let at = 0; at < bytes.length; at += CHUNK) yield bytes.subarray(at, at + CHUNK);
    }
    const table = {
        id: 'program-json',
        title: 'A JSON parser (serde_json) that reads a stream in chunks of 4 KB',
    };
    return programs(table, instantiateJson, {
        without: async ({ countBytes }) => countBytes(bytes),
        waiting: ({ countStream }) => countStream(chunks()),
    });
}

/** One table: each backend with a program that waits, over the same without waiting. */
async function programs(table, instantiate, { without, waiting }) {
    const bare = await instantiate({ backend: BARE });
    const task = (call) => ({ run: inTurn(call), check: call });
    const styles = { [WITHOUT]: () => task(() => without(bare)) };
    for (const backend of BACKENDS) {
        const own = await instantiate({ backend });
        styles[`ours, ${backend}`] = () => task(() => waiting(own));
    }
    return compareStyles({ ...table, floor: WITHOUT }, styles, { seconds: 2 });
}
