// A rejection on its way through WebAssembly.
//
// The frames of a suspended fiber hold no exception handlers, so a rejected promise is not thrown
// into them. It goes through as a value that says so, and becomes Rust's `Err`; what a fiber fails
// with comes out in the same way.

export class Rejection {
    /** Nobody else's value has it. To ask for it runs nothing, where `instanceof` runs the traps of a proxy. */
    #isOne = true;

    /** @param {unknown} reason */
    constructor(reason) {
        this.reason = reason;
    }

    /**
     * @param {unknown} outcome
     * @returns {outcome is Rejection}
     */
    static is(outcome) {
        return typeof outcome === 'object' && outcome !== null && #isOne in outcome;
    }
}

/**
 * A rejection of this reason.
 *
 * @param {unknown} reason
 */
export const reject = (reason) => new Rejection(reason);

/**
 * The value of an outcome; throws the reason of a rejection.
 *
 * @param {unknown} outcome
 */
export function unwrap(outcome) {
    if (Rejection.is(outcome)) throw outcome.reason;
    return outcome;
}
