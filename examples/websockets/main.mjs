// Usage: node main.mjs [auto|jspi|asyncify]
//
// A server and a thousand clients, both tungstenite's, in one thread; and the WebSocket of this host.

import init, { ask, crowd, Server } from './pkg/websockets.js';

const CLIENTS = 1000;
const TEXTS = 5;

await init({ backend: process.argv[2] });
const server = await Server.bind('127.0.0.1:0');
const address = server.address();
const hasOwn = globalThis.WebSocket !== undefined;
const serving = server.serve(hasOwn ? CLIENTS + 1 : CLIENTS);

const began = performance.now();
const right = await crowd(address, CLIENTS, TEXTS);
const seconds = (performance.now() - began) / 1000;
console.log(`${CLIENTS} clients connected at once, in one thread`);
console.log(`${right} of ${CLIENTS * TEXTS} answers are right, after ${seconds.toFixed(1)} s`);
if (hasOwn) console.log(`the host's own WebSocket is answered, too: ${await ask(`ws://${address}/`, 'hello')}`);
console.log(`the server has answered ${await serving} texts`);
server.free();
