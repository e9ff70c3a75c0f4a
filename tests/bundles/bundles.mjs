// A program that depends on a package by its name, as each bundler makes it ready for browsers.
//
// The program is `app/`. It is copied to target/bundles/app, with the package in its node_modules, as
// an installation from a registry would be: bundlers treat what is linked there in another way.

import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { serve } from '../engines/serve.mjs';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
/** Where everything goes. */
export const target = path('../../target/bundles/');

/** Where the program is. */
export const app = `${target}app`;

/** The program's package, installed. */
export const installed = `${app}/node_modules/fixture`;

/** Copies the program, and installs the package. */
export function install() {
    rmSync(target, { recursive: true, force: true });
    cpSync(path('app/'), app, { recursive: true });
    cpSync(path('../modules/values.mjs'), `${app}/public/values.mjs`);
    cpSync(path('../fixture/pkg/'), installed, { recursive: true });
    const manifest = { name: 'app', private: true, type: 'module', dependencies: { fixture: '*' } };
    writeFileSync(`${app}/package.json`, JSON.stringify(manifest));
}

/**
 * The bundlers. Each returns a server of what it made.
 *
 * @type {Record<string, () => Promise<{ origin: string, close(): Promise<void> }>>}
 */
export const bundlers = {
    /** The dev server, which bundles the dependencies only. */
    async 'vite dev'() {
        const { createServer } = await import('vite');
        const server = await createServer({ root: app, logLevel: 'error', server: { host: '127.0.0.1', port: 0 } });
        await server.listen();
        const { port } = /** @type {import('node:net').AddressInfo} */ (server.httpServer.address());
        return { origin: `http://127.0.0.1:${port}`, close: () => server.close() };
    },

    async 'vite build'() {
        const { build } = await import('vite');
        const outDir = `${target}vite`;
        await build({ root: app, logLevel: 'error', build: { outDir } });
        return serve(outDir);
    },

    /** It leaves `new URL(…, import.meta.url)` as it is: the WebAssembly goes beside the bundle. */
    async esbuild() {
        const { build } = await import('esbuild');
        const outdir = `${target}esbuild`;
        await build({ entryPoints: [`${app}/main.js`], bundle: true, format: 'esm', outdir, logLevel: 'error' });
        copyWebAssembly(outdir);
        cpSync(`${app}/index.html`, `${outdir}/index.html`);
        cpSync(`${app}/public/`, outdir, { recursive: true });
        return serve(outdir);
    },
};

/** Copies the package's WebAssembly: `cp node_modules/NAME/*.wasm FOLDER`. */
export function copyWebAssembly(folder) {
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(installed).filter((name) => name.endsWith('.wasm'))) {
        cpSync(`${installed}/${name}`, `${folder}/${name}`);
    }
}
