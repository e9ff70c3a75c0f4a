// The language of the shell: words, quotes, patterns, pipes and files.
//
//     sort < /samples/words.txt | uniq -c > 'the count'; ls *.txt && echo done
//
// A line is a list of pipelines, a pipeline a list of commands. A command is its words, and the files that its
// streams come from or go to.

/**
 * A word as it was written: its text, and which characters of it stand for any.
 *
 * @typedef {object} Word
 * @property {string} text
 * @property {Set<number>} wild the places of `*` and `?` that were not quoted
 */

/**
 * @typedef {object} Command
 * @property {Word[]} words
 * @property {Word} [from]
 * @property {Word} [to]
 * @property {boolean} appends
 */

/**
 * @typedef {object} Pipeline
 * @property {Command[]} commands
 * @property {'&&' | ';'} after when it runs: if the one before has succeeded, or in any case
 */

/** What ends a word, the longest first. */
const OPERATORS = ['&&', '>>', '|', '>', '<', ';'];

/** What begins with one of these is refused, for it would do something else than its writer thinks. */
const UNKNOWN = ['&', '$', '`', '(', ')'];

/**
 * @param {string} line
 * @returns {Pipeline[]}
 */
export function parse(line) {
    const tokens = tokensOf(line);
    /** @type {Pipeline[]} */
    const pipelines = [];
    /** @type {Pipeline['after']} */
    let after = ';';
    while (tokens.length > 0) {
        const commands = [command(tokens)];
        while (tokens[0] === '|') {
            tokens.shift();
            commands.push(command(tokens));
        }
        pipelines.push({ commands, after });
        const operator = tokens.shift();
        if (operator === '&&') {
            if (tokens.length === 0) throw new SyntaxError('a command is missing behind &&');
            after = '&&';
        } else {
            after = ';';
        }
    }
    return pipelines;
}

/** @param {(Word | string)[]} tokens */
function command(tokens) {
    /** @type {Command} */
    const command = { words: [], appends: false };
    for (;;) {
        const [token] = tokens;
        if (token !== undefined && typeof token !== 'string') {
            command.words.push(token);
            tokens.shift();
        } else if (token === '<' || token === '>' || token === '>>') {
            tokens.shift();
            const file = tokens.shift();
            const isFile = file !== undefined && typeof file !== 'string';
            if (!isFile) throw new SyntaxError(`a file is missing behind ${token}`);
            if (token === '<') command.from = file;
            else Object.assign(command, { to: file, appends: token === '>>' });
        } else {
            if (command.words.length === 0) throw new SyntaxError(`a command is missing before ${token ?? 'the end'}`);
            return command;
        }
    }
}

/** @param {string} line */
function tokensOf(line) {
    /** @type {(Word | string)[]} */
    const tokens = [];
    /** @type {Word | undefined} */
    let word;
    for (let at = 0; at < line.length; ) {
        const char = line[at];
        const operator = OPERATORS.find((operator) => line.startsWith(operator, at));
        if (operator !== undefined || /\s/.test(char)) {
            word = undefined;
            if (operator !== undefined) tokens.push(operator);
            at += operator?.length ?? 1;
            continue;
        }
        if (UNKNOWN.includes(char)) throw new SyntaxError(`this shell has no ${char}: put it in quotes`);
        if (char === '#' && word === undefined) break;
        if (word === undefined) tokens.push((word = { text: '', wild: new Set() }));
        if (char === "'" || char === '"') {
            at = quoted(line, at, word);
        } else if (char === '\\') {
            if (at + 1 === line.length) throw new SyntaxError('nothing follows the last \\');
            word.text += line[at + 1];
            at += 2;
        } else {
            if (char === '*' || char === '?') word.wild.add(word.text.length);
            word.text += char;
            at += 1;
        }
    }
    return tokens;
}

/**
 * Adds what stands in quotes.
 *
 * @param {string} line
 * @param {number} start where the quotes begin
 * @param {Word} word
 * @returns where they have ended
 */
function quoted(line, start, word) {
    const quote = line[start];
    for (let at = start + 1; at < line.length; at++) {
        if (line[at] === quote) return at + 1;
        // In double quotes a backslash quotes what would mean something there.
        if (quote === '"' && line[at] === '\\' && /["\\$`]/.test(line[at + 1] ?? '')) at += 1;
        word.text += line[at];
    }
    throw new SyntaxError(`a ${quote} is missing at the end`);
}

/**
 * The files that a word with `*` or `?` stands for, in order; the word itself where there are none.
 *
 * @param {Word} word
 * @param {(path: string) => Promise<string[]>} list the names in a directory, none if it is no directory
 * @returns {Promise<string[]>}
 */
export async function expand({ text, wild }, list) {
    if (wild.size === 0) return [text];
    let found = [text.startsWith('/') ? '/' : ''];
    let start = 0;
    for (const part of text.split('/')) {
        const end = start + part.length;
        const isLast = end === text.length;
        const isWild = [...wild].some((at) => at >= start && at < end);
        if (isWild) {
            const pattern = patternOf(part, start, wild);
            const lists = await Promise.all(
                found.map(async (path) => {
                    const names = (await list(path === '' ? '.' : path)).filter((name) => pattern.test(name));
                    return names.map((name) => path + name + (isLast ? '' : '/'));
                }),
            );
            found = lists.flat().sort();
        } else if (part !== '') {
            found = found.map((path) => path + part + (isLast ? '' : '/'));
        }
        start = end + 1;
    }
    return found.length === 0 ? [text] : found;
}

/**
 * @param {string} part
 * @param {number} start where it begins in its word
 * @param {Set<number>} wild
 */
function patternOf(part, start, wild) {
    const source = Array.from({ length: part.length }, (_, at) => {
        if (wild.has(start + at)) return part[at] === '*' ? '.*' : '.';
        return part[at].replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
    }).join('');
    // Names that begin with a dot are hidden from patterns that do not.
    return new RegExp(`^${part.startsWith('.') ? '' : '(?!\\.)'}${source}$`, 's');
}
