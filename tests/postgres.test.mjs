// PostgreSQL: examples/postgres, a client that knows std's TcpStream alone, and the real server.

import { init, Bank } from '../examples/postgres/pkg/postgres-example.js';
import { assert, backend, inProcess, inTime, rejection, test, turn } from './support.mjs';

await init({ backend });

const postgres = inProcess ? await import('../examples/postgres/server.mjs') : undefined;
const skip = postgres === undefined ? 'there are no sockets in pages and workers' : postgres.missing;
const server = skip ? undefined : await postgres.startPostgres();

/** Each test has accounts of its own. */
let tests = 0;

/**
 * A bank with these accounts, in a database of its own.
 *
 * @param {Record<string, number>} accounts
 */
async function bankOf(accounts, connections = 3) {
    const name = `bank_${tests++}`;
    const first = await Bank.open(server.url, 1);
    await first.create(name);
    const bank = await Bank.open(server.url.replace(/postgres$/, name), connections);
    for (const [account, balance] of Object.entries(accounts)) await bank.add(account, balance);
    return bank;
}

/** @param {() => Promise<boolean>} isSo */
async function until(isSo) {
    while (!(await isSo())) await turn();
}

test('PostgreSQL: what is inserted is selected', { skip }, async () => {
    const bank = await inTime(bankOf({ Grace: 2 ** 31 - 1, 'Stanisław ☃': 0, "O'Hara; DROP TABLE accounts": 1 }));
    assert.match(await bank.server(), /^\d+\.\d+/);
    const accounts = ['Grace 2147483647', "O'Hara; DROP TABLE accounts 1", 'Stanisław ☃ 0'];
    assert.deepEqual(await inTime(bank.list()), accounts);
});

test('PostgreSQL: what the server refuses is an error, and changes nothing', { skip }, async () => {
    const bank = await inTime(bankOf({ Ada: 10, Grace: 10 }));
    const { message } = await rejection(inTime(bank.transfer('Ada', 'Grace', 11)));
    assert.match(message, /violates check constraint "accounts_balance_check" \(SQLSTATE 23514\)/);
    assert.match(message, /\nDETAIL: .*\(Ada, -1\)/);
    assert.match((await rejection(bank.add('Ada', 1))).message, /duplicate key value .*\(SQLSTATE 23505\)/);
    assert.deepEqual(await inTime(bank.list()), ['Ada 10', 'Grace 10']);
});

test('PostgreSQL: forty transactions at once, over three connections', { skip }, async () => {
    const names = ['Ada', 'Barbara', 'Grace', 'Tony'];
    const bank = await inTime(bankOf(Object.fromEntries(names.map((name) => [name, 1000]))));
    const to = (i) => (i + 1 + (i % 3)) % 4;
    const transfers = Array.from({ length: 40 }, (_, i) => bank.transfer(names[i % 4], names[to(i)], i));
    await inTime(Promise.all(transfers));
    const expected = names.map(() => 1000);
    for (let i = 0; i < 40; i++) {
        expected[i % 4] -= i;
        expected[to(i)] += i;
    }
    assert.deepEqual(await inTime(bank.list()), names.map((name, i) => `${name} ${expected[i]}`));
});

test('PostgreSQL: a promise in a transaction, for which others wait in the server', { skip }, async () => {
    const bank = await inTime(bankOf({ Ada: 10, Barbara: 10, Grace: 10, Tony: 10 }));
    const done = [];
    let approve;
    const approval = new Promise((resolve) => (approve = resolve));
    const first = bank.transfer('Ada', 'Grace', 1, approval).then(() => done.push('first'));
    await inTime(until(() => bank.isLocked('Ada')));
    const second = bank.transfer('Grace', 'Ada', 2).then(() => done.push('second'));
    await inTime(bank.transfer('Barbara', 'Tony', 3));
    assert.deepEqual(await inTime(bank.list()), ['Ada 10', 'Barbara 7', 'Grace 10', 'Tony 13']);
    assert.deepEqual(done, []);
    approve();
    await inTime(Promise.all([first, second]));

    const refused = Promise.reject(new Error('no'));
    refused.catch(() => {});
    await inTime(bank.transfer('Ada', 'Tony', 5, refused));
    assert.deepEqual(await inTime(bank.list()), ['Ada 11', 'Barbara 7', 'Grace 9', 'Tony 13']);
});

// Not sooner: the pool never gets back the place of a call that fails while it connects.
test('PostgreSQL: a call that is given up while its query waits in the server', { skip }, async () => {
    const bank = await inTime(bankOf({ Ada: 10, Grace: 10 }));
    let approve;
    const first = bank.transfer('Ada', 'Grace', 1, new Promise((resolve) => (approve = resolve)));
    await inTime(until(() => bank.isLocked('Ada')));
    const controller = new AbortController();
    const second = rejection(bank.transfer('Grace', 'Ada', 2, undefined, { signal: controller.signal }));
    await inTime(until(async () => (await bank.waiting()) === 1));
    controller.abort('enough');
    assert.equal(await inTime(second), 'enough');
    approve();
    await inTime(first);
    // Its connection is not used again, and what the server did for it is undone.
    await inTime(Promise.all(['Ada', 'Ada', 'Ada'].map((name) => bank.transfer('Grace', name, 1))));
    assert.deepEqual(await inTime(bank.list()), ['Ada 12', 'Grace 8']);
});

test('PostgreSQL: who is not let in', { skip }, async () => {
    const { message } = await rejection(inTime(Bank.open(server.url.replace('secret', 'guess'), 1)));
    assert.match(message, /password authentication failed for user "ada" \(SQLSTATE 28P01\)/);
});

test('PostgreSQL: where nobody listens', { skip }, async () => {
    await inTime(server.close());
    const { message } = await rejection(inTime(Bank.open(server.url, 1)));
    assert.match(message, /^I\/O error: .*ECONNREFUSED/);
});

test('PostgreSQL: without sockets, a way out', { skip: inProcess && 'there are sockets' }, async () => {
    const { message } = await rejection(inTime(Bank.open('postgres://ada@localhost/postgres', 1)));
    assert.match(message, /^I\/O error: .*no sockets.* net::WebSocket/);
});
