// Packages that are built by profile, and what the profiles are recorded of. tests/tool/profiled.mjs builds them in
// target/guard/; in those whose names end in `named` profiles can be recorded.

const turn = () => new Promise((resolve) => setTimeout(resolve, 2));

/** The packages, by the crates that they are of: without the file with everything instrumented, and with it. */
export const packages = {
    fixture: { named: 'fixture-named', profiled: 'fixture-profiled', full: 'fixture-full' },
    program: { named: 'program-named', profiled: 'program-profiled', full: 'program-full' },
};

/** What the profile of the fixture has seen. */
export async function useFixture({ throughTraits, futureYields, wait }) {
    return [await throughTraits(3), await futureYields(), await wait(turn().then(() => 'waited'))];
}

/**
 * And that of the program, which reads a slow input. Returns what it prints.
 *
 * @param {(options: object) => Promise<{ code: number }>} run
 * @param {object} [options]
 */
export async function useProgram(run, options) {
    const pieces = ['one\n', 'two\n'];
    let out = '';
    const stdin = () => turn().then(() => pieces.shift());
    await run({ args: ['cat'], stdin, stdout: (text) => void (out += text), ...options });
    return out;
}
