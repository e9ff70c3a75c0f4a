// suspendable::http: a client over `fetch`, against a server on this machine.

import { assert, backend, context, inProcess, inTime, origin, rejection, test, turn } from './support.mjs';
import * as web from './web/pkg/web.js';

await web.init({ backend });

const { Download } = web;
const server = `${origin}/http`;
const text = (bytes) => new TextDecoder().decode(bytes);
const utf8 = (string) => new TextEncoder().encode(string);
const isStreaming = inProcess;
const isChromium = !inProcess && navigator.userAgent.includes('Chrome');
const isWebkit = !inProcess && !isChromium && navigator.userAgent.includes('AppleWebKit');
const fieldsOf = (fields) => Object.fromEntries(fields);
const sent = async (id) => (await fetch(`${server}/sent?id=${id}`)).json();

/** What the server says that it was asked. */
async function tell(method, fields = [], body = undefined) {
    const [status, , answer] = await inTime(web.request(method, `${server}/tell?a=b%20c`, fields, body));
    assert.equal(status, 200);
    const { rawHeaders, ...rest } = JSON.parse(text(answer));
    const headers = {};
    for (let i = 0; i < rawHeaders.length; i += 2) {
        const name = rawHeaders[i].toLowerCase();
        headers[name] = name in headers ? `${headers[name]}, ${rawHeaders[i + 1]}` : rawHeaders[i + 1];
    }
    return { ...rest, headers };
}

test('a request as the server sees it', async () => {
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
        const body = method === 'GET' ? undefined : utf8('12345');
        const told = await tell(method, ['X-One', '1', 'x-two', 'a', 'x-two', 'b', 'content-type', 'text/x'], body);
        assert.deepEqual([told.method, told.url, told.length], [method, '/http/tell?a=b%20c', body ? 5 : 0]);
        assert.equal(told.headers['x-one'], '1');
        assert.equal(told.headers['x-two'], 'a, b');
        assert.equal(told.headers['content-type'], 'text/x');
    }
    // No bytes are no body, which a GET may have.
    assert.equal((await tell('GET', [], utf8(''))).length, 0);
});

test('a response as the server sends it', async () => {
    const [status, fields, body] = await inTime(web.get(`${server}/fields`));
    assert.equal(status, 200);
    assert.equal(fieldsOf(fields)['x-twice'], 'one, two');
    // WebKit replaces such bytes.
    if (!isWebkit) assert.equal(fieldsOf(fields)['x-latin'], 'caf\xe9');
    assert.equal(body.length, 0);
});

test('a status is no error', async () => {
    for (const code of [201, 204, 400, 404, 418, 500, 503]) {
        const [status, , body] = await inTime(web.get(`${server}/status?code=${code}`));
        assert.deepEqual([status, text(body)], [code, code === 204 ? '' : `status ${code}`]);
    }
    const [status, fields, body] = await inTime(web.request('HEAD', `${server}/status?code=200`, [], undefined));
    assert.deepEqual([status, body.length], [200, 0]);
    assert.ok(Array.isArray(fields));
});

test('redirects are followed', async () => {
    const to = encodeURIComponent('/http/status?code=404');
    const [status, , body] = await inTime(web.get(`${server}/redirect?to=${to}`));
    assert.deepEqual([status, text(body)], [404, 'status 404']);
    const error = await rejection(inTime(web.get(`${server}/redirect`)));
    assert.equal(error.kind, 'Other');
});

test('a relative address', { skip: inProcess && 'a process has no address to resolve against' }, async () => {
    for (const address of ['/http/status?code=200', 'x/../../http/status?code=200']) {
        assert.equal(text((await inTime(web.get(address)))[2]), 'status 200');
    }
    assert.equal((await inTime(web.request('POST', '/http/echo', [], utf8('abc'))))[2].length, 3);
});

test('a `data:` address', { skip: context === 'csp' && 'a page with a policy does not connect elsewhere' }, async () => {
    assert.equal(text((await inTime(web.get('data:text/plain,all%20here')))[2]), 'all here');
});

test('bodies of each type', () => inTime(web.bodies(`${server}/echo`)));

test('what fetch does not take', async () => {
    const wrong = [];
    // Bun sends these.
    if (globalThis.Bun === undefined) {
        wrong.push(['GET', `${server}/echo`, [], utf8('body')], ['CONNECT', `${server}/echo`, [], undefined]);
    }
    if (!inProcess) {
        for (const name of ['host', 'cookie', 'content-length', 'origin', 'sec-fetch-mode', 'proxy-x']) {
            wrong.push(['POST', `${server}/echo`, [name, '3'], utf8('abc')]);
        }
    }
    for (const arguments_ of wrong) {
        const error = await rejection(inTime(web.request(...arguments_)));
        assert.equal(error.kind, 'InvalidInput', `${arguments_}`);
    }
    if (inProcess) assert.equal((await rejection(web.get('/relative'))).kind, 'InvalidInput');
});

test('outside of every fiber nothing is sent', () => {
    assert.throws(() => web.getOutside(`${server}/echo`), { kind: 'WouldBlock' });
});

