// One part of the comparison, in a thread of its own: the page stays alive.

import { here } from '../styles/index.mjs';

self.onmessage = async ({ data: part }) => {
    try {
        const work = await import(`../parts/${part}.mjs`);
        self.postMessage({ tables: await work.run(here) });
    } catch (error) {
        self.postMessage({ error: String(error.stack ?? error) });
    }
};
