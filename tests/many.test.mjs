// More calls at once than an engine has stacks.

import { assert, backend, context, fixture, test } from './support.mjs';

// Of its own, for memory never shrinks.
const instance = await fixture.instantiate({ backend });

function inFlight(count, skip) {
    test(`${count} calls in flight`, { skip }, async () => {
        const pages = instance.memoryPages();
        let open;
        const gate = new Promise((resolve) => (open = resolve));
        const calls = [];
        for (let i = 0; i < count; i++) calls.push(instance.wait(gate.then(() => i)));
        const bytes = (instance.memoryPages() - pages) * 65_536;
        assert.ok(bytes <= 1024 * count, `${bytes / count} bytes of linear memory for each`);
        open();
        for (let i = 0; i < count; i++) assert.equal(await calls[i], i);
    });
}

inFlight(20_000);
inFlight(100_000, backend === 'jspi-legacy' && 'the engines with that API take a minute to begin so many');

/** The garbage collectors before V8 13 take minutes. */
const isOld = Number.parseInt(globalThis.process?.versions?.v8) < 13;
if (backend === 'asyncify') {
    inFlight(1_000_000, (context !== 'process' || isOld) && 'a process of a newer engine shows it: it takes long');
}
