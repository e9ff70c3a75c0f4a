// The line discipline of a terminal: what a kernel has between the keys and the programs.
//
// A line is edited here and shown while it is typed; it belongs to whoever reads when it is finished, or next if
// nobody does. So programs need to know nothing of keys, and lines that are typed ahead are not lost. Ctrl-C ends
// what runs; Ctrl-D at the beginning of a line is the end of the input for the one who reads it.

/**
 * What shows the characters.
 *
 * @typedef {object} Screen
 * @property {number} columns
 * @property {() => number} column where the cursor is, once all that was written is shown
 * @property {(text: string) => void} write
 * @property {() => Promise<void>} shown when all that was written is shown
 */

/**
 * Who reads a line: its prompt, the lines that it has read before, and what it completes.
 *
 * @typedef {object} Reading
 * @property {string} [prompt]
 * @property {string[]} [history]
 * @property {(before: string) => Promise<{ start: number, choices: string[] }>} [complete]
 */

/** A key: a sequence that begins with an escape, or a character. */
const KEY = /\x1b\[[0-9;]*[~A-Za-z]|\x1bO[A-Za-z]|\x1b[bf\x7f]|[\s\S]/gu;

/** Sequences that mean the same as a control character, or a name. */
const SAME = new Map([
    ['\n', '\r'],
    ['\b', '\x7f'],
    ['\x1b[A', 'up'],
    ['\x1bOA', 'up'],
    ['\x10', 'up'],
    ['\x1b[B', 'down'],
    ['\x1bOB', 'down'],
    ['\x0e', 'down'],
    ['\x1b[C', 'right'],
    ['\x1bOC', 'right'],
    ['\x06', 'right'],
    ['\x1b[D', 'left'],
    ['\x1bOD', 'left'],
    ['\x02', 'left'],
    ['\x1b[H', 'home'],
    ['\x1bOH', 'home'],
    ['\x01', 'home'],
    ['\x1b[F', 'end'],
    ['\x1bOF', 'end'],
    ['\x05', 'end'],
    ['\x1b[3~', 'delete'],
    ['\x1b[1;5C', 'word right'],
    ['\x1bf', 'word right'],
    ['\x1b[1;5D', 'word left'],
    ['\x1bb', 'word left'],
    ['\x1b\x7f', 'erase word'],
    ['\x17', 'erase word'],
    ['\x15', 'erase before'],
    ['\x0b', 'erase behind'],
    ['\x0c', 'clear'],
    ['\x03', 'interrupt'],
    ['\x04', 'end of input'],
    ['\t', 'tab'],
]);

/** Characters that take two columns. */
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]|\p{Emoji_Presentation}/u;
const segmenter = new Intl.Segmenter();

/** The characters as they are seen. @param {string} text */
const characters = (text) => [...segmenter.segment(text)].map(({ segment }) => segment);

/** How many columns a text takes. @param {string} text */
function widthOf(text) {
    return characters(text).reduce((width, character) => width + (WIDE.test(character) ? 2 : 1), 0);
}

