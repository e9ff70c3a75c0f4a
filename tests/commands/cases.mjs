// Unmodified programs from crates.io, and what they are asked: the suite compares with what native builds of them
// print, return, and leave in their folder.

/** Each for another reason. */
export const programs = {
    // Much is written.
    hexyl: { crate: 'hexyl', version: '0.16.0' },
    // Many files and folders are read.
    rg: { crate: 'ripgrep', version: '14.1.1' },
    // Large, and heavy in `dyn`.
    grass: { crate: 'grass', version: '0.13.4' },
    // Interactive: it answers each line before it reads the next.
    'stak-repl': { crate: 'stak-repl', version: '0.12.33' },
};

const style = `$gap: 4px;
@use "sass:math";
@mixin box($n) { margin: $gap * $n; &:hover { color: lighten(#333, 10%); } }
@each $n in 1, 2, 3 { .box-#{$n} { @include box($n); width: math.div(100%, $n); } }
`;

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
};

/** @type {Record<string, { program: keyof typeof programs, args: string[], stdin?: string }>} */
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
};

export { files };
