// Usage: node main.mjs [auto|jspi|asyncify]
//
// Reads a mailbox; with a wrong password, not.

import init, { inbox } from './pkg/mail.js';
import { serveMail } from './server.mjs';

await init({ backend: process.argv[2] });
const { address, close } = await serveMail('secret');
for (const message of await inbox(address, 'me', 'secret')) console.log(message);
await inbox(address, 'me', 'guess').catch((error) => console.log(error.message));
close();
