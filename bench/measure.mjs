// Interleaved measurement: A B C A B C …, so that what else the machine does touches all of them.

/**
 * Runs every style once a round, and returns for each the nanoseconds of one operation: the median
 * over the rounds and the quartiles.
 *
 * @param {Record<string, (operations: number) => Promise<unknown>>} styles
 * @param {{ operations: number, rounds?: number, warmUp?: number }} options
 */
export async function measure(styles, { operations, rounds = 25, warmUp = 5 }) {
    const samples = Object.fromEntries(Object.keys(styles).map((name) => [name, []]));
    for (let round = -warmUp; round < rounds; round++) {
        for (const [name, run] of Object.entries(styles)) {
            const began = process.hrtime.bigint();
            await run(operations);
            const nanoseconds = Number(process.hrtime.bigint() - began);
            if (round >= 0) samples[name].push(nanoseconds / operations);
        }
    }
    const at = (sorted, part) => sorted[Math.floor((sorted.length - 1) * part)];
    return Object.fromEntries(
        Object.entries(samples).map(([name, values]) => {
            const sorted = values.toSorted((a, b) => a - b);
            return [name, { median: at(sorted, 0.5), low: at(sorted, 0.25), high: at(sorted, 0.75) }];
        }),
    );
}
