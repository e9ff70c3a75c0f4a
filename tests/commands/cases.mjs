// Unmodified programs from crates.io, and what they are asked: the suite compares with what native builds of them
// print, return, and leave in their folder.

/**
 * Each for another reason.
 *
 * @type {Record<string, { crate: string, version: string, features?: string[], hasThreads?: boolean }>}
 */
export const programs = {
    // Much is written.
    hexyl: { crate: 'hexyl', version: '0.16.0' },
    // Many files and folders are read.
    rg: { crate: 'ripgrep', version: '14.1.1' },
    // Large, and heavy in `dyn`.
    grass: { crate: 'grass', version: '0.13.4' },
    // Interactive: it answers each line before it reads the next.
    'stak-repl': { crate: 'stak-repl', version: '0.12.33' },
    // Scoped threads that count, and a channel that their counts come through.
    cw: { crate: 'cw', version: '0.7.0', hasThreads: true },
    // rayon's iterators, at several depths.
    dssim: { crate: 'dssim', version: '3.5.1', hasThreads: true },
};

const style = `$gap: 4px;
@use "sass:math";
@mixin box($n) { margin: $gap * $n; &:hover { color: lighten(#333, 10%); } }
@each $n in 1, 2, 3 { .box-#{$n} { @include box($n); width: math.div(100%, $n); } }
`;

const bytesOf = (base64) => Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));

const files = {
    'notes.txt': 'The quick brown fox\njumps over\nthe lazy dog\n',
    'src/main.rs': 'fn main() {\n    println!("fox");\n}\n',
    'src/deep/er/fox.txt': 'fox, fox and fox\n',
    'src/.hidden': 'fox\n',
    'target/log': 'fox\n',
    '.ignore': 'target\n',
    'style.scss': style,
    'broken.scss': '.a { color: }}',
    'all.bin': Uint8Array.from({ length: 700 }, (_, i) => i & 255),
    'many.txt': style.repeat(500),
    // A gradient, and the same with squares in it that are lighter.
    'one.png': bytesOf(
        'iVBORw0KGgoAAAANSUhEUgAAADAAAAAwCAAAAAByaaZbAAABjklEQVR42pXPByIQAAAF0K8SZZNCskdmk1RUdolsSjSESEmIkJEQQlZ2' +
        'SQipNFQikiJZKaKEQkIu4Qz/3eABq4RFJdfJKapobNbfutPE9IDVQXsnt6Pep/wCz4dGXLmamJyWmVNQXH6vuu7R06bmtxAQXCMmJSu/' +
        'SVVTx2Cb0W4zc+tDDs7ux3xO+wdduHQ5Ou5aSnpW7u2SO5U19Y+fvXzThhWr14pLr1dQUtPSNdxuvGefhY3dERcPrxO+AedCwiJj4pNS' +
        'M7LzCkvv3n/w8MnzVy3tWCkkIiGzYaOyurbelh279u63tD3s6Op5/OSZs8EXw6NiE67fuHkrv6isoqq2ofHF69Z3bKEDZOE9yEInyMIH' +
        'kIWPIAtdIAvdIAufQBZ6QBY+gyz0giz0gSz0gywMgCwMgix8AVkYAln4CrLwDWRhGGRhBGThO8jCKMjCGMjCD5CFnyAL4yALv0AWJkAW' +
        'JkEWpkAWfoMs/AFZmAZZmAFZmAVZ+AuyMAey8A9kYR5kYQFkYRFk4T/IwtIyXKshvTQmdswAAAAASUVORK5CYII=',
    ),
    'two.png': bytesOf(
        'iVBORw0KGgoAAAANSUhEUgAAADAAAAAwCAAAAAByaaZbAAACZUlEQVR42o3VRVBQURTG8W9poKLYSacdmCi2YhFid2K3EnZgK3a32B3Y' +
        'TWN30CjWxsLWp/PmnLe4M3fufau7eTP/38yZ+eBeuXrteo18W9g786tNe//O3Xr1GxQycuzE0Kkz5y5YErV6/ebtu/cdOnbq7EV4VKlR' +
        'p75P05YOLvxq2yEguHvv/oOHjRo3KWzarHkLl65Ys2HLjuj9h4+fPncJnlVrejdo3KyVoyu//DoGdunRZ8CQ4aPHTw6fPjty0bKVazdu' +
        '3bnnwJETMecvw6tarboNmzRv7eTGr3adgrr27Dtw6IgxE6ZEzJgzf/HyVes2bdu19+DRk2cuXAGHaxKugsM1CdfA4ZqE6+BwTcIN5LOx' +
        'LV66vL0zhysIschfqGiJMhUcXDhcQYhDgcLFSpat6OjK4QpCPAoWsStVrpKTG4crCAkggjuHKwiJIIIHhysISSCCJ4crCMkggheHKwgp' +
        'IIJ1SBwuIdwEEaxD4nAJ4RaIYB0Sh0sIt0EE65A4XEK4A4Hgz+ESwl0IhAAOlxDuQSAEcriEcB8CIYjDJYQHEAjWIXG4QHgIgWAdEocL' +
        'hEcQCNYhcbhAeAyBYB0ShwuEJ5AQQjlcIDyFhBDG4QLhGSSEcA4XCM8hIURwuEB4AdUumOGpmS+JkArVLpjhaVmviJAG1S6Y4enZuURI' +
        'h2oXzPCMnNdEyIBqF4jwhgiZUO0CEd4SIQuqXSDCOyJkQ7ULRHhPhBxoTlvshy/ffxv/P2hOW9zHvB9/zB80py3+09eff80fNKct4fO3' +
        'X4b5gyYhkQgGNAlJRDCgSUgmggFNQgoRjH9HFFxjh6bPOwAAAABJRU5ErkJggg==',
    ),
};

