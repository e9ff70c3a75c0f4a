// The library's errors in JavaScript.

export const create = () => ({ suspendableError, describe });

/**
 * @param {string} message
 * @param {string} code
 * @param {unknown} cause
 */
function suspendableError(message, code, cause) {
    const error = new Error(message, cause === undefined ? undefined : { cause });
    return Object.assign(error, { name: 'SuspendableError', code });
}

/**
 * A thrown value in one line: the text of an `Error`, and other values as `String()` shows them.
 *
 * @param {unknown} reason
 */
function describe(reason) {
    try {
        return String(reason);
    } catch {
        // It has no text, or a method that throws.
        return Object.prototype.toString.call(reason);
    }
}
