// Errors as Node.js has them: with a code, which becomes the kind of Rust's.

/**
 * @param {string} code
 * @param {string} what
 * @returns {Error & { code: string }}
 */
export const failure = (code, what) => Object.assign(new Error(`${code}: ${what}`), { code });
