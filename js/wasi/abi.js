// The numbers of preview 1.

/** What kinds of files there are. */
export const FILETYPE = {
    UNKNOWN: 0,
    BLOCK_DEVICE: 1,
    CHARACTER_DEVICE: 2,
    DIRECTORY: 3,
    REGULAR_FILE: 4,
    SOCKET_DGRAM: 5,
    SOCKET_STREAM: 6,
    SYMBOLIC_LINK: 7,
};

export const FDFLAGS = { APPEND: 1, DSYNC: 2, NONBLOCK: 4, RSYNC: 8, SYNC: 16 };

/** How a path is opened. */
export const OFLAGS = { CREAT: 1, DIRECTORY: 2, EXCL: 4, TRUNC: 8 };

/** Which times are set, and whether to now. */
export const FSTFLAGS = { ATIM: 1, ATIM_NOW: 2, MTIM: 4, MTIM_NOW: 8 };

export const WHENCE = { SET: 0, CUR: 1, END: 2 };

export const CLOCK = { REALTIME: 0, MONOTONIC: 1, PROCESS_CPUTIME: 2, THREAD_CPUTIME: 3 };

export const EVENT = { CLOCK: 0, FD_READ: 1, FD_WRITE: 2 };

/** Whether a path's last name is followed if it is a symbolic link. */
export const SYMLINK_FOLLOW = 1;

const NAMES = [
    'FD_DATASYNC',
    'FD_READ',
    'FD_SEEK',
    'FD_FDSTAT_SET_FLAGS',
    'FD_SYNC',
    'FD_TELL',
    'FD_WRITE',
    'FD_ADVISE',
    'FD_ALLOCATE',
    'PATH_CREATE_DIRECTORY',
    'PATH_CREATE_FILE',
    'PATH_LINK_SOURCE',
    'PATH_LINK_TARGET',
    'PATH_OPEN',
    'FD_READDIR',
    'PATH_READLINK',
    'PATH_RENAME_SOURCE',
    'PATH_RENAME_TARGET',
    'PATH_FILESTAT_GET',
    'PATH_FILESTAT_SET_SIZE',
    'PATH_FILESTAT_SET_TIMES',
    'FD_FILESTAT_GET',
    'FD_FILESTAT_SET_SIZE',
    'FD_FILESTAT_SET_TIMES',
    'PATH_SYMLINK',
    'PATH_REMOVE_DIRECTORY',
    'PATH_UNLINK_FILE',
    'POLL_FD_READWRITE',
    'SOCK_SHUTDOWN',
    'SOCK_ACCEPT',
];

/** Each right's bit. */
export const RIGHT = Object.fromEntries(NAMES.map((name, bit) => [name, 1n << BigInt(bit)]));

/** @param {string[]} names */
const all = (...names) => names.reduce((bits, name) => bits | RIGHT[name], 0n);

const DIRECTORY = all(
    'FD_FDSTAT_SET_FLAGS',
    'FD_SYNC',
    'FD_ADVISE',
    'PATH_CREATE_DIRECTORY',
    'PATH_CREATE_FILE',
    'PATH_LINK_SOURCE',
    'PATH_LINK_TARGET',
    'PATH_OPEN',
    'FD_READDIR',
    'PATH_READLINK',
    'PATH_RENAME_SOURCE',
    'PATH_RENAME_TARGET',
    'PATH_FILESTAT_GET',
    'PATH_FILESTAT_SET_TIMES',
    'FD_FILESTAT_GET',
    'FD_FILESTAT_SET_TIMES',
    'PATH_SYMLINK',
    'PATH_REMOVE_DIRECTORY',
    'PATH_UNLINK_FILE',
    'POLL_FD_READWRITE',
);

/** What needs a file that is open for writing. */
const WRITING = all('FD_DATASYNC', 'FD_WRITE', 'FD_ALLOCATE', 'FD_FILESTAT_SET_SIZE');

const FILE = all(
    'FD_READ',
    'FD_SEEK',
    'FD_FDSTAT_SET_FLAGS',
    'FD_SYNC',
    'FD_TELL',
    'FD_ADVISE',
    'FD_FILESTAT_GET',
    'FD_FILESTAT_SET_TIMES',
    'POLL_FD_READWRITE',
) | WRITING;

/** What can be done with each kind of descriptor. A stream cannot seek: that is how libc knows a terminal. */
export const RIGHTS = {
    DIRECTORY,
    WRITING,
    FILE,
    INPUT: all('FD_READ', 'FD_FDSTAT_SET_FLAGS', 'FD_FILESTAT_GET', 'POLL_FD_READWRITE'),
    OUTPUT: all('FD_WRITE', 'FD_FDSTAT_SET_FLAGS', 'FD_FILESTAT_GET', 'POLL_FD_READWRITE'),
    SOCKET: all(
        'FD_READ',
        'FD_WRITE',
        'FD_FDSTAT_SET_FLAGS',
        'FD_FILESTAT_GET',
        'POLL_FD_READWRITE',
        'SOCK_SHUTDOWN',
        'SOCK_ACCEPT',
    ),
};
