// What the documents say can be typed is there: targets of make, commands of the tool and their flags, files and headings
// that links lead to.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const tool = join(root, 'target/release/cargo-suspendable');
const files = execFileSync('git', ['ls-files', '*.md'], { cwd: root, encoding: 'utf8' }).trim().split('\n');
const documents = files.map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }));

/** What stands in blocks and between backticks, a line each. */
function code(text) {
    const blocks = Array.from(text.matchAll(/^```[a-z]*\n([^]*?)^```$/gm), ([, block]) => block.split('\n'));
    const inline = Array.from(text.replace(/^```[^]*?^```$/gm, '').matchAll(/`([^`]+)`/g), ([, span]) => span);
    return [...blocks.flat(), ...inline.map((span) => span.replaceAll('\n', ' '))];
}

/** What `find` gives for each line of code, with the document that it is in. */
const found = (find) =>
    documents.flatMap(({ file, text }) => code(text).flatMap((line) => find(line).map((what) => ({ file, what }))));

test('targets of make', () => {
    const makefile = readFileSync(join(root, 'Makefile'), 'utf8');
    const phony = makefile.match(/^\.PHONY: (.*)$/m)?.[1].split(' ');
    const targets = found((line) => Array.from(line.matchAll(/^(?:[A-Z]+=\S+ )*make ([a-z][\w/-]*)/g), ([, target]) => target));
    assert.ok(targets.length > 20);
    const isThere = (target) => phony?.includes(target) || existsSync(join(root, target, 'Cargo.toml'));
    assert.deepEqual(targets.filter(({ what }) => !isThere(what)), []);
});

test('commands of the tool, and their flags', () => {
    const helps = new Map();
    const help = (...command) => {
        const key = command.join(' ');
        if (!helps.has(key)) helps.set(key, execFileSync(tool, [...command, '--help'], { encoding: 'utf8' }));
        return helps.get(key);
    };
    const commands = Array.from(help().matchAll(/^ {2}([a-z-]+) {2}/gm), ([, name]) => name);
    assert.ok(commands.includes('post-build'));
    const typed = found((line) => {
        const calls = line.matchAll(/cargo suspendable ([a-z-]+)([^#"|]*?)(?: -- .*)?(?=$|["#|])/g);
        return Array.from(calls, ([, command, rest]) => [command, ...(rest.match(/(?<= )--?[a-z][a-z-]*/g) ?? [])]);
    });
    assert.ok(typed.length > 30);
    const isThere = ([command, ...flags]) =>
        commands.includes(command) &&
        flags.every((flag) => new RegExp(`(^|[ ,])${flag}(?![\\w-])`, 'm').test(help(command)));
    assert.deepEqual(typed.filter(({ what }) => !isThere(what)), []);
});

test('links', () => {
    const anchors = (text) =>
        Array.from(text.matchAll(/^#+ (.*)$/gm), ([, heading]) =>
            heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-'),
        );
    const leadsNowhere = documents.flatMap(({ file, text }) =>
        Array.from(text.replace(/^```[^]*?^```$/gm, '').matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g))
            .filter(([, path, anchor]) => {
                const target = path === '' ? file : join(dirname(file), path);
                if (!existsSync(join(root, target))) return true;
                return anchor !== undefined && !anchors(readFileSync(join(root, target), 'utf8')).includes(anchor);
            })
            .map(([link]) => `${file}: ${link}`),
    );
    assert.deepEqual(leadsNowhere, []);
});
