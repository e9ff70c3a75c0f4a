// Usage: node main.mjs [BACKEND [URL]]
//
// A bank, in the database at the URL, postgres://USER:PASSWORD@HOST:PORT/DATABASE, or in a server that is started for
// it.

import init, { Bank } from './pkg/postgres-example.js';
import { startPostgres } from './server.mjs';

const [backend, url] = process.argv.slice(2);
await init({ backend });
const server = url === undefined ? await startPostgres() : { url, async close() {} };
try {
    // Ten calls at once share three connections.
    const bank = await Bank.open(server.url, 3);
    console.log(`PostgreSQL ${await bank.server()}`);
    await Promise.all(['Ada', 'Grace', 'Tony'].map((name) => bank.add(name, 100)));
    await Promise.all(Array.from({ length: 10 }, (_, i) => bank.transfer('Ada', i % 2 ? 'Grace' : 'Tony', 10)));
    console.log((await bank.list()).join(', '));
    await bank.transfer('Ada', 'Grace', 1).catch((error) => console.log(error.message));
} finally {
    await server.close();
}
