// Three calls that wait at once, each with frames in linear memory, and end in another order than they began: how many
// give what they should, through Emscripten's JSPI and through ours.
//
// Usage: node bench/styles/emscripten/together.mjs

import { auto, jspi } from '../suspendable/style.mjs';
import { emscriptenJspi } from './style.mjs';

function gate() {
    let open;
    const opened = new Promise((resolve) => (open = () => resolve(7)));
    return { opened, open };
}

for (const { name, load } of [auto, jspi, emscriptenJspi]) {
    const { suspendLarge } = await load();
    const gates = [gate(), gate(), gate()];
    // It says of itself that it has been aborted.
    const call = (frames, { opened }) => suspendLarge(frames, 1, opened).catch(() => 'aborted');
    const first = call(3, gates[0]);
    const second = call(3, gates[1]);
    gates[0].open();
    await first;
    // Deeper than both that were there.
    const third = call(12, gates[2]);
    gates[1].open();
    await second;
    gates[2].open();
    const [ended, expected] = [await Promise.all([first, second, third]), [2, 2, 11]];
    const right = ended.filter((value, index) => value === expected[index]).length;
    console.log(`${name}: of three calls that wait at once, ${right} are right: ${ended.join(', ')}`);
}
