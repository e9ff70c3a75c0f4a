// The page around the program: what the visitor chose goes in, rows and a sentence come out.

import { instantiate } from './pkg/browser.js';

const element = (id) => document.getElementById(id);
const controls = element('controls');
const context = element('paper').getContext('2d');
const chosen = (name) => new FormData(controls).get(name);

/** What the program waits for; `signal` ends it. */
class Page {
    constructor(signal) {
        this.signal = signal;
    }

    begin(title, width, height) {
        Object.assign(context.canvas, { width, height, title });
        Object.assign(element('progress'), { value: 0, max: height });
    }

    async show(y, row) {
        const { width } = context.canvas;
        const image = context.createImageData(width, 1);
        for (let x = 0; x < width; x++) {
            image.data.set([row[3 * x], row[3 * x + 1], row[3 * x + 2], 255], 4 * x);
        }
        context.putImageData(image, 0, y);
        element('progress').value = y + 1;
        say(`Row ${y + 1} of ${context.canvas.height}`);
        await new Promise(requestAnimationFrame);
    }

    /** Settles after a while, or fails as soon as the visitor cancels. */
    wait(milliseconds) {
        return new Promise((resolve, reject) => {
            this.signal.throwIfAborted();
            const cancelled = () => reject(this.signal.reason);
            this.signal.addEventListener('abort', cancelled, { once: true });
            setTimeout(() => {
                this.signal.removeEventListener('abort', cancelled);
                resolve();
            }, milliseconds);
        });
    }
}

function say(text, kind = '') {
    Object.assign(element('status'), { textContent: text, className: kind });
}

/** The specifier of the module that the visitor chose. */
function specifier() {
    const choice = chosen('module');
    if (choice === 'url') return element('url').value;
    if (choice !== 'own') return new URL(choice, document.baseURI).href;
    return URL.createObjectURL(new Blob([element('own').value], { type: 'text/javascript' }));
}

/** An instance for each choice of how to suspend. */
const instances = new Map();

async function instance(backend) {
    if (!instances.has(backend)) instances.set(backend, await instantiate({ backend }));
    return instances.get(backend);
}

/** Shows what the choice comes to in this browser; whether it can be had at all. */
async function choose() {
    element('print').disabled = true;
    try {
        element('backend').value = (await instance(chosen('backend'))).backend;
        element('print').disabled = false;
        say('Ready');
    } catch (error) {
        element('backend').value = 'none';
        say(error.message, 'error');
    }
}

async function print() {
    const { print, backend } = await instance(chosen('backend'));
    const module = specifier();
    const controller = new AbortController();
    element('cancel').onclick = () => controller.abort(new DOMException('cancelled by the visitor', 'AbortError'));
    running(true);
    frames = 0;
    try {
        const sentence = await print(module, new Page(controller.signal));
        say(`The Rust returned, through ${backend}: ${sentence}`, controller.signal.aborted ? 'cancelled' : 'done');
    } catch (error) {
        say(`The Rust failed: ${error.message}`, 'error');
    }
    running(false);
}

function running(is) {
    for (const field of controls.elements) field.disabled = is;
    element('cancel').disabled = !is;
    document.body.classList.toggle('running', is);
}

// The proof that the page goes on: what a blocked page could not draw.
let frames = 0;
function draw(time) {
    element('hand').setAttribute('transform', `rotate(${(time * 0.18) % 360})`);
    if (document.body.classList.contains('running')) element('frames').textContent = ++frames;
    requestAnimationFrame(draw);
}
requestAnimationFrame(draw);

controls.addEventListener('submit', (event) => {
    event.preventDefault();
    print();
});
for (const choice of controls.elements.backend) choice.addEventListener('change', choose);

element('own').value = `export const title = 'My own';
export const width = 200;
export const height = 120;
export const inks = [30, 30, 60, 240, 230, 200];

export async function* rows(page) {
  for (let y = 0; y < height; y++) {
    await page.wait(10);
    yield Uint8Array.from(
      { length: 3 * width },
      (_, i) => (i / 3 ^ y) & 255,
    );
  }
}`;
element('source').textContent = await (await fetch('src/lib.rs')).text();
await choose();
