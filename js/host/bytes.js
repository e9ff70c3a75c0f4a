// The bytes of typed arrays and buffers, of other realms too.

export const create = () => ({ bytesOf });

/**
 * The bytes, if a value is an array or a buffer of these.
 *
 * @param {any} value
 * @returns {Uint8Array | undefined}
 */
function bytesOf(value) {
    try {
        switch (Object.prototype.toString.call(value)) {
            case '[object Uint8Array]':
                return value;
            case '[object ArrayBuffer]':
                return new Uint8Array(value);
        }
    } catch {
        // A proxy that has been revoked, or something that says to be a buffer and is none.
    }
}
