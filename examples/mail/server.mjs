// A mail server for one mailbox: as much of IMAP as the example says.

import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

/** Who wrote, and what about. */
const MESSAGES = [
    ['Ada', 'Notes on the engine'],
    ['Grace', 'A moth in relay 70'],
    ['Tony', 'The billion dollar mistake'],
];

/** What the server answers to each command before it says that it is done. */
const ANSWERS = {
    LOGIN: () => [],
    SELECT: () => [`* ${MESSAGES.length} EXISTS`, '* 0 RECENT', '* FLAGS (\\Seen)'],
    FETCH: () =>
        MESSAGES.map(([name, subject], i) => {
            const from = `(("${name}" NIL "${name.toLowerCase()}" "example.com"))`;
            return `* ${i + 1} FETCH (ENVELOPE (NIL "${subject}" ${from} NIL NIL NIL NIL NIL NIL NIL))`;
        }),
    LOGOUT: () => ['* BYE'],
};

/** Listens on a free port; the address, and how to stop. */
export async function serveMail(password) {
    const server = createServer((socket) => {
        socket.on('error', () => {});
        socket.write('* OK ready\r\n');
        createInterface(socket).on('line', (line) => {
            const [tag, command, ...rest] = line.split(' ');
            const isKnown = command !== 'LOGIN' || rest[1] === JSON.stringify(password);
            const lines = ANSWERS[command]().concat(isKnown ? `${tag} OK done` : `${tag} NO who are you?`);
            socket.write(lines.map((line) => `${line}\r\n`).join(''));
            if (command === 'LOGOUT') socket.end();
        });
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { address: `127.0.0.1:${server.address().port}`, close: () => server.close() };
}
