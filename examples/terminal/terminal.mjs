// The terminal as programs see it: xterm.js on the screen, and a line discipline between it and the keys.

import { FitAddon } from './pkg/xterm/addon-fit.mjs';
import { Terminal as Xterm } from './pkg/xterm/xterm.mjs';
import { Tty } from './tty.mjs';

/** How many bytes may wait to be shown, and how long the page may not have had its turn, before a program waits. */
const [ROOM, PATIENCE] = [65_536, 12];

export class Terminal {
    isTTY = true;
    #xterm;
    #fit = new FitAddon();
    /** How many bytes are not shown yet. */
    #waiting = 0;
    /** When the page had its turn the last time. */
    #turn = 0;

    /**
     * @param {HTMLElement} element
     * @param {() => void} onInterrupt
     */
    constructor(element, onInterrupt) {
        const xterm = new Xterm({
            convertEol: true,
            cursorBlink: true,
            fontFamily: 'ui-monospace, "Cascadia Code", "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
            fontSize: 13,
            lineHeight: 1.2,
            minimumContrastRatio: 4.5,
            scrollback: 10_000,
        });
        this.#xterm = xterm;
        xterm.loadAddon(this.#fit);
        xterm.open(element);
        this.tty = new Tty(
            {
                get columns() {
                    return xterm.cols;
                },
                column: () => xterm.buffer.active.cursorX,
                write: (text) => xterm.write(text),
                shown: () => new Promise((resolve) => xterm.write('', resolve)),
            },
            onInterrupt,
        );
        // With Ctrl, a selection is copied and the clipboard pasted, as elsewhere in a page.
        xterm.attachCustomKeyEventHandler((/** @type {KeyboardEvent} */ { key, ctrlKey }) => {
            return !(ctrlKey && (key === 'v' || (key === 'c' && xterm.hasSelection())));
        });
        xterm.onData((/** @type {string} */ keys) => void this.tty.feed(keys));
        new ResizeObserver(() => this.#fit.fit()).observe(element);
        this.#fit.fit();
    }

    get columns() {
        return this.#xterm.cols;
    }

    get rows() {
        return this.#xterm.rows;
    }

    /** @param {import('@xterm/xterm').ITheme} theme */
    set theme(theme) {
        this.#xterm.options.theme = theme;
    }

    focus() {
        this.#xterm.focus();
    }

    clear() {
        this.#xterm.write('\x1b[H\x1b[2J\x1b[3J');
    }

    /** @param {string} text */
    print(text) {
        this.#xterm.write(text);
    }

    /**
     * Standard output: a program that writes faster than can be shown waits, so that the page goes on.
     *
     * @param {Uint8Array} bytes
     */
    write(bytes) {
        this.#waiting += bytes.length;
        const shown = new Promise((resolve) => {
            this.#xterm.write(bytes, () => {
                this.#waiting -= bytes.length;
                this.#turn = performance.now();
                resolve(undefined);
            });
        });
        const isLate = performance.now() - this.#turn > PATIENCE;
        return this.#waiting > ROOM || isLate ? shown : undefined;
    }

    /**
     * Standard input: what is typed, line by line.
     *
     * @param {string[]} history
     * @param {AbortSignal} signal
     */
    input(history, signal) {
        const { tty } = this;
        const over = new AbortController();
        const either = AbortSignal.any([over.signal, signal]);
        return {
            isTTY: true,
            [Symbol.asyncIterator]() {
                return this;
            },
            async next() {
                const line = await tty.read({ history }, either);
                return line === null ? { done: true, value: undefined } : { done: false, value: `${line}\n` };
            },
            /** Who has ended reads no more: the line will be the shell's. */
            release: () => over.abort(),
        };
    }
}
