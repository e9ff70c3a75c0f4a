// Sockets: std's own examples, and what is ours alone.

import { assert, backend, context, inProcess, rejection, test } from './support.mjs';
import * as net from './net/pkg/net-tests.js';

await net.init({ backend });

const skip = inProcess ? false : 'there are no sockets in pages and workers';

for (const name of net.exampleNames()) test(name, { skip }, () => net.runExample(name));
