// Code that computes and waits for nothing: what being able to wait costs it.
//
// The same Rust is in all modules. In both of the tool's, members of the suspension set have a stack of
// their own; only the one for Asyncify is instrumented. The one without the tool has neither.

import { instantiate } from '../../examples/proving-ground/pkg/proving-ground.js';
import { readBytes } from '../host.mjs';
import * as plain from '../plain/pkg/proving_ground.js';
import { instantiate as instantiateOwn } from '../programs/pkg/bench-programs.js';
import { compareStyles, inTurn } from './table.mjs';

const ROUNDS = 100_000;

export async function run() {
    if (WebAssembly.Suspending === undefined) return [];
    const archive = await readBytes(
        new URL('../../examples/proving-ground/data/measurements.zip', import.meta.url),
    );
    const pending = Promise.resolve();
    const file = new URL('../plain/pkg/proving_ground_bg.wasm', import.meta.url);
    await plain.default({ module_or_path: await readBytes(file) });
    return [
        await modules('compute-inside', 'A loop that could suspend', instantiateOwn, ({ computeInside }) =>
            computeInside(ROUNDS, pending),
        ),
        await modules(
            'compute-outside',
            'The same loop where nothing can suspend',
            instantiateOwn,
            ({ computeOutside }) => computeOutside(ROUNDS),
        ),
        await modules(
            'compute-script',
            'The rhai interpreter, which could suspend',
            instantiate,
            ({ countPrimes }) => countPrimes(5_000),
            plain,
        ),
        await modules(
            'compute-archive',
            'zip and csv, which could suspend',
            instantiate,
            ({ summarizeBytes }) => summarizeBytes(archive),
            plain,
        ),
    ];
}

/** @param {object} [without] the same program without the tool, which is the floor then */
async function modules(id, title, instantiate, compute, without) {
    const styles = {};
    if (without !== undefined) {
        const call = () => compute(without);
        styles['without the tool'] = () => ({ run: inTurn(call), check: call });
    }
    for (const [label, backend] of [
        ['not instrumented', 'jspi'],
        ['instrumented', 'asyncify'],
    ]) {
        const own = await instantiate({ backend });
        const call = () => compute(own);
        styles[label] = () => ({ run: inTurn(call), check: call });
    }
    return compareStyles({ id, title, floor: Object.keys(styles)[0] }, styles);
}
