// Interleaved measurement: A B C B A C …, so that what else the machine does touches all of them.
//
// A figure is the ratio of a style to the floor in the same round: the median over the rounds, and the
// interval that has the true median in it with 95 %. Rounds are added until those intervals are narrow,
// or time is up; what is too wide then is not reported. Engines place and compile code differently from
// one process to the next, so the rounds come from several: each measures, and `pool` brings together.

const now = () => performance.now();

/** How narrow is narrow enough, and how wide is too wide: half of the interval, as a part of the median. */
const ENOUGH = 0.03;
const TOO_WIDE = 0.15;

/** A round of one style takes so long: engines blur their clocks by up to a millisecond. */
const MILLISECONDS = 8;
/** In each process. */
const ROUNDS = { warmUp: 3, least: 5, most: 21 };
/** Where one takes seconds. */
export const FEW_ROUNDS = { warmUp: 1, least: 4, most: 5 };

/**
 * @typedef {object} Measured
 * @property {number[]} samples nanoseconds of one operation, a number a round
 * @property {number} median
 * @property {number | null} ratio to the floor; null if it is too uncertain
 * @property {number} spread half of the interval of the ratio, as a part of it
 */

/**
 * @param {Record<string, (operations: number) => unknown>} styles
 * @param {object} options
 * @param {string} options.floor
 * @param {number} [options.operations] of one round; by default as many as take long enough
 * @param {number} [options.each] what one operation counts for
 * @param {typeof ROUNDS} [options.rounds]
 * @param {number} [options.seconds] for all of it, in each process
 * @param {() => void} [options.before] each style in a round, and not measured
 * @returns {Promise<Record<string, Measured>>}
 */
export async function measure(
    styles,
    { floor, operations, each = 1, rounds = ROUNDS, seconds = 1.5, before = () => {} },
) {
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
        for (const name of inAnyOrder(Object.keys(styles))) {
            before();
            const time = await timeOf(styles[name], counts[name]);
            if (round >= 0) samples[name].push((time * 1e6) / counts[name] / each);
        }
    }
    return compare(samples, floor);
}

/**
 * The same tables from several processes as one.
 *
 * @param {any[][]} runs the tables of each
 */
export function pool(runs) {
    return runs[0].map((table, index) => {
        const all = ({ style, size }) =>
            runs.map((tables) => tables[index].rows.find((row) => row.style === style && row.size === size));
        const rows = table.rows.map(({ style, size }) => {
            const same = all({ style, size });
            const without = same.find((row) => row.without !== undefined);
            if (without !== undefined) return without;
            const floor = all({ style: table.floor, size });
            const [samples, under] = [same, floor].map((some) => some.flatMap((row) => row.samples));
            return { style, size, ...figures(samples, under) };
        });
        return { ...table, rows };
    });
}

/** Whoever comes behind another pays for its garbage: it is not always the same one. */
function inAnyOrder(names) {
    for (let i = names.length - 1; i > 0; i--) {
        const j = Math.floor(Math.random() * (i + 1));
        [names[i], names[j]] = [names[j], names[i]];
    }
    return names;
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

const compare = (samples, floor) =>
    Object.fromEntries(
        Object.entries(samples).map(([name, values]) => [name, figures(values, samples[floor])]),
    );

/** @returns {Measured} */
function figures(samples, floor) {
    const { median: ratio, spread } = interval(samples.map((value, round) => value / floor[round]));
    const { median } = interval(samples);
    return { samples, median, ratio: spread > TOO_WIDE ? null : ratio, spread };
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
