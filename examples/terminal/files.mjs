// The files as the shell sees them: the same that the programs are given, at the same paths.

/** @typedef {import('../../js/types.js').CompleteFileHost} FileHost */

export class Files {
    /** The deepest first. @type {[string, FileHost][]} */
    #mounts;

    /** @param {Record<string, FileHost>} mounts by their paths; something is mounted at `/` */
    constructor(mounts) {
        this.mounts = mounts;
        this.#mounts = Object.entries(mounts).sort(([a], [b]) => b.length - a.length);
    }

    /** @param {string} path absolute, without `..` */
    #find(path) {
        for (const [root, host] of this.#mounts) {
            const below = root === '/' ? path : path.slice(root.length);
            if (root === '/' || path === root || path.startsWith(`${root}/`)) return { host, inside: below || '/' };
        }
        throw new Error(`nothing is mounted at ${path}`);
    }

    /** @param {string} path */
    async isDirectory(path) {
        const { host, inside } = this.#find(path);
        const stats = await host.stat(inside);
        return stats.isDirectory();
    }

    /**
     * The names in a directory, those of directories with a slash; none if there is no such directory.
     *
     * @param {string} path
     */
    async list(path) {
        const { host, inside } = this.#find(path);
        const entries = await host.readdir(inside, { withFileTypes: true }).catch(() => []);
        const names = new Map(entries.map((entry) => [entry.name, entry.isDirectory()]));
        for (const [root] of this.#mounts) {
            const slash = root.lastIndexOf('/');
            if (root !== '/' && (root.slice(0, slash) || '/') === path) names.set(root.slice(slash + 1), true);
        }
        return [...names].map(([name, isDirectory]) => (isDirectory ? `${name}/` : name)).sort();
    }

    /**
     * The bytes of a file, as they are read.
     *
     * @param {string} path
     */
    async read(path) {
        const { host, inside } = this.#find(path);
        if (await this.isDirectory(path)) throw new Error(`${path} is a directory`);
        const file = await host.open(inside);
        let at = 0;
        return {
            [Symbol.asyncIterator]() {
                return this;
            },
            async next() {
                const buffer = new Uint8Array(CHUNK);
                const { bytesRead } = await file.read(buffer, 0, CHUNK, at);
                at += bytesRead;
                return { done: bytesRead === 0, value: buffer.subarray(0, bytesRead) };
            },
            release: () => file.close(),
        };
    }

    /**
     * A file to be written.
     *
     * @param {string} path
     * @param {boolean} [appends]
     */
    async write(path, appends = false) {
        const { host, inside } = this.#find(path);
        const { O_WRONLY, O_CREAT, O_TRUNC, O_APPEND } = host.constants;
        const file = await host.open(inside, O_WRONLY | O_CREAT | (appends ? O_APPEND : O_TRUNC));
        return {
            /** @param {Uint8Array} bytes */
            async write(bytes) {
                for (let at = 0; at < bytes.length; ) {
                    at += (await file.write(bytes, at, bytes.length - at, null)).bytesWritten;
                }
            },
            close: () => file.close(),
        };
    }
}

const CHUNK = 65_536;

/**
 * Where a path leads from a directory. Links are not followed: `..` means what it says.
 *
 * @param {string} from
 * @param {string} path
 */
export function resolve(from, path) {
    /** @type {string[]} */
    const names = [];
    for (const name of (path.startsWith('/') ? path : `${from}/${path}`).split('/')) {
        if (name === '..') names.pop();
        else if (name !== '' && name !== '.') names.push(name);
    }
    return `/${names.join('/')}`;
}
