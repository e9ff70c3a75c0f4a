// The library's errors in JavaScript.

export const create = () => ({ suspendableError, describe, typeOf });

class SuspendableError extends Error {
    // Defined, for it cannot be assigned where `Error.prototype` is frozen.
    name = 'SuspendableError';
    /**
     * @param {string} message
     * @param {string} code
     * @param {ErrorOptions} [options]
     */
    constructor(message, code, options) {
        super(message, options);
        this.code = code;
    }
}

/**
 * @param {string} message
 * @param {string} code
 * @param {unknown} cause
 */
const suspendableError = (message, code, cause) =>
    new SuspendableError(message, code, cause === undefined ? undefined : { cause });

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
        return `[object ${typeOf(reason)}]`;
    }
}

/**
 * What JavaScript calls the type of a value: its class for an object, `typeof` for the rest.
 *
 * @param {any} value
 */
function typeOf(value) {
    if (value === null) return 'null';
    const kind = typeof value;
    try {
        return kind === 'object' ? String(value.constructor.name || kind) : kind;
    } catch {
        // It has no class, or a getter that throws.
        return kind;
    }
}