test('a refused connection', async () => {
    const error = await rejection(inTime(web.get('http://127.0.0.1:2/')));
    assert.equal(error.code, 'Rejected');
    assert.ok(error.cause instanceof Error);
    // Pages are told nothing.
    assert.equal(error.kind, inProcess && globalThis.Deno === undefined ? 'ConnectionRefused' : 'Other');
    const before = web.openSources();
    const failed = await rejection(inTime(web.upload('http://127.0.0.1:2/', 10_000_000, undefined, '')));
    assert.equal(failed.code, 'Rejected');
    for (let i = 0; i < 20 && web.openSources() > before; i++) await turn();
    assert.equal(web.openSources(), before, 'what was to be sent is dropped');
});

for (const how of ['length', 'chunks']) {
    const skip = isWebkit && how === 'chunks' && 'WebKitGTK takes such a body for a whole one';
    test(`a connection that is cut in the middle of a body, by ${how}`, { skip }, async () => {
        const download = await inTime(Download.begin(`${server}/cut?how=${how}`));
        let error;
        let count = 0;
        for (let i = 0; i < 1000 && error === undefined; i++) {
            const read = await inTime(download.read(100).catch((reason) => (error = reason)));
            if (error === undefined) assert.ok(read.length > 0, 'a silent end');
            count += read.length ?? 0;
        }
        assert.ok(error !== undefined && count <= 500);
        assert.equal((await rejection(inTime(download.read(1)))).kind, error.kind, 'it stays an error');
    });
}

test('a body as it arrives', async () => {
    const download = await inTime(Download.begin(`${server}/slow`));
    for (const line of ['0\n', '1\n', '2\n', '3\n', '4\n', 'end', '']) {
        assert.equal(await inTime(download.line()), line);
    }
});

test('megabytes, both ways', async () => {
    assert.equal(await inTime(web.upload(`${server}/echo`, 5_000_000, undefined, '')), 5_000_000);
    let count = 0;
    const pause = () => (++count % 3 === 0 ? turn() : undefined);
    assert.equal(await inTime(web.upload(`${server}/echo`, 1_000_000, pause, '')), 1_000_000);
    assert.equal(web.openSources(), 0);
});

test('a reader that fails while its body is sent', async () => {
    const before = web.openSources();
    const error = await rejection(inTime(web.upload(`${server}/tell`, 300_000, undefined, 'fails')));
    assert.deepEqual([error.kind, error.message], ['InvalidData', 'torn']);
    assert.equal(web.openSources(), before);
});

test('a reader that panics while its body is sent', async () => {
    const error = await rejection(inTime(web.upload(`${server}/tell`, 300_000, undefined, 'panics')));
    // The thread that reads has panicked, which is not the call, where it is another.
    if (isStreaming) assert.equal(error.code, 'Rejected');
    else assert.match(error.message, /torn/);
});

test('a server that does not want the body', async () => {
    const before = web.openSources();
    const status = await inTime(web.upload(`${server}/refuse`, 3_000_000, undefined, '').catch((error) => error.code));
    assert.ok(status === 413 || status === 'Rejected', `${status}`);
    for (let i = 0; i < 100 && web.openSources() > before; i++) await turn();
    assert.equal(web.openSources(), before);
});

test('dropping a body stops the server', async () => {
    const id = `${Math.random()}`;
    const download = await inTime(Download.begin(`${server}/endless?id=${id}`));
    assert.ok((await inTime(download.read(100))).length > 0);
    assert.ok((await sent(id)).isOpen);
    download.free();
    const stopped = async () => {
        while ((await sent(id)).isOpen) await turn();
    };
    await inTime(stopped());
});

test('a call that is given up stops its request', async () => {
    const id = `${Math.random()}`;
    const download = await inTime(Download.begin(`${server}/endless?id=${id}`));
    assert.ok((await inTime(download.read(100))).length > 0);
    const controller = new AbortController();
    const many = async () => {
        for (;;) await download.read(100_000, { signal: controller.signal });
    };
    const reading = rejection(many());
    const enough = new Error('enough');
    setTimeout(() => controller.abort(enough), 20);
    assert.equal(await inTime(reading), enough);
    assert.equal(await rejection(inTime(Download.begin(`${server}/slow`, { signal: controller.signal }))), enough);
    download.free();
    const stopped = async () => {
        while ((await sent(id)).isOpen) await turn();
    };
    await inTime(stopped());
});

const readsAhead = !inProcess && !isChromium && 'this browser fetches what nobody reads';

test('what is not read is not fetched', { skip: readsAhead }, async () => {
    const id = `${Math.random()}`;
    const download = await inTime(Download.begin(`${server}/endless?id=${id}`));
    assert.ok((await inTime(download.read(1))).length > 0);
    const settled = async () => {
        for (let before = -1; ; ) {
            await new Promise((resolve) => setTimeout(resolve, 300));
            const now = (await sent(id)).sent;
            if (now === before) return now;
            before = now;
        }
    };
    await inTime(settled());
    download.free();
});

test('a hundred requests at once', async () => {
    const calls = Array.from({ length: 100 }, async (_, i) => {
        const body = utf8(`${i}`.repeat(1 + i * 37));
        const [status, , answer] = await web.request('POST', `${server}/echo`, [], body);
        assert.equal(status, 200);
        assert.ok(text(answer) === text(body));
    });
    await inTime(Promise.all(calls));
});
