// Interleaved measurement: A B C A B C …, so that what else the machine does touches all of them.
//
// A figure is the ratio of a style to the floor in the same round: the median over the rounds, and the
// interval that has the true median in it with 95 %. Rounds are added until those intervals are narrow,
// or time is up; what is too wide then is not reported.

const now = () => performance.now();

/** How narrow is narrow enough, and how wide is too wide: half of the interval, as a part of the median. */
const ENOUGH = 0.03;
const TOO_WIDE = 0.15;

/** A round of one style takes so long: engines blur their clocks by up to a millisecond. */
const MILLISECONDS = 8;
const ROUNDS = { warmUp: 3, least: 11, most: 61 };
/** Where one takes seconds. */
export const FEW_ROUNDS = { warmUp: 1, least: 9, most: 15 };

/**
 * @typedef {object} Measured
 * @property {number[]} samples nanoseconds of one operation, a number a round
 * @property {number} median
 * @property {number | null} ratio to the floor; null if it is too uncertain
 * @property {number} spread half of the interval of the ratio, as a part of it
 * @property {number} operations of one round
 */

/**
 * @param {Record<string, (operations: number) => unknown>} styles
 * @param {object} options
 * @param {string} options.floor
 * @param {number} [options.operations] of one round; by default as many as take long enough
 * @param {number} [options.each] what one operation counts for
 * @param {typeof ROUNDS} [options.rounds]
 * @param {number} [options.seconds] for all of it
 * @returns {Promise<Record<string, Measured>>}
 */
export async function measure(styles, { floor, operations, each = 1, rounds = ROUNDS, seconds = 4 }) {
    const began = now();
    const counts = {};
    for (const [name, run] of Object.entries(styles)) {
        counts[name] = operations ?? (await countFor(run));
    }
    const samples = Object.fromEntries(Object.keys(styles).map((name) => [name, []]));
    const isEnough = (round) =>
        round >= rounds.most ||
        (round >= rounds.least &&
            (now() - began > seconds * 1000 ||
                Object.values(compare(samples, floor)).every((one) => one.spread < ENOUGH)));
    for (let round = -rounds.warmUp; !isEnough(round); round++) {
        for (const [name, run] of Object.entries(styles)) {
            const time = await timeOf(run, counts[name]);
            if (round >= 0) samples[name].push((time * 1e6) / counts[name] / each);
        }
    }
    return compare(samples, floor, counts);
}

/** How many operations take long enough. The machine may stand still for a moment: twice it will not. */
async function countFor(run) {
    let count = 1;
    let time;
    while (
        (time = Math.min(await timeOf(run, count), await timeOf(run, count), await timeOf(run, count))) <
        MILLISECONDS / 2
    ) {
        count *= 2;
    }
    return Math.max(1, Math.round((count * MILLISECONDS) / time));
}

async function timeOf(run, operations) {
    const began = now();
    await run(operations);
    return now() - began;
}

function compare(samples, floor, counts = {}) {
    return Object.fromEntries(
        Object.entries(samples).map(([name, values]) => {
            const { median: ratio, spread } = interval(
                values.map((value, round) => value / samples[floor][round]),
            );
            const { median } = interval(values);
            return [
                name,
                {
                    samples: values,
                    median,
                    ratio: spread > TOO_WIDE ? null : ratio,
                    spread,
                    operations: counts[name],
                },
            ];
        }),
    );
}

/**
 * The median, and how far the true one may be from it, by the order of the values alone.
 *
 * @param {number[]} values
 */
export function interval(values) {
    const sorted = values.toSorted((a, b) => a - b);
    const { length } = sorted;
    const median = (sorted[Math.floor((length - 1) / 2)] + sorted[Math.floor(length / 2)]) / 2;
    const outside = Math.max(0, Math.floor((length - 1.96 * Math.sqrt(length)) / 2));
    return { median, spread: (sorted[length - 1 - outside] - sorted[outside]) / 2 / median };
}
