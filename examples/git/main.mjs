// Usage: node main.mjs [FOLDER [BACKEND]]
//
// The last commits of the repository in a folder, this one if there is none, and how many files it has.

import { resolve } from 'node:path';

import init, { Repository } from './pkg/git-example.js';

const [folder = '../..', backend] = process.argv.slice(2);
await init({ backend });
const repository = await Repository.open(resolve(folder));
for (const line of await repository.log('HEAD', 10)) {
    const [, hash, author, seconds, subject] = /** @type {string[]} */ (/^(\w{10})\w* (.*?) (\d+) (.*)$/.exec(line));
    console.log(hash, new Date(Number(seconds) * 1000).toISOString().slice(0, 10), `${subject} (${author})`);
}
console.log(`${(await repository.files('HEAD')).length} files`);