/** The colours of a prompt take no room. @param {string} text */
const plain = (text) => text.replaceAll(/\x1b\[[0-9;]*m/g, '');

export class Tty {
    #screen;
    /** The line, before the cursor and behind it. */
    #before = '';
    #behind = '';
    /** The column in which the line begins, while it has been shown. @type {number | undefined} */
    #start;
    /** Lines that nobody has read yet; `null` is an end of the input. @type {(string | null)[]} */
    #lines = [];
    /** @type {Reading & { resolve(line: string | null): void } | undefined} */
    #reader;
    /** Where the history has been gone back to, and what was typed before that. */
    #back = 0;
    #typed = '';
    /** Keys are taken one after the other. @type {Promise<void>} */
    #taken = Promise.resolve();

    /**
     * @param {Screen} screen
     * @param {() => void} onInterrupt
     */
    constructor(screen, onInterrupt) {
        this.#screen = screen;
        this.onInterrupt = onInterrupt;
        /** Is told when somebody begins to wait for a line, or has got one. */
        this.onWait = (/** @type {boolean} */ _isWaiting) => {};
    }

    /** Takes what a keyboard or the clipboard gives. @param {string} keys */
    feed(keys) {
        this.#taken = this.#taken.then(async () => {
            for (const [key] of keys.matchAll(KEY)) await this.#take(SAME.get(key) ?? key);
        });
        return this.#taken;
    }

    /**
     * The next line, without its end; `null` is the end of the input. One reads at a time.
     *
     * @param {Reading} [reading]
     * @param {AbortSignal} [signal] ends the wait: the line will be somebody else's
     * @returns {Promise<string | null>}
     */
    async read(reading = {}, signal) {
        const { prompt } = reading;
        if (prompt !== undefined) {
            // What was typed ahead moves behind the prompt.
            if (this.#start !== undefined) this.#erase();
            await this.#screen.shown();
            if (this.#screen.column() > 0) this.#screen.write('\r\n');
            const [next] = this.#lines;
            if (typeof next === 'string') this.#screen.write(`${prompt}${next}\r\n`);
            else this.#show(prompt);
        }
        const line = this.#lines.shift();
        if (line !== undefined) return line;
        signal?.throwIfAborted();
        this.#back = 0;
        this.onWait(true);
        return new Promise((resolve, reject) => {
            const done = () => {
                signal?.removeEventListener('abort', aborted);
                if (this.#reader === reader) this.#reader = undefined;
                this.onWait(false);
            };
            const aborted = () => {
                done();
                reject(signal?.reason);
            };
            const reader = {
                ...reading,
                resolve: (/** @type {string | null} */ line) => {
                    done();
                    resolve(line);
                },
            };
            signal?.addEventListener('abort', aborted, { once: true });
            this.#reader = reader;
        });
    }

    /** What was typed and not read is nobody's any more. */
    discard() {
        this.#lines = [];
        this.#reset();
    }

    /** @param {string} key */
    async #take(key) {
        switch (key) {
            case '\r':
                return this.#enter();
            case 'interrupt':
                return this.#interrupt();
            case 'end of input':
                if (this.#before + this.#behind === '') return this.#give(null);
                return this.#replace(this.#before, characters(this.#behind).slice(1).join(''));
            case 'delete':
                return this.#replace(this.#before, characters(this.#behind).slice(1).join(''));
            case '\x7f':
                return this.#replace(characters(this.#before).slice(0, -1).join(''), this.#behind);
            case 'erase word':
                return this.#replace(this.#before.replace(/\S*\s*$/u, ''), this.#behind);
            case 'erase before':
                return this.#replace('', this.#behind);
            case 'erase behind':
                return this.#replace(this.#before, '');
            case 'left':
                return this.#moveTo(this.#before.length - (characters(this.#before).at(-1)?.length ?? 0));
            case 'right':
                return this.#moveTo(this.#before.length + (characters(this.#behind)[0]?.length ?? 0));
            case 'home':
                return this.#moveTo(0);
            case 'end':
                return this.#moveTo(Infinity);
            case 'word left':
                return this.#moveTo(this.#before.search(/\S*\s*$/u));
            case 'word right':
                return this.#moveTo(this.#before.length + (/^\s*\S*/u.exec(this.#behind)?.[0].length ?? 0));
            case 'up':
                return this.#goBack(1);
            case 'down':
                return this.#goBack(-1);
            case 'clear':
                return this.#clear();
            case 'tab':
                return this.#complete();
            default:
                // What is left of the control characters and sequences means nothing here.
                if (key < ' ' || key.startsWith('\x1b')) return;
                return this.#insert(key);
        }
    }

    /** @param {string} text */
    async #insert(text) {
        if (this.#behind !== '') return this.#replace(this.#before + text, this.#behind);
        await this.#begin();
        this.#write(text);
        this.#before += text;
    }

    /** A line begins where the program has left the cursor. */
    async #begin() {
        if (this.#start !== undefined) return;
        await this.#screen.shown();
        // Meanwhile, there may be a prompt.
        this.#start ??= this.#screen.column();
    }

    /**
     * Writes what stands behind the cursor, which at the end of a row goes on to the next.
     *
     * @param {string} text
     */
    #write(text) {
        const all = this.#column(this.#before + text);
        const isAtEdge = text !== '' && all > 0 && all % this.#screen.columns === 0;
        this.#screen.write(text.replaceAll('\t', ' ') + (isAtEdge ? ' \b' : ''));
    }

    /** How far from the beginning of the first row it is behind a text. @param {string} text */
    #column(text) {
        return (this.#start ?? 0) + widthOf(text);
    }

    /**
     * @param {number} from
     * @param {number} to as `#column` gives them
     */
    #go(from, to) {
        const { columns } = this.#screen;
        const rows = Math.floor(to / columns) - Math.floor(from / columns);
        const vertical = rows === 0 ? '' : `\x1b[${Math.abs(rows)}${rows < 0 ? 'A' : 'B'}`;
        this.#screen.write(`${vertical}\x1b[${(to % columns) + 1}G`);
    }

    /** @param {string} behind what the cursor stands behind of, and goes back over */
    #moveBack(behind) {
        if (behind !== '') this.#go(this.#column(this.#before + behind), this.#column(this.#before));
    }

    /** @param {number} at */
    async #moveTo(at) {
        if (this.#start === undefined) return;
        const line = this.#before + this.#behind;
        const from = this.#column(this.#before);
        this.#before = line.slice(0, at);
        this.#behind = line.slice(this.#before.length);
        this.#go(from, this.#column(this.#before));
    }

    /**
     * @param {string} before
     * @param {string} behind
     */
    async #replace(before, behind) {
        await this.#begin();
        this.#erase();
        this.#before = '';
        this.#write(before + behind);
        this.#before = before;
        this.#behind = behind;
        this.#moveBack(behind);
    }

    #erase() {
        this.#go(this.#column(this.#before), this.#column(''));
        this.#screen.write('\x1b[J');
    }

    async #enter() {
        const line = this.#before + this.#behind;
        await this.#moveTo(Infinity);
        this.#screen.write('\r\n');
        this.#reset();
        this.#give(line);
    }

    /** @param {string | null} line */
    #give(line) {
        if (this.#reader === undefined) return void this.#lines.push(line);
        const { history, resolve } = this.#reader;
        if (line !== null && line.trim() !== '' && history?.at(-1) !== line) history?.push(line);
        if (line === null) this.#reset();
        resolve(line);
    }

    async #interrupt() {
        await this.#moveTo(Infinity);
        this.#screen.write('^C\r\n');
        this.discard();
        this.onInterrupt();
    }

    #reset() {
        this.#before = '';
        this.#behind = '';
        this.#start = undefined;
    }

    /** @param {number} step */
    async #goBack(step) {
        const { history = [] } = this.#reader ?? {};
        const back = this.#back + step;
        if (back < 0 || back > history.length) return;
        if (this.#back === 0) this.#typed = this.#before + this.#behind;
        this.#back = back;
        await this.#replace(back === 0 ? this.#typed : /** @type {string} */ (history.at(-back)), '');
    }

    #clear() {
        this.#screen.write('\x1b[H\x1b[2J');
        this.#show();
    }

    /** Shows a prompt and the line, where a row begins. */
    #show(prompt = this.#reader?.prompt ?? '') {
        const [before, behind] = [this.#before, this.#behind];
        this.#screen.write(prompt);
        this.#before = '';
        this.#start = widthOf(plain(prompt)) % this.#screen.columns;
        this.#write(before + behind);
        this.#before = before;
        this.#moveBack(behind);
    }

    /** A tab completes, or is one. */
    async #complete() {
        const { complete } = this.#reader ?? {};
        if (complete === undefined) return this.#insert('    ');
        const { start, choices } = await complete(this.#before);
        if (choices.length === 0) return;
        const typed = this.#before.slice(start);
        const common = choices.reduce(commonOf);
        if (common.length > typed.length || choices.length === 1) {
            const end = choices.length === 1 && !common.endsWith('/') ? ' ' : '';
            return this.#replace(this.#before.slice(0, start) + common + end, this.#behind);
        }
        await this.#moveTo(Infinity);
        this.#screen.write(`\r\n${choices.map(lastName).join('  ')}\r\n`);
        this.#show();
    }
}

/** @param {string} path */
const lastName = (path) => /[^/]*\/?$/.exec(path)?.[0] ?? path;

/**
 * What two texts begin with.
 *
 * @param {string} a
 * @param {string} b
 */
function commonOf(a, b) {
    let length = 0;
    while (length < a.length && a[length] === b[length]) length += 1;
    return a.slice(0, length);
}
