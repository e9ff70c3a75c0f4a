// A page that loads the package from another origin.

import { check } from './checks.js';

const { backend, from } = Object.fromEntries(new URLSearchParams(location.search));
const fixture = await import(`${from}/fixture.js`);
globalThis.results = await check(fixture, { backend });
