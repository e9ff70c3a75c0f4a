// What a random schedule is drawn from.

/** Numbers below a bound, the same for the same seed. */
export function numbers(seed) {
    let state = BigInt(seed) * 2n + 1n;
    return (bound) => {
        state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
        return Number(state >> 33n) % bound;
    };
}
