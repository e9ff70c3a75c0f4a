// The program that is bundled for browsers. The address says what to try.

import * as fixture from 'fixture';
import { check } from './checks.js';

const { backend, module } = Object.fromEntries(new URLSearchParams(location.search));
check(fixture, { backend, module }).then((results) => (globalThis.results = results));
