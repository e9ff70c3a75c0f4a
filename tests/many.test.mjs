// More calls at once than an engine has stacks.

import { assert, backend, context, fixture, test } from './support.mjs';

// Of its own, for memory never shrinks.
const instance = await fixture.instantiate({ backend });

for (const count of backend === 'asyncify' ? [100_000, 1_000_000] : [100_000]) {
    const skip = count > 100_000 && ['worker', 'csp'].includes(context) && 'a page and a process show it: it takes long';
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
