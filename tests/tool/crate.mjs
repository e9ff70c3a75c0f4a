// A small crate of its own, whose program and tests cargo runs with the tool as its runner.

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Writes a crate into a folder, and returns where it is and what runs cargo in it.
 *
 * @param {string} folder
 * @param {string} target
 * @param {string} tool
 * @param {string} main its src/main.rs
 * @param {object} [options] of `spawnSync`
 */
export function crateIn(folder, target, tool, main, options = {}) {
    const crate = join(folder, 'crate');
    mkdirSync(join(crate, 'src'), { recursive: true });
    writeFileSync(join(crate, 'Cargo.toml'), '[package]\nname = "counted"\nversion = "1.0.0"\nedition = "2024"\n[workspace]\n');
    writeFileSync(join(crate, 'src/main.rs'), main);
    const runner = `CARGO_TARGET_${target.toUpperCase().replaceAll('-', '_')}_RUNNER`;
    const env = { ...process.env, [runner]: `${tool} run` };
    return {
        crate,
        cargo: (command, ...args) =>
            spawnSync('cargo', [command, '--quiet', '--target', target, ...args], {
                cwd: crate,
                encoding: 'utf8',
                env,
                ...options,
            }),
    };
}
