// WebSockets, on every host that has them. The server is tests/engines/sockets.mjs.

import { assert, backend, inTime, test, turn } from './support.mjs';
import { origin } from './portable.mjs';
import * as net from './net/pkg/net-tests.js';

await net.init({ backend });

const skip = globalThis.WebSocket === undefined && 'this host has no WebSocket';
const at = (path) => `${origin.replace('http', 'ws')}/socket/${path}`;

for (const seed of [1, 2, 3]) {
    test(`WebSocket: pieces of random sizes, there and back, ${seed}`, { skip }, async () => {
        const [sent, received] = await inTime(net.exchangeOverWebSocket(at('echo'), seed, 2_000_000));
        assert.equal(received, sent);
    });
}

test('WebSocket: messages, whole and in pieces', { skip }, async () => {
    assert.deepEqual(await inTime(net.messages(at('echo'))), [
        'Some(Text("text ü ☃"))', 'Some(Text(""))', 'Some(Binary([]))', 'Some(Binary([98, 121, 116, 101, 115]))',
        '\ufffd', '\ufffd i', 's two bytes', 'in one', 'bina', 'Some(Binary([114, 121]))',
    ]);
});

test('WebSocket: what others close', { skip }, async () => {
    const told = async (query) => inTime(net.untilTheEnd(at(query)));
    const text = 'Some(Text("before the end"))';
    const piped = (code) => `BrokenPipe: Error: the WebSocket has been closed with ${code}`;
    assert.deepEqual(await told('close?code=1000&reason=done'), [
        text, 'None', '0', piped('1000: done'), 'Some((1000, "done"))',
    ]);
    const aborted = 'ConnectionAborted: Error: the WebSocket has been closed with 4321: no ☃';
    assert.deepEqual(await told('close?code=4321&reason=no ☃'), [
        text, aborted, aborted, piped('4321: no ☃'), 'Some((4321, "no ☃"))',
    ]);
    const lost = 'ConnectionAborted: Error: the WebSocket has been closed with 1006';
    const [first, ...rest] = await told('drop');
    assert.equal(first, 'Some(Text("before the loss"))');
    // Some hosts give a reason of their own.
    assert.deepEqual(rest.slice(0, 2).map((line) => line.slice(0, lost.length)), [lost, lost]);
    assert.match(rest[2], /^BrokenPipe/);
    assert.match(rest[3], /^Some\(\(1006, /);
});

test('WebSocket: closing', { skip }, async () => {
    const closed = await inTime(net.closeWebSocket(at('echo'), 4000, 'enough'));
    assert.deepEqual(closed.slice(0, 1), ['()']);
    // The echo may have come before.
    assert.match(closed[1], /^(Some\(Text\("before"\)\)|ConnectionAborted.* 4000: enough)$/);
    assert.match(closed[2], /^ConnectionAborted.* 4000: enough$/);
    assert.match(closed[3], /^BrokenPipe/);
    assert.equal(closed[4], 'Some((4000, "enough"))');
    assert.match((await net.closeWebSocket(at('echo'), 1001, ''))[0], /^InvalidInput/);
    assert.match((await net.closeWebSocket(at('echo'), 1000, 'x'.repeat(124)))[0], /^InvalidInput/);
});

test('WebSocket: what is refused, and subprotocols', { skip }, async () => {
    assert.match(await inTime(net.connectWebSocket(at('nothing'), [])), /^ConnectionRefused: .*cannot open/);
    assert.match(await net.connectWebSocket('ftp://nobody', []), /^InvalidInput/);
    assert.match(await net.connectWebSocket(at('echo'), ['a b']), /^InvalidInput/);
    assert.equal(await net.connectWebSocket(at('echo'), []), '""');
    assert.equal(await net.connectWebSocket(at('echo'), ['other', 'known-1', 'known-2']), '"known-2"');
});

test('WebSocket: a write waits where nobody reads, and flush until all is sent', { skip }, async () => {
    const total = 20_000_000;
    assert.deepEqual(await inTime(net.writeToLate(at('late?milliseconds=200'), total)), [String(total), 'true']);
});

test('WebSocket: dropped, it is closed, and what was written is sent', { skip }, async () => {
    await net.sendAndDrop(at('count'), 3_000_000);
    const counted = async () => {
        const [text] = await net.untilTheEnd(at('counted'));
        return text;
    };
    let text;
    do {
        await turn();
        text = await counted();
    } while (text === 'Some(Text(""))');
    assert.equal(text, 'Some(Text("3000000, closed with 1005"))');
});

test('WebSocket: where no call can block', { skip }, () => {
    assert.match(net.connectWebSocketOutside(at('echo')), /^WouldBlock: cannot block here/);
});

test('WebSocket: a host that has none says so', { skip: !skip && 'this host has WebSockets' }, async () => {
    assert.match(await net.connectWebSocket(at('echo'), []), /^Unsupported: .*no WebSocket.*net::TcpStream/);
});
