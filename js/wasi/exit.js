// How a program ends by itself: what `proc_exit` throws, through all of its frames.

export class Exit extends Error {
    name = 'Exit';

    /** @param {number} code */
    constructor(code) {
        super(`the program has ended with the code ${code}`);
        this.code = code;
    }
}
