// The sections of a WebAssembly file, and the functions in one of them.

/** @typedef {import('./parts.mjs').Part & { section: string, index?: number }} WasmPart */

const SECTIONS = ['custom', 'types', 'imports', 'functions', 'table', 'memory', 'globals', 'exports', 'start', 'elements', 'code', 'data', 'data count', 'tags'];
const [IMPORTS, CODE] = [2, 10];

/** Reads a file from some place on. */
class Reader {
    constructor(/** @type {Buffer} */ bytes, at = 8) {
        this.bytes = bytes;
        this.at = at;
    }

    byte() {
        return this.bytes[this.at++];
    }

    number() {
        let number = 0;
        for (let shift = 0; ; shift += 7) {
            const byte = this.byte();
            number += (byte & 0x7f) * 2 ** shift;
            if (byte < 0x80) return number;
        }
    }

    text() {
        const length = this.number();
        return this.bytes.toString('utf8', this.at, (this.at += length));
    }

    /** @returns {Generator<{ id: number, start: number, end: number }>} */
    *sections() {
        while (this.at < this.bytes.length) {
            const start = this.at;
            const id = this.byte();
            const length = this.number();
            const end = this.at + length;
            yield { id, start, end };
            this.at = end;
        }
    }
}

/** The sections, but of the code each function: `index` is its number among those that are defined. */
export function partsOf(/** @type {Buffer} */ bytes) {
    const reader = new Reader(bytes);
    /** @type {WasmPart[]} */
    const parts = [];
    for (const { id, start, end } of reader.sections()) {
        if (id !== CODE) {
            parts.push({ section: id === 0 ? reader.text() : SECTIONS[id], start, end });
            continue;
        }
        for (let index = 0, count = reader.number(); index < count; index++) {
            const start = reader.at;
            const length = reader.number();
            reader.at += length;
            parts.push({ section: 'code', index, start, end: reader.at });
        }
    }
    return parts;
}

/** The names of the functions that are defined, by their numbers. */
export function functionsOf(/** @type {Buffer} */ bytes) {
    const reader = new Reader(bytes);
    let imported = 0;
    /** @type {string[]} */
    const names = [];
    for (const { id, end } of reader.sections()) {
        if (id === IMPORTS) imported = importedFunctions(reader);
        if (id !== 0 || reader.text() !== 'name') continue;
        while (reader.at < end) {
            const kind = reader.byte();
            const length = reader.number();
            const behind = reader.at + length;
            for (let count = kind === 1 ? reader.number() : 0; count > 0; count--) names[reader.number()] = reader.text();
            reader.at = behind;
        }
    }
    return names.slice(imported);
}

function importedFunctions(/** @type {Reader} */ reader) {
    let functions = 0;
    for (let count = reader.number(); count > 0; count--) {
        reader.text();
        reader.text();
        const kind = reader.byte();
        if (kind === 0) functions += 1;
        // A function or a tag has a type, a table and a memory limits, a global a type and whether it can change.
        if (kind === 1 || kind === 3 || kind === 4) reader.byte();
        if (kind === 1 || kind === 2) for (let numbers = reader.number() & 1; numbers >= 0; numbers--) reader.number();
        else reader.number();
    }
    return functions;
}

/** What is left of a file, which nothing has to read as WebAssembly. */
export function without(/** @type {Buffer} */ bytes, /** @type {import('./parts.mjs').Part[]} */ parts) {
    const kept = [];
    let from = 0;
    for (const { start, end } of parts.toSorted((a, b) => a.start - b.start)) {
        kept.push(bytes.subarray(from, start));
        from = end;
    }
    return Buffer.concat([...kept, bytes.subarray(from)]);
}
