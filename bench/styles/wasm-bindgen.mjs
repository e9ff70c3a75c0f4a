// A package of wasm-bindgen's, with `--target web`.

import { readBytes } from '../host.mjs';

/**
 * @param {string} style the name of its folder
 * @param {number} fresh
 */
export async function loadPackage(style, fresh) {
    const file = `./${style}/pkg/bench_${style.replaceAll('-', '_')}`;
    const glue = await import(`${file}.js?${fresh}`);
    await glue.default({ module_or_path: await readBytes(new URL(`${file}_bg.wasm`, import.meta.url)) });
    return glue;
}

/** What such a package is made of, to be weighed. */
export function files(style) {
    const file = new URL(`./${style}/pkg/bench_${style.replaceAll('-', '_')}`, import.meta.url).href;
    return { wasm: [`${file}_bg.wasm`], script: [`${file}.js`] };
}
