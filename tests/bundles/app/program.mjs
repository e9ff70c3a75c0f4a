// Depends on the package by its name.

import * as fixture from 'fixture';
import { check } from './checks.js';

const [, , backend, base, module] = process.argv;
check(fixture, { backend, base, module }).then((results) => console.log(JSON.stringify(results)));
