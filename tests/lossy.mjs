// A host's files in memory, whose power can be lost: what has not been synced is then written or not, each
// write by itself, and of one of them a part.

const [CREATE, EXCLUSIVE, TRUNCATE] = [0o100, 0o200, 0o1000];
const failure = (code) => Object.assign(new Error(code), { code });

/** @param {number} seed */
export function lossyHost(seed) {
    /** By their names; a directory lasts as it is when it is synced. */
    let files = new Map();
    let lasting = new Map();
    let left = Infinity;
    const random = createRandom(seed);

    /** Each operation of the host is one that power may be lost before. */
    function step() {
        if (left === 0) throw failure('EIO');
        left--;
    }

    const kind = (isFile) => ({ isFile: () => isFile, isDirectory: () => !isFile });
    const find = (path) => {
        if (!files.has(path)) throw failure('ENOENT');
        return files.get(path);
    };

    function handle(file) {
        return {
            async read(buffer, offset, length, position) {
                step();
                const bytes = file.bytes.subarray(position, position + length);
                buffer.set(bytes, offset);
                return { bytesRead: bytes.length };
            },
            async write(buffer, offset, length, position) {
                step();
                const bytes = buffer.slice(offset, offset + length);
                file.changes.push((to, part) => written(to, bytes.subarray(0, Math.ceil(length * part)), position));
                file.bytes = written(file.bytes, bytes, position);
                return { bytesWritten: length };
            },
            async truncate(length) {
                step();
                file.changes.push((to) => resized(to, length));
                file.bytes = resized(file.bytes, length);
            },
            async sync() {
                step();
                file.lasting = file.bytes.slice();
                file.changes = [];
            },
            datasync() {
                return this.sync();
            },
            stat: async () => ({ ...kind(true), size: file.bytes.length }),
            close: async () => {},
        };
    }

    const directory = {
        async sync() {
            step();
            lasting = new Map(files);
        },
        close: async () => {},
    };

    const fs = {
        async open(path, flags) {
            step();
            if (path === '/') return directory;
            if (files.has(path) && flags & EXCLUSIVE) throw failure('EEXIST');
            if (!files.has(path) && flags & CREATE) {
                files.set(path, { bytes: new Uint8Array(), lasting: new Uint8Array(), changes: [] });
            }
            const file = handle(find(path));
            if (flags & TRUNCATE) await file.truncate(0);
            return file;
        },
        async stat(path) {
            step();
            return path === '/' ? { ...kind(false), size: 0 } : { ...kind(true), size: find(path).bytes.length };
        },
        async unlink(path) {
            step();
            find(path);
            files.delete(path);
        },
        realpath: async (path) => path,
    };

    return {
        fs,
        /** @param {number} steps of the host's from now on */
        losePowerAfter(steps) {
            left = steps + Math.floor(random() * 60);
        },
        restorePower() {
            left = Infinity;
            // The directory may have been written in the meantime, or not.
            const names = random() < 0.5 ? files : lasting;
            files = new Map();
            for (const [path, file] of names) {
                let bytes = file.lasting;
                for (const change of file.changes) {
                    if (random() < 0.5) bytes = change(bytes, random() < 0.2 ? random() : 1);
                }
                files.set(path, { bytes, lasting: bytes, changes: [] });
            }
            lasting = new Map(files);
        },
    };
}

/** Bytes that are as long as it takes, and have `bytes` at `position`. */
function written(to, bytes, position) {
    const result = resized(to, Math.max(to.length, position + bytes.length));
    result.set(bytes, position);
    return result;
}

function resized(bytes, length) {
    const result = new Uint8Array(length);
    result.set(bytes.subarray(0, length));
    return result;
}

/** Numbers from 0 to 1 that a seed determines. */
function createRandom(seed) {
    let state = seed;
    return () => {
        state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
        const mixed = Math.imul(state ^ (state >>> 13), 0x297a2d39);
        return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
    };
}
