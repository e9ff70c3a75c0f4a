// The types of `Serde<T>`: those that the author gives, as TypeScript sees them.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { temporaryFolder } from '../engines/scratch.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const types = readFileSync(join(root, 'tests/edge/pkg/edge.d.ts'), 'utf8');
const folder = temporaryFolder('types');

test('what the author gives a type for has it, and what not is `any`', () => {
    for (const line of [
        'export function mirrored(point: Point, options?: CallOptions): Promise<Point>;',
        'export function byShade(points: [Shade, Point | null][], options?: CallOptions): Promise<Record<string, Point[]>>;',
        'export function hide(shade: Shade, many: any[], options?: CallOptions): Promise<any>;',
        "export function shown(shade: 'light', options?: CallOptions): Promise<{ shade: Shade }>;",
        '    add(point: Point, options?: CallOptions): Promise<number>;',
        '    first(options?: CallOptions): Promise<Point>;',
    ]) {
        assert.ok(types.split('\n').includes(line), `${line}\n\n${types}`);
    }
    assert.doesNotMatch(types, /suspendable_type_/);
});

test('TypeScript takes what fits, and refuses what does not', () => {
    const file = join(folder, 'use.mts');
    const check = (line) => {
        const from = JSON.stringify(join(root, 'tests/edge/pkg/edge.js'));
        writeFileSync(file, `import { byShade, mirrored } from ${from};\n${line}\n`);
        const options = ['--noEmit', '--strict', '--target', 'esnext', '--module', 'nodenext', '--types', ''];
        const tsc = join(root, 'node_modules/.bin/tsc');
        return spawnSync(tsc, ['--ignoreConfig', ...options, file], { cwd: folder, encoding: 'utf8' }).stdout;
    };
    assert.equal(check(`export const { x } = await mirrored({ x: 1, y: 2, label: null });`), '');
    assert.match(check(`await mirrored({ x: 1, y: 2 });`), /Property 'label' is missing/);
    assert.match(check(`export const n: number = await byShade([['light', null]]);`), /not assignable to type 'number'/);
});
