// Usage: node run.mjs [NAME]

import init, { greet } from './pkg/{{name}}.js';

await init({ base: import.meta.url });
console.log(await greet('./plugin.mjs', process.argv[2] ?? 'world'));
