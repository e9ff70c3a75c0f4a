// Errors like those of the system.

/**
 * An error with a code, which becomes the kind of Rust's.
 *
 * @param {string} code
 * @param {string} text
 * @param {ErrorOptions} [options]
 */
export const failure = (code, text, options) => Object.assign(new Error(text, options), { code });

/** What calls return that have to be made again when something has changed. */
export const NOT_NOW = -1;
