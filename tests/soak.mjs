// Random programs, many at once, whose promises settle in a random order. What each has seen at its end is
// what it has to see alone, outside of a fiber, in an instance where every answer comes at once.
//
// One seed decides everything: the programs, and who goes on when.

/** The worlds that a program can be in: among others, on a fiber; or alone, for comparison. */
const [AMONG_OTHERS, ALONE] = [0, 1];

/** After so many suspensions there are new instances, for what has faulted keeps its memory. */
const RENEWED = 100_000;

/** What a program is rejected with, by the fault that it has come to. */
const FAULTS = {
    panic: /a panic on purpose/,
    unreachable: /unreachable/i,
    'out of bounds': /out of bounds/i,
    throw: /thrown through Rust/,
    overflow: /./,
    deep: /./,
};

/**
 * Numbers without a pattern: mulberry32.
 *
 * @param {number} state
 */
function createRandom(state) {
    const next = () => {
        state = (state + 0x6d2b79f5) | 0;
        let t = Math.imul(state ^ (state >>> 15), 1 | state);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return (t ^ (t >>> 14)) >>> 0;
    };
    return { next, below: (end) => Math.floor((next() / 2 ** 32) * end) };
}

/** Another number from a number. */
const answer = (question) => (Math.imul(question ^ (question >>> 15), 0x2c1b3c6d) ^ (question >>> 7)) >>> 0;

/** Whether the answer is the reason of a rejection, as the programs have it (program.rs). */
const isRejected = (question) => question % 7 === 3;

/** In browsers there is no setImmediate. */
const nextTurn = () => new Promise((resolve) => (globalThis.setImmediate ?? setTimeout)(resolve));

/**
 * Runs programs until they have suspended that many times.
 *
 * @param {() => Promise<any>} instantiate makes an instance of the package
 * @param {number} seed
 * @param {number} suspensions
 * @param {(done: number) => void} [report] is told now and then how many there were
 * @returns {Promise<Record<string, number>>} how often the programs did what
 */
export async function soak(instantiate, seed, suspensions, report = () => {}) {
    const random = createRandom(seed);
    const counts = { suspensions: 0, programs: 0, 'on fibers of callbacks': 0, 'outside of fibers': 0, faults: 0 };
    while (counts.suspensions < suspensions) {
        const end = Math.min(suspensions, counts.suspensions + RENEWED);
        const [instance, alone] = [await instantiate(), await instantiate()];
        await runPrograms({ instance, alone, random, counts, seed, end, report });
    }
    return counts;
}

/** @param {any} options as of `soak`, with two instances, and the count at which it ends */
async function runPrograms({ instance, alone, random, counts, seed, end, report }) {
    /** Lets a program go on: one of those that wait. */
    const waiting = [];
    let running = 0;
    let failure;

    const driver = instance.driverFunctions();
    driver.answer = answer;

    driver.ask = (question) => {
        counts.suspensions += 1;
        const value = answer(question);
        const settle = (resolve, reject) => (isRejected(question) ? reject(value) : resolve(value));
        switch (random.below(16)) {
            case 0:
                return new Promise(settle);
            case 1:
                return { then: (resolve, reject) => void waiting.push(() => settle(resolve, reject)) };
            case 2:
                return new Promise((resolve) => waiting.push(() => resolve(new Promise(settle))));
            default:
                return new Promise((resolve, reject) => waiting.push(() => settle(resolve, reject)));
        }
    };

    // A program calls JavaScript, which runs another one: on a fiber, which is none of the caller's business,
    // or at once, which gives it a value.
    driver.call = (world, programSeed, generation, onFiber) => {
        if (onFiber) {
            if (world === AMONG_OTHERS) {
                counts['on fibers of callbacks'] += 1;
                start(programSeed, generation);
            }
            return answer(programSeed);
        }
        const { seen, fault } = runNow(world === ALONE ? alone : instance, programSeed, generation, world);
        counts['outside of fibers'] += 1;
        return Number(seen & 0xffff_ffffn) ^ (fault === undefined ? 0 : 1);
    };

    /** What a program sees outside of every fiber, and how it ends. */
    function runNow({ Run }, programSeed, generation, world) {
        const run = new Run(programSeed, generation, world);
        let thrown;
        try {
            run.runNow();
        } catch (error) {
            thrown = error;
        }
        return outcome(run, thrown);
    }

    function outcome(run, thrown) {
        const { seen, fault } = run;
        const isMeant = fault === undefined ? thrown === undefined : thrown !== undefined;
        if (thrown === undefined) run.free();
        return { seen, fault, isMeant, thrown };
    }

    /** Runs a program on a fiber, and compares. */
    async function start(programSeed, generation) {
        const number = counts.programs++;
        const name = `seed ${seed}, program ${number} (${programSeed}, generation ${generation})`;
        running += 1;
        try {
            const run = new instance.Run(programSeed, generation, AMONG_OTHERS);
            let thrown;
            try {
                await run.start();
            } catch (error) {
                thrown = error;
            }
            const { seen, fault, isMeant } = outcome(run, thrown);
            const expected = runNow(alone, programSeed, generation, ALONE);
            const show = (seen, fault) => `${seen.toString(16)}, ${fault ? `fault: ${fault}` : 'no fault'}`;
            if (seen !== expected.seen || fault !== expected.fault) {
                throw new Error(`${name} has seen ${show(seen, fault)}, and alone ${show(expected.seen, expected.fault)}`);
            }
            if (!isMeant || (fault !== undefined && !FAULTS[fault].test(String(thrown)))) {
                throw new Error(`${name}, ${show(seen, fault)}, ended with ${thrown}`, { cause: thrown });
            }
            if (!expected.isMeant) throw new Error(`${name} alone, ${show(seen, fault)}, ended with ${expected.thrown}`);
            if (fault !== undefined) counts.faults += 1;
        } catch (error) {
            failure ??= error;
        } finally {
            running -= 1;
        }
    }

    let idle = 0;
    let reported = counts.suspensions;
    for (let round = 0; failure === undefined; round++) {
        const isOver = counts.suspensions >= end;
        if (isOver && running === 0) break;
        // Sometimes few at once, sometimes many.
        const atOnce = isOver ? 0 : round % 1000 < 500 ? 20 : 200;
        while (running < atOnce) void start(random.next(), 0);
        const settling = random.below(Math.min(waiting.length, 40) + 1);
        for (let i = 0; i < settling; i++) {
            const place = random.below(waiting.length);
            const [settle] = waiting.splice(place, 1, waiting[waiting.length - 1]);
            waiting.pop();
            settle();
        }
        if (random.below(8) === 0) instance.meddle(random.below(20));
        if (random.below(50) === 0) runNow(instance, random.next(), 3, AMONG_OTHERS);
        // In this microtask checkpoint, or in another turn of the event loop.
        if (random.below(20) === 0 || waiting.length === 0) await nextTurn();
        else await undefined;
        const damage = instance.damage() ?? alone.damage();
        if (damage !== undefined) failure ??= new Error(`seed ${seed}, before program ${counts.programs}: ${damage}`);
        idle = waiting.length === 0 ? idle + 1 : 0;
        if (idle > 1000) failure ??= new Error(`seed ${seed}: ${running} programs wait for nothing`);
        if (counts.suspensions - reported >= 10_000) report((reported = counts.suspensions));
    }
    if (failure !== undefined) throw failure;
}
