// What programs ask JavaScript for. The driver (soak.mjs) says what happens.

export const driver = {};

/** A promise of the answer, which may be a rejection. */
export const ask = (question) => driver.ask(question);

/** The answer itself. */
export const answer = (question) => driver.answer(question);

/** A program calls JavaScript, which runs another one. */
export const call = (world, seed, generation, onFiber) => driver.call(world, seed, generation, onFiber);

/** An exception that passes through Rust. */
export function fail() {
    throw new Error('thrown through Rust');
}
