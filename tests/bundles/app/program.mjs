// Depends on the package by its name.

import * as fixture from 'fixture';
import { check } from './checks.js';

console.log(JSON.stringify(await check(fixture, process.argv[2], new URL('./public/', import.meta.url).href)));
