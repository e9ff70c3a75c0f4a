// tungstenite over sockets that block, beside the WebSockets that JavaScript programs use: messages, each
// sent when the one before has been answered, by a server in a process of its own.

import { instantiate } from '../../examples/websockets/pkg/websockets.js';
import { compareStyles } from './table.mjs';

const TEXT = 'a message of some forty characters, or so';
const FLOOR = 'ws, the JavaScript client';
const BACKENDS = WebAssembly.Suspending === undefined ? ['auto'] : ['auto', 'jspi'];

/** How many messages a round sends. */
const MESSAGES = 1000;

const SERVER = `
    import { WebSocketServer } from 'ws';
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
    server.on('connection', (socket) => socket.on('message', (data) => socket.send(String(data))));
    server.on('listening', () => console.log(server.address().port));
`;

export async function run() {
    const childProcess = globalThis.process?.getBuiltinModule?.('node:child_process');
    // Node.js's own: others run it in ways of their own, and pages not at all.
    if (childProcess === undefined || globalThis.Bun || globalThis.Deno) return [];
    const server = childProcess.spawn(process.execPath, ['--input-type=module', '--eval', SERVER], {
        cwd: new URL('../', import.meta.url),
        stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
        const port = await new Promise((resolve) => server.stdout.once('data', (text) => resolve(Number(text))));
        return [await table(`127.0.0.1:${port}`)];
    } finally {
        server.kill();
    }
}

function table(address) {
    const styles = { [FLOOR]: () => ofWs(address) };
    for (const backend of BACKENDS) styles[`ours, ${backend}`] = () => ofTungstenite(address, backend);
    return compareStyles(
        { id: 'websocket-messages', title: 'A message over a WebSocket, and its answer', floor: FLOOR },
        styles,
        { operations: MESSAGES, seconds: 4 },
    );
}

async function ofWs(address) {
    const { WebSocket } = await import('ws');
    const socket = new WebSocket(`ws://${address}/`, { perMessageDeflate: false });
    await new Promise((resolve) => socket.once('open', resolve));
    let resolve;
    socket.on('message', (data) => resolve(data));
    const answerTo = (text) =>
        new Promise((whenAnswered) => {
            resolve = whenAnswered;
            socket.send(text);
        });
    return {
        async run(times) {
            for (let i = 0; i < times; i++) await answerTo(TEXT);
        },
        check: async () => String(await answerTo(TEXT)),
    };
}

async function ofTungstenite(address, backend) {
    const { Client } = await instantiate({ backend });
    const client = await Client.connect(address);
    return { run: (times) => client.ask(TEXT, times), check: () => client.ask(TEXT, 1) };
}
