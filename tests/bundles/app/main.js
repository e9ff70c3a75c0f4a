// The program that each bundler bundles. The address says what to try.

import * as fixture from 'fixture';
import { check } from './checks.js';

const backend = new URLSearchParams(location.search).get('backend');
check(fixture, backend).then((results) => (globalThis.results = results));
