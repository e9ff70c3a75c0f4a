import { runAsWorker } from 'synckit';

import { VALUE } from '../../parts/value.mjs';

const resolved = Promise.resolve(VALUE);

runAsWorker(async (what, specifier) => (what === 'value' ? await resolved : (await import(specifier)).value));
