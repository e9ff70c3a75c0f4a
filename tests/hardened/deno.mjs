// The same in Deno, which may read nothing then but what is imported: the WebAssembly, too.

import source module from '../fixture/pkg/fixture.asyncify.wasm';

import '../modules/values.mjs';
import { report } from './calls.mjs';

console.log(JSON.stringify(await report({ module })));
