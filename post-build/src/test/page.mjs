// In the page that tests run in: the browser's driver calls `runTest`.

import { judge } from './judge.mjs';
import { instantiate } from './tested.js';

const { backend } = Object.fromEntries(new URLSearchParams(location.search));

/** @param {string} test as JSON, which the outcome is too */
export async function runTest(test) {
    const { hasTrace, ...which } = JSON.parse(test);
    return JSON.stringify(await judge(instantiate, which, { base: `${location.origin}/`, backend }, hasTrace));
}
