// Code that computes and waits for nothing: what the instrumentation costs it.
//
// The same Rust is in both modules; only the one for Asyncify is instrumented.

import { instantiate } from '../../examples/proving-ground/pkg/proving-ground.js';
import { readBytes } from '../host.mjs';
import { instantiate as instantiateOwn } from '../programs/pkg/bench-programs.js';
import { compareStyles, inTurn } from './table.mjs';

const ROUNDS = 100_000;

export async function run() {
    if (WebAssembly.Suspending === undefined) return [];
    const archive = await readBytes(
        new URL('../../examples/proving-ground/data/measurements.zip', import.meta.url),
    );
    const pending = Promise.resolve();
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
        ),
        await modules(
            'compute-archive',
            'zip and csv, which could suspend',
            instantiate,
            ({ summarizeBytes }) => summarizeBytes(archive),
        ),
    ];
}

async function modules(id, title, instantiate, compute) {
    const styles = {};
    for (const [label, backend] of [
        ['not instrumented', 'jspi'],
        ['instrumented', 'asyncify'],
    ]) {
        const own = await instantiate({ backend });
        const call = () => compute(own);
        styles[label] = () => ({ run: inTurn(call), check: call });
    }
    return compareStyles({ id, title, floor: 'not instrumented' }, styles);
}
