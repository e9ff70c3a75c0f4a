// The flags of `open`.

/**
 * The values of Linux, for those who do not say theirs.
 *
 * @type {Required<import('../../types.js').FileConstants>}
 */
export const LINUX = {
    O_RDONLY: 0,
    O_WRONLY: 1,
    O_RDWR: 2,
    O_CREAT: 0o100,
    O_EXCL: 0o200,
    O_TRUNC: 0o1000,
    O_APPEND: 0o2000,
    O_DIRECTORY: 0o200000,
    O_NOFOLLOW: 0o400000,
};
