// The programs: crates as they are on crates.io, what of them is built, and how they are called here.

/**
 * @typedef {object} Program
 * @property {string} crate
 * @property {string} version
 * @property {string} [binary] its file, if it is not named as the crate
 * @property {string[]} [features] instead of its default ones
 * @property {boolean} [isMany] whether it is told by its first argument which of several programs it is
 * @property {Record<string, string>} commands how it is called, and what it is good for
 */

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
        crate: 'rustpython',
        version: '0.5.0',
        features: ['freeze-stdlib', 'host_env', 'importlib', 'stdio', 'stdlib'],
        commands: { python: 'Python 3 with its library, line by line or from a file' },
    },
];

/** The commands, with the program of each. */
export const COMMANDS = new Map(
    PROGRAMS.flatMap((program) => Object.keys(program.commands).map((command) => [command, program])),
);
