// Where modules are compiled ahead: nothing is fetched, and nothing can be compiled.

import * as fixture from 'fixture';
import asyncify from './fixture.asyncify.wasm';
import jspi from './fixture.wasm';
import { check } from './checks.js';

export default {
    async fetch(request) {
        const { backend } = Object.fromEntries(new URL(request.url).searchParams);
        return Response.json(await check(fixture, { backend, module: { asyncify, jspi }[backend] }));
    },
};
