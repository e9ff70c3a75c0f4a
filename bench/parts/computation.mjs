// Code that computes and waits for nothing: what being able to wait costs it.
//
// The same Rust is in all modules. In those of the tool, members of the suspension set have a stack of
// their own; only those for Asyncify are instrumented, by the tool, or by Binaryen's pass with the same set, or with its
// own. The one without the tool has neither.

import { readBytes } from '../host.mjs';
import * as plain from '../plain/pkg/proving_ground.js';
import { compareStyles, inTurn } from './table.mjs';

const ROUNDS = 100_000;
const OWN = 'bench/programs/pkg/bench-programs.js';
const LARGE = 'examples/proving-ground/pkg/proving-ground.js';

export async function run() {
    if (WebAssembly.Suspending === undefined) return [];
    const archive = await readBytes(
        new URL('../../examples/proving-ground/data/measurements.zip', import.meta.url),
    );
    const pending = Promise.resolve();
    const file = new URL('../plain/pkg/proving_ground_bg.wasm', import.meta.url);
    await plain.default({ module_or_path: await readBytes(file) });
    return [
        await modules('compute-inside', 'A loop that could suspend', OWN, ({ computeInside }) =>
            computeInside(ROUNDS, pending),
        ),
        await modules(
            'compute-outside',
            'The same loop where nothing can suspend',
            OWN,
            ({ computeOutside }) => computeOutside(ROUNDS),
        ),
        await modules(
            'compute-script',
            'The rhai interpreter, which could suspend',
            LARGE,
            ({ countPrimes }) => countPrimes(5_000),
            plain,
        ),
        await modules(
            'compute-archive',
            'zip and csv, which could suspend',
            LARGE,
            ({ summarizeBytes }) => summarizeBytes(archive),
            plain,
        ),
    ];
}

/** @param {object} [without] the same program without the tool, which is the floor then */
async function modules(id, title, file, compute, without) {
    const styles = {};
    if (without !== undefined) {
        const call = () => compute(without);
        styles['without the tool'] = () => ({ run: inTurn(call), check: call });
    }
    for (const [label, backend, from] of [
        ['not instrumented', 'jspi', ''],
        ['instrumented', 'asyncify', ''],
        ["through Binaryen's pass", 'asyncify', 'target/binaryen/'],
        ["Binaryen's pass and set", 'asyncify', 'target/binaryen-default/'],
    ]) {
        const { instantiate } = await import(`../../${from}${file}`);
        const own = await instantiate({ backend });
        const call = () => compute(own);
        styles[label] = () => ({ run: inTurn(call), check: call });
    }
    return compareStyles({ id, title, floor: Object.keys(styles)[0] }, styles);
}
