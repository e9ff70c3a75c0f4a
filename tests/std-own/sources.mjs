// Which files of std's tests are run, and what of them is left out, with the reason of each.
//
// All of it is read from the component rust-src of the toolchain here. A test that is named below and is not there any
// more is an error, so that no reason outlives what it was for.

/**
 * A file of tests, below `library/std`.
 *
 * @typedef {object} Source
 * @property {string} file
 * @property {string} module its own module in our crate
 * @property {string} [before] what is put in front of it
 * @property {[string, string][]} [edits] and what is put in the place of what
 * @property {string} [reason] why all of it is left out
 * @property {string} [of] where it is part of std: the module that it is `tests` of
 */

const PRIVATE = 'it uses what is private to std';
/** Of std's buffers. */
const SIZE = 'const DEFAULT_BUF_SIZE: usize = 8 * 1024;\n';

/** @type {Source[]} */
export const sources = [
    ...[
        'barrier', 'condvar', 'lazy_lock', 'mpmc', 'mpsc', 'mpsc_sync', 'mutex', 'once', 'once_lock', 'oneshot',
        'reentrant_lock', 'rwlock',
    ].map((name) => ({ file: `tests/sync/${name}.rs`, module: `sync::${name}` })),
    { file: 'src/sync/mpmc/tests.rs', module: 'sync::mpmc_own', of: 'sync::mpmc', reason: PRIVATE },
    { file: 'tests/thread.rs', module: 'thread' },
    { file: 'src/thread/tests.rs', module: 'thread_own', of: 'thread' },
    { file: 'tests/thread_local/tests.rs', module: 'thread_local::tests' },
    { file: 'tests/thread_local/dynamic_tests.rs', module: 'thread_local::dynamic_tests' },
    { file: 'tests/time.rs', module: 'time' },
    { file: 'tests/panic.rs', module: 'panic' },
    { file: 'src/io/tests.rs', module: 'io::tests', of: 'io', before: SIZE, edits: [[' DEFAULT_BUF_SIZE,', '']] },
    { file: 'src/io/copy/tests.rs', module: 'io::copy', of: 'io', before: SIZE },
    { file: 'src/io/error/tests.rs', module: 'io::error', of: 'io', reason: PRIVATE },
    { file: 'src/io/stdio/tests.rs', module: 'io::stdio', of: 'io', before: 'use std::sync::{Arc, Mutex};\n' },
    ...['buffered', 'cursor', 'pipe', 'util'].map((name) => ({
        file: `src/io/${name}/tests.rs`,
        module: `io::${name}`,
        of: 'io',
    })),
    { file: 'src/test_helpers.rs', module: 'test_helpers', of: '' },
    {
        file: 'src/net/test.rs',
        module: 'net::test',
        of: 'net',
        edits: [['static PORT', 'pub static PORT'], ['const BASE_PORT: u16 = 19600', 'const BASE_PORT: u16 = 0']],
    },
    ...['ip_addr', 'socket_addr', 'tcp', 'udp'].map((name) => ({
        file: `src/net/${name}/tests.rs`,
        module: `net::${name}`,
        of: 'net',
    })),
    {
        file: 'src/fs/tests.rs',
        module: 'fs',
        of: 'fs',
        before: 'use std::fs::{soft_link as symlink_dir, soft_link as symlink_file, soft_link as junction_point};\n',
        edits: [
            ['#[cfg(unix)]\nmacro_rules! error', 'macro_rules! error'],
            ['#[cfg(unix)]\n    let link = tmp.join("link");\n    #[cfg(unix)]', 'let link = tmp.join("link");\n   '],
            ['std::os::unix::fs::symlink(&target, &link)', 'symlink_file(&target, &link)'],
            // What is private and what is not are the same.
            ['dir_entry.0.path()', 'dir_entry.path()'],
        ],
    },
];

/** The file with what the tests of `sync` share. */
export const shared = { file: 'tests/sync/lib.rs', module: 'sync' };

/** Reasons that are seen in the text of a test. */
export const signs = [
    [/\bcatch_unwind\b|\bnew_poisoned_\w+/, 'it catches a panic, and here a panic ends its thread'],
    [/^#\[ignore\]/m, 'std leaves it out as well, but where it is asked for: it takes too long'],
    [/\bAsRawFd\b/, 'it is for other systems: a socket has no number here'],
];

const PARALLEL = 'it needs two processors: a loop of it ends when another thread has run, and nothing in the loop waits';
const UNLOCKED = 'no host has locks of files; on systems that std does not name it expects this test to fail';
const READ = 'what a thread read that panicked, nobody writes: it may have lent it, and no destructor takes that back';
const UNSET = 'the host, Node.js, has no such setting of a TCP socket';

/** Reasons that have to be known, by test. */
export const reasons = {
    'sync::mpmc::port_gone_concurrent': PARALLEL,
    'sync::mpmc::port_gone_concurrent_shared': PARALLEL,
    'sync::mpmc::test_recv_try_iter': PARALLEL,
    'sync::mpsc::port_gone_concurrent': PARALLEL,
    'sync::mpsc::port_gone_concurrent_shared': PARALLEL,
    'sync::mpsc::test_recv_try_iter': PARALLEL,
    'sync::once_lock::sync_once_cell_does_not_leak_partially_constructed_boxes': PARALLEL,
    'sync::rwlock::test_rw_arc_no_poison_mapped_r_w': READ,
    'sync::rwlock::test_rw_arc_no_poison_rw': READ,
    'thread_own::test_thread_os_id_not_equal': PRIVATE,
    'io::buffered::bufreader_full_initialize': PRIVATE,
    'io::tests::take_seek_big_offsets': PRIVATE,
    'net::udp::debug': PRIVATE,
    'net::tcp::linger': UNSET,
    'net::tcp::ttl': UNSET,
    ...Object.fromEntries(
        ['multiple_shared', 'blocking', 'drop', 'dup'].map((name) => [`fs::file_lock_${name}`, UNLOCKED]),
    ),
};
