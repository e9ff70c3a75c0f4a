// Usage: node main.mjs [auto|jspi|asyncify]
//
// Renders the pages of the site, all at once.

import init, { render } from './pkg/templates.js';
import { pages } from './site.mjs';

await init({ backend: process.argv[2], base: import.meta.url });
const names = ['shop', 'categories'];
await Promise.all(names.map((name) => render(name, './site.mjs')));

for (const name of names) console.log(pages.get(name));
