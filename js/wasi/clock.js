// The clocks, in nanoseconds.

/** A millisecond. */
const MILLI = 1_000_000n;

/** What the time was, by the clock with the small steps, when that began. */
let origin = performance.timeOrigin;

/**
 * The time of day. `Date.now` has it to the millisecond; what follows comes from the other clock, which knows
 * nothing of its being set and may go another way: so it never leaves that millisecond.
 */
export function realtime() {
    const rough = Date.now();
    const steps = performance.now();
    const exact = origin + steps;
    if (exact < rough) origin = rough - steps;
    else if (exact >= rough + 1) origin = rough + 0.999 - steps;
    return BigInt(rough) * MILLI + BigInt(Math.floor(Math.max(0, Math.min(0.999999, origin + steps - rough)) * 1e6));
}

/** A clock that never goes back. */
export const monotonic = () => BigInt(Math.round(performance.now() * 1e6));

/** What the process has computed. Where nobody knows that, the time that it has been there. */
export function cpuTime() {
    const usage = globalThis.process?.cpuUsage?.();
    return usage === undefined ? monotonic() : BigInt(Math.round((usage.user + usage.system) * 1000));
}
