// Usage: [SEED=…] node tests/tool/soak.mjs BACKEND|binaryen SUSPENSIONS
//
// Runs random programs (tests/soak.mjs) until they have suspended that many times. Ends with what differed,
// and with the seed that repeats it.

import { soak } from '../soak.mjs';

const [, , way, suspensions] = process.argv;
const [folder, backend] = way === 'binaryen' ? ['../../target/binaryen/tests', 'asyncify'] : ['..', way];
const { instantiate } = await import(`${folder}/soak/pkg/soak.js`);
const seed = Number(process.env.SEED || Math.floor(Math.random() * 2 ** 32));
const version = process.versions.node;
const began = performance.now();

console.error(`node ${version}  ${way}  SEED=${seed}`);
const seconds = () => ((performance.now() - began) / 1000).toFixed(1);
const report = (done) => process.stderr.write(`\r${done} of ${suspensions} suspensions  ${seconds()} s `);
const counts = await soak(() => instantiate({ backend }), seed, Number(suspensions), report);
process.stderr.write('\n');
console.log(`node ${version}  ${way.padEnd(9)} ${Object.entries(counts).map(([what, n]) => `${n} ${what}`).join(', ')}`);
