// Every way that Node.js has to switch stacks, under the flags that V8 has for them.

import { openEngine } from './engines.mjs';
import { interval } from './measure.mjs';
import { bytes, nanoseconds, ratio } from './report/numbers.mjs';

const GROWABLE = '--experimental-wasm-growable-stacks';
/** Of 984 KiB by default. */
const SMALL = '--wasm-stack-switching-stack-size=64';
const STRESS = '--stress-wasm-stack-switching';
const WASMFX = '--experimental-wasm-wasmfx';
const LEGACY = '--experimental-wasm-jspi';

/** The engine, the style, and the flags. */
const WAYS = [
    ['node22', 'ours, jspi-legacy', LEGACY],
    ['node22', 'ours, jspi-legacy', LEGACY, SMALL],
    ...['node24', 'node26'].flatMap((engine) => [
        [engine, 'ours, jspi'],
        [engine, 'ours, jspi', GROWABLE],
        [engine, 'ours, jspi', SMALL],
        [engine, 'ours, jspi', STRESS],
    ]),
    ['node26', 'ours, wasmfx', WASMFX],
    ['node26', 'ours, wasmfx', WASMFX, GROWABLE],
    ['node26', 'ours, wasmfx', WASMFX, SMALL],
    ['node26', 'ours, wasmfx', WASMFX, STRESS],
    ['node26', 'ours, asyncify'],
    ['node26', 'ours, asyncify', STRESS],
];

const COLUMNS = {
    suspension: 'a suspension',
    once: 'a call that suspends once',
    'of 100': 'one of 100 in flight',
    'of 1000': 'one of 1,000',
};
const MEMORY = 'memory of a call that waits';
const FRAMES = 'frames, at least';

/** @param {(run: () => Promise<any[]>) => Promise<any[]>} enough tables from as many processes as it takes */
export async function flagsTable(enough) {
    const rows = [];
    for (const [name, style, ...flags] of WAYS) rows.push(await row(name, style, flags, enough));
    return {
        id: 'flags',
        title: 'Stacks of the engine, by flags, and × plain JavaScript',
        columns: [...Object.values(COLUMNS), MEMORY, FRAMES],
        rows,
    };
}

async function row(name, style, flags, enough) {
    const engine = await openEngine(name, flags);
    const label = [`Node.js ${engine.version.split('.')[0]}`, style.replace('ours, ', ''), ...flags].join(' ');
    try {
        const resident = [];
        const depths = [];
        const tables = await enough(async () => {
            resident.push((await engine.run({ part: 'memory', style })).resident);
            const { tables, frames } = await engine.run({ part: 'flags', style });
            depths.push(frames);
            return tables;
        });
        const cells = tables.map(({ id, rows }) => {
            const measured = rows.find((row) => row.style === style);
            const compared = measured.ratio === null ? ' ?' : `, ${ratio(measured.ratio)}`;
            return [COLUMNS[id], nanoseconds(measured.median) + compared];
        });
        const done = {
            style: label,
            ...Object.fromEntries(cells),
            [MEMORY]: bytes(interval(resident).median),
            [FRAMES]: Math.min(...depths).toLocaleString('en'),
        };
        console.log(Object.values(done).join(' | '));
        return done;
    } catch (error) {
        console.log(`${label}: ${error.message}`);
        return { style: label, [Object.values(COLUMNS)[0]]: error.message.split('\n')[0].replace(/^.*?: /, '') };
    } finally {
        await engine.close();
    }
}
