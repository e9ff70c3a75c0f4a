// Hosts that are unlike a page with a module, or a package that is not where it was made.

import { spawn } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { app, copyWebAssembly, installed, target } from './bundles.mjs';
import { serve } from '../engines/serve.mjs';

const folder = `${target}hosts`;
const WORKERD = fileURLToPath(
    new URL('node_modules/@cloudflare/workerd-linux-64/bin/workerd', import.meta.url),
);

/** @returns {string} */
export function workerdVersion() {
    const manifest = new URL('node_modules/@cloudflare/workerd-linux-64/package.json', import.meta.url);
    return JSON.parse(readFileSync(manifest, 'utf8')).version;
}

/** Bundles the program for each host, with its WebAssembly beside it. */
export async function bundleForHosts() {
    const { build } = await import('esbuild');
    const bundle = (entry, outfile, options) =>
        build({
            entryPoints: [`${app}/${entry}`],
            outfile: `${folder}/${outfile}`,
            bundle: true,
            // Without `import.meta`, as this is about, esbuild warns.
            logOverride: { 'empty-import-meta': 'silent' },
            ...options,
        });
    await bundle('main.js', 'main.js', { format: 'esm' });
    await bundle('main.js', 'script.js', { format: 'iife' });
    await bundle('service-worker.js', 'service-worker.js', { format: 'iife' });
    await bundle('program.mjs', 'program.cjs', { format: 'cjs', platform: 'node' });
    await bundle('workerd.js', 'workerd.js', { format: 'esm', external: ['*.wasm'] });
    copyWebAssembly(folder);
    for (const name of ['checks.js', 'origin.js', 'workerd.capnp']) cpSync(`${app}/${name}`, `${folder}/${name}`);
    for (const name of ['blob', 'origin', 'script', 'service-worker']) {
        cpSync(`${app}/${name}.html`, `${folder}/${name}.html`);
    }
    cpSync(`${app}/public/`, folder, { recursive: true });
}

/**
 * What browsers open.
 *
 * @param {(server: Promise<{ origin: string }>) => Promise<string>} opened
 */
export async function pages(opened) {
    const here = await opened(serve(folder));
    const elsewhere = await opened(serve(installed, { 'Access-Control-Allow-Origin': '*' }));
    const module = `module=${here}/MODULE`;
    return [
        { name: 'another origin', context: 'page', url: `${here}/origin.html?backend=BACKEND&from=${elsewhere}` },
        { name: 'blob: URL', context: 'page', url: `${here}/blob.html?backend=BACKEND&${module}` },
        { name: 'classic script', context: 'bundle', url: `${here}/script.html?backend=BACKEND&${module}` },
        { name: 'service worker', context: 'worker', url: `${here}/service-worker.html?backend=BACKEND&${module}` },
    ];
}

/** The program as one CommonJS file, and the folder of its WebAssembly. */
export const commonJs = { program: `${folder}/program.cjs`, folder };

/** Runs the program on Cloudflare's runtime, and returns its answer. */
export async function inWorkerd(backend) {
    const options = ['serve', 'workerd.capnp', '--socket-addr=http=127.0.0.1:0', '--control-fd=3'];
    const server = spawn(WORKERD, options, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit', 'pipe'] });
    try {
        const port = await new Promise((resolve, reject) => {
            server.on('error', reject);
            server.on('exit', (status) => reject(new Error(`workerd ended with status ${status}`)));
            server.stdio[3].on('data', (line) => resolve(JSON.parse(line).port));
        });
        return await (await fetch(`http://127.0.0.1:${port}/?backend=${backend}`)).json();
    } finally {
        server.kill();
    }
}