/** @type {Record<string, { program: string, args: string[], stdin?: string, env?: Record<string, string> }>} */
export const cases = {
    'hexyl of a file': { program: 'hexyl', args: ['all.bin'] },
    'hexyl of its input, in part': { program: 'hexyl', args: ['-n', '20', '--skip', '3'], stdin: 'some text that is long enough' },
    'hexyl of a file that is not there': { program: 'hexyl', args: ['nothing'] },
    'ripgrep through folders': { program: 'rg', args: ['--sort=path', '-n', 'fox', '.'] },
    'ripgrep with all that it knows of a match': { program: 'rg', args: ['--sort=path', '--json', '--stats', '-q', 'fox', '.'] },
    'ripgrep of hidden files, counted': { program: 'rg', args: ['--sort=path', '--hidden', '--no-ignore', '-c', 'fox', '.'] },
    'ripgrep of its input': { program: 'rg', args: ['-o', 'o.', '-'], stdin: 'one\ntwo\nfour\n' },
    'ripgrep without a match': { program: 'rg', args: ['wolf', '.'] },
    'ripgrep with a wrong expression': { program: 'rg', args: ['(', '.'] },
    'ripgrep that lists': { program: 'rg', args: ['--files', '--sort=path'] },
    'grass to a file': { program: 'grass', args: ['style.scss', 'style.css'] },
    'grass to its output, compressed': { program: 'grass', args: ['--style=compressed', 'style.scss'] },
    'grass of its input': { program: 'grass', args: ['--stdin'], stdin: style },
    'grass of what is no style': { program: 'grass', args: ['broken.scss'] },
    'a Scheme that is asked': {
        program: 'stak-repl',
        args: [],
        stdin: '(import (scheme write))\n(+ 1 2)\n(define (f n) (if (< n 2) n (+ (f (- n 1)) (f (- n 2)))))\n(f 15)\n(car 1)\n',
    },
    'cw of files, in three threads': {
        program: 'cw',
        args: ['--threads', '3', 'many.txt', 'notes.txt', 'nothing', 'src/main.rs', 'all.bin', 'style.scss'],
    },
    'cw of what its input names, in more threads than files': {
        program: 'cw',
        args: ['-mL', '--threads', '9', '--files-from', '-'],
        stdin: 'notes.txt\nmany.txt\nsrc/deep/er/fox.txt\n',
    },
    'cw of its input': { program: 'cw', args: [], stdin: style },
    'dssim of two images': { program: 'dssim', args: ['one.png', 'two.png'], env: { RAYON_NUM_THREADS: '4' } },
    'dssim of one image and itself, in a pool of one': { program: 'dssim', args: ['one.png', 'one.png'] },
    'dssim of what is no image': { program: 'dssim', args: ['one.png', 'notes.txt'], env: { RAYON_NUM_THREADS: '2' } },
};

export { files };
