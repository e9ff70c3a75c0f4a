// What --std costs a program that uses none of it, what crates that wait are with it, and what it takes to build.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../../', import.meta.url);
const path = (relative) => fileURLToPath(new URL(relative, ROOT));

export const [FIRST, LATER] = ['the first build with --std', 'a later one'];
export const WITHOUT = 'proving-ground';
export const WITH = 'proving-ground, --std';
export const CRATES = 'the crates of tests/unmodified';
const REPORTS = { [WITHOUT]: 'proving-ground', [WITH]: 'std/proving-ground', [CRATES]: 'unmodified' };

/** Whether there is a package that was built with --std: that takes the sources of std. */
export const hasStd = existsSync(new URL('bench/std/pkg/bench-std.js', ROOT));

/** Functions and bytes, of the reports of the last builds. */
export async function stdSizeTables() {
    const [functions, sizes] = [[], []];
    for (const [style, file] of Object.entries(REPORTS)) {
        const report = JSON.parse(await readFile(new URL(`target/report/${file}.json`, ROOT), 'utf8'));
        functions.push({ style, functions: report.functions, instrumented: report.instrumented_functions });
        sizes.push({ style, plain: report.sizes.plain.gzip, asyncify: report.sizes.asyncify.gzip });
    }
    return [
        {
            id: 'std-functions',
            title: 'Functions, with --std and without',
            unit: 'functions',
            columns: ['functions', 'instrumented'],
            rows: functions,
        },
        {
            id: 'std-sizes',
            title: 'WebAssembly, gzipped, with --std and without',
            unit: 'bytes',
            columns: ['plain', 'asyncify'],
            rows: sizes,
        },
    ];
}

/** The first build with --std of an empty cache, and a second one. */
export async function stdBuildTable() {
    const home = path('target/std/home/');
    await rm(home, { recursive: true, force: true });
    await mkdir(home, { recursive: true });
    // What cargo keeps of registries, and nothing of ours.
    const cargo = process.env.CARGO_HOME ?? `${homedir()}/.cargo`;
    for (const name of ['registry', 'git', 'config.toml']) {
        if (existsSync(`${cargo}/${name}`)) await symlink(`${cargo}/${name}`, `${home}${name}`);
    }
    const report = path('target/report/std/build.json');
    const rows = [];
    for (const style of [FIRST, LATER]) {
        execFileSync(
            path('target/release/cargo-suspendable'),
            ['build', '--release', '--std', '--out-dir', path('target/std/build'), '--report', report],
            {
                cwd: path('bench/std'),
                env: { ...process.env, CARGO_HOME: home, CARGO_TARGET_DIR: path('target/std/target') },
                stdio: 'pipe',
            },
        );
        const { seconds } = JSON.parse(await readFile(report, 'utf8'));
        const { 'std, once for this rustc': std = 0, ...steps } = seconds;
        rows.push({ style, std, 'all else': Object.values(steps).reduce((sum, step) => sum + step, 0) });
    }
    return { id: 'std-build', title: 'Building std for --std', unit: 'seconds', columns: ['std', 'all else'], rows };
}
