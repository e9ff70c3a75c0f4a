// Records what a script does with a package: `node --import record.mjs SCRIPT`.
//
// In the place of each package that the script imports, by its address in RECORD, it gets the one that has its names,
// whose instances and runs add to a profile. When the process ends, that is written to PROFILE.

import { writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

/** @type {Record<string, string>} */
const packages = JSON.parse(process.env.RECORD);
const profile = (globalThis.recorded = new Set());
const SCHEME = 'recorded:';

registerHooks({
    resolve(specifier, context, next) {
        const resolved = next(specifier, context);
        const named = packages[resolved.url];
        return named === undefined ? resolved : { url: SCHEME + named, format: 'module', shortCircuit: true };
    },
    load(url, context, next) {
        if (!url.startsWith(SCHEME)) return next(url, context);
        const own = JSON.stringify(url.slice(SCHEME.length));
        const source = `
            export * from ${own};
            import * as own from ${own};
            const recording = (start) => start && ((options) => start({ ...options, profile: globalThis.recorded }));
            export const { init, instantiate, run } = {
                init: recording(own.init),
                instantiate: recording(own.instantiate),
                run: recording(own.run),
            };
            export default init;`;
        return { source, format: 'module', shortCircuit: true };
    },
});

process.on('exit', () => writeFileSync(process.env.PROFILE, `${JSON.stringify([...profile].sort(), null, 1)}\n`));
