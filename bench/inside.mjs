// What runs in the engine: one part of the comparison, whose results go back to the server.
//
// The query says which: `part=suspension&report=http://127.0.0.1:8080`, for the memory also `style=callbacks`,
// `sizes=100` for one of the sizes of a part, and `set=emscripten` for the styles that are compared with Emscripten.

import { behindFlags, besideEmscripten, here } from './styles/index.mjs';

const query = new URLSearchParams(globalThis.document ? location.search : process.argv[2]);
const report = (result) =>
    fetch(`${query.get('report')}/report`, { method: 'POST', body: JSON.stringify(result) });

async function run() {
    const part = query.get('part');
    const styles = query.get('set') === 'emscripten' ? besideEmscripten : here;
    if (part === 'styles') return styles.map(({ name }) => name);
    if (part === 'memory') {
        const { weigh } = await import('./parts/memory.mjs');
        const style = [...styles, ...behindFlags].find(({ name }) => name === query.get('style'));
        return weigh(style, Number(query.get('calls')) || undefined);
    }
    if (part === 'waiting') {
        const { weigh } = await import('./parts/waiting.mjs');
        return weigh(query.get('backend'));
    }
    if (part === 'waiting-threads') {
        const { weigh } = await import('./parts/waiting-threads.mjs');
        return weigh(query.get('backend'));
    }
    if (part === 'flags') {
        const { run } = await import('./parts/flags.mjs');
        return run([...here, ...behindFlags].find(({ name }) => name === query.get('style')));
    }
    const work = await import(`./parts/${part}.mjs`);
    return work.run(styles, query.get('sizes')?.split(',').map(Number));
}

try {
    await report({ result: await run() });
} catch (error) {
    await report({ error: String(error.stack ?? error) });
}
// The worker of one of the styles would keep a process alive.
globalThis.process?.exit();
