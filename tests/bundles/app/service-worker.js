// In a service worker there is no `import()`, and a classic one has no `import.meta` either.

import * as fixture from 'fixture';
import { check } from './checks.js';
import * as values from './public/values.mjs';

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('message', (event) => event.waitUntil(answer(event)));

async function answer({ data, source }) {
    source.postMessage(await check(fixture, { ...data, importModule }));
}

async function importModule(specifier) {
    if (specifier === './values.mjs') return values;
    throw new Error('there are no others');
}
