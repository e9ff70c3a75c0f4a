// Runs the program beside this module, and adds what was on its stack when it waited to a profile.
//
// Usage: node record.mjs PROFILE.json ARGUMENTS

import { existsSync, readFileSync, writeFileSync } from 'node:fs';

import { run } from './NAME.js';
import { command } from './runtime/program/command.js';

const [file] = process.argv.splice(2, 1);
const profile = new Set(existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []);
await command((options) => run({ ...options, profile }));
writeFileSync(file, `${JSON.stringify([...profile].sort(), null, 1)}\n`);
