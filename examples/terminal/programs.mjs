// The programs: crates as they are on crates.io, what of them is built, and how they are called here.

/**
 * @typedef {object} Program
 * @property {string} crate
 * @property {string} version
 * @property {string} [binary] its file, if it is not named as the crate
 * @property {string[]} [features] instead of its default ones
 * @property {boolean} [hasThreads]
 * @property {boolean} [isMany] whether it is told by its first argument which of several programs it is
 * @property {Record<string, string>} commands how it is called, and what it is good for
 */

const COREUTILS = {
    ls: 'what is in a directory',
    cat: 'files, one behind the other',
    head: 'the first lines',
    tail: 'the last lines',
    sort: 'lines in order',
    uniq: 'lines that are repeated, once',
    wc: 'how many lines, words and bytes',
    tr: 'other characters for characters',
    cut: 'parts of lines',
    nl: 'lines with their numbers',
    tee: 'what comes in, and into a file too',
    seq: 'numbers in a row',
    factor: 'the prime factors of numbers',
    sleep: 'waits',
    date: 'what time it is',
    echo: 'its arguments',
    cp: 'copies files',
    mv: 'moves files',
    rm: 'removes files',
    mkdir: 'makes directories',
    touch: 'makes empty files',
};

/** @type {Program[]} */
export const PROGRAMS = [
    {
        crate: 'hexyl',
        version: '0.17.0',
        commands: { hexyl: 'the bytes of a file, in colours' },
    },
    {
        crate: 'stak-repl',
        version: '0.12.33',
        commands: { 'stak-repl': 'Scheme, line by line' },
    },
    {
        crate: 'ripgrep',
        version: '15.2.0',
        binary: 'rg',
        commands: { rg: 'searches files and directories for a pattern' },
    },
    {
        crate: 'cw',
        version: '0.7.0',
        hasThreads: true,
        commands: { cw: 'counts words in as many threads as it is told: cw --threads 4 FILE …' },
    },
    {
        crate: 'rustpython',
        version: '0.5.0',
        features: ['freeze-stdlib', 'host_env', 'importlib', 'stdio', 'stdlib'],
        commands: { python: 'Python 3 with its library, line by line or from a file' },
    },
    {
        crate: 'coreutils',
        version: '0.12.0',
        features: Object.keys(COREUTILS),
        isMany: true,
        commands: COREUTILS,
    },
];

/** The commands, with the program of each. */
export const COMMANDS = new Map(
    PROGRAMS.flatMap((program) => Object.keys(program.commands).map((command) => [command, program])),
);
