// Usage: node main.mjs [auto|jspi|asyncify]

import init, { backend, describe } from './pkg/dynamic-import.js';

await init({ backend: process.argv[2], base: import.meta.url });
const description = await describe('./my-dynamic-module.mjs');

console.log(`node ${process.versions.node}  ${backend.padEnd(9)} ${description}`);
