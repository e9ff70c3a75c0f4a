// Usage: [SEED=…] node tests/tool/soak.mjs BACKEND SUSPENSIONS
//
// Runs random programs (tests/soak.mjs) until they have suspended that many times. Ends with what differed,
// and with the seed that repeats it.

import { instantiate } from '../soak/pkg/soak.js';
import { soak } from '../soak.mjs';

const [, , backend, suspensions] = process.argv;
const seed = Number(process.env.SEED || Math.floor(Math.random() * 2 ** 32));
const version = process.versions.node;
const began = performance.now();

console.error(`node ${version}  ${backend}  SEED=${seed}`);
const seconds = () => ((performance.now() - began) / 1000).toFixed(1);
const report = (done) => process.stderr.write(`\r${done} of ${suspensions} suspensions  ${seconds()} s `);
const counts = await soak(() => instantiate({ backend }), seed, Number(suspensions), report);
process.stderr.write('\n');
console.log(`node ${version}  ${backend.padEnd(9)} ${Object.entries(counts).map(([what, n]) => `${n} ${what}`).join(', ')}`);
