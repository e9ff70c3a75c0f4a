// Node.js' modules, and errors like theirs.

/**
 * @template {'buffer' | 'dgram' | 'dns' | 'net'} Name
 * @param {Name} name
 */
export function builtin(name) {
    const found = globalThis.process?.getBuiltinModule?.(`node:${name}`);
    if (found === undefined) {
        throw failure(
            'ENOTSUP',
            'there are no sockets in this host. Pages and workers have none: net::WebSocket connects to servers ' +
                'that speak its protocol',
        );
    }
    return found;
}

/**
 * An error with the code of one of the system's.
 *
 * @param {string} code
 * @param {string} text
 */
export const failure = (code, text) => Object.assign(new Error(text), { code });

/** What calls return that have to be made again when something has changed. */
export const NOT_NOW = -1;
