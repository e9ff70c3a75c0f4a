// A program of its own: calls one export, with the standard streams of the process.

import { init } from './pkg/web.js';

const query = new URLSearchParams(process.argv[2]);
const program = await init({ backend: query.get('backend') });
await program[query.get('call')](...query.getAll('argument'));
