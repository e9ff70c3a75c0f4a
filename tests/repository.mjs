// A bare repository of a thousand commits, made by git, and git's own answers to what the tests ask.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../target/repository/', import.meta.url));
const SOURCE = fileURLToPath(import.meta.url);

/** Makes target/repository/{git,expected.json}, if this file has not made them; without git, only says so there. */
export function makeRepository() {
    const made = join(FOLDER, 'expected.json');
    if (existsSync(made) && statSync(made).mtimeMs > statSync(SOURCE).mtimeMs) return;
    rmSync(FOLDER, { recursive: true, force: true });
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(made, JSON.stringify(hasGit() ? fill(join(FOLDER, 'git')) : { missing: 'there is no git here' }));
}

function hasGit() {
    try {
        execFileSync('git', ['--version']);
        return true;
    } catch {
        return false;
    }
}

/** Makes the repository in a folder, and asks git what is in it. */
function fill(folder) {
    const env = { ...process.env, GIT_DIR: folder, ...identity(2_000_000_000) };
    const run = (words, input) => execFileSync('git', words, { env, input, encoding: 'utf8', maxBuffer: 1 << 26 });
    const git = (...words) => run(words, '').trim();
    git('init', '--quiet', '--bare', folder);
    run(['fast-import', '--quiet'], history());
    git('tag', 'v1', 'main~100');
    git('tag', '-a', 'v2', '-m', 'annotated', 'main~10');
    git('symbolic-ref', 'HEAD', 'refs/heads/main');
    git('gc', '--quiet');
    // What is newer than the pack is in files of its own.
    const blob = run(['hash-object', '-w', '--stdin'], 'neither\nin the pack\n').trim();
    const tree = run(['mktree'], `${git('ls-tree', 'main')}\n100644 blob ${blob}\tnew.txt\n`).trim();
    const commit = git('commit-tree', tree, '-p', 'main', '-m', 'The last one\n\nwith a body');
    git('update-ref', 'refs/heads/main', commit);

    const log = (revision) => git('log', '--format=%H %an %at %s', revision).split('\n');
    const files = (revision) => git('ls-tree', '-r', '--name-only', '-z', revision).split('\0').slice(0, -1).sort();
    const revisions = ['HEAD', 'v1', 'v2', 'side', commit];
    const read = [...files('HEAD').map((path) => ['HEAD', path]), ['v1', 'src/part-3/big.txt']];
    return {
        stored: storedIn(folder).map((path) => path.slice(folder.length + 1)),
        log: revisions.map((revision) => [revision, log(revision)]),
        files: revisions.map((revision) => [revision, files(revision)]),
        read: read.map(([revision, path]) => [revision, path, run(['show', `${revision}:${path}`], '')]),
    };
}

const identity = (seconds) => ({
    GIT_AUTHOR_NAME: 'Grace', GIT_AUTHOR_EMAIL: 'grace@localhost', GIT_AUTHOR_DATE: `${seconds} +0000`,
    GIT_COMMITTER_NAME: 'Grace', GIT_COMMITTER_EMAIL: 'grace@localhost', GIT_COMMITTER_DATE: `${seconds} +0000`,
});

/** For `git fast-import`: a thousand commits, every tenth of them on a branch that is merged at once. */
function history() {
    const out = [];
    const data = (text) => `data ${Buffer.byteLength(text)}\n${text}\n`;
    const lines = Array.from({ length: 400 }, (_, i) => `line ${i} of a file that grows and changes`);
    let parent = 0;
    for (let mark = 1; mark <= 1000; mark++) {
        const isSide = mark % 10 === 5;
        const isMerge = mark % 10 === 6;
        const author = `${['Ada', 'Grace', 'Stanisław'][mark % 3]} <a@localhost> ${1_600_000_000 + mark * 60} +0000`;
        out.push(`commit refs/heads/${isSide ? 'side' : 'main'}\nmark :${mark}\n`);
        out.push(`author ${author}\ncommitter ${author}\n`);
        out.push(data(`Commit ${mark}, „${'ü'.repeat(mark % 5)}“\n\nand more`));
        if (parent > 0) out.push(`from :${isMerge ? mark - 2 : parent}\n`);
        if (isMerge) out.push(`merge :${mark - 1}\n`);
        lines[(mark * 37) % lines.length] = `changed by ${mark}`;
        const path = `src/part-${mark % 7}/${isSide ? 'side' : 'big'}.txt`;
        out.push(`M 100644 inline ${path}\n${data(lines.join('\n'))}`);
        if (mark % 50 === 0) out.push(`M 100644 inline "doc ☃/${mark}.md"\n${data(`# ${mark}\n`)}`);
        parent = mark;
    }
    return out.join('');
}

/** The paths of all files in a folder. */
function storedIn(folder) {
    return readdirSync(folder).flatMap((name) => {
        const path = join(folder, name);
        return statSync(path).isDirectory() ? storedIn(path) : [path];
    });
}
