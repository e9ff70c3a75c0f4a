// What a call that fails returns: the number of an error's code.

/** Each name's place is its number. */
const NAMES = `
    SUCCESS 2BIG ACCES ADDRINUSE ADDRNOTAVAIL AFNOSUPPORT AGAIN ALREADY BADF BADMSG BUSY CANCELED CHILD CONNABORTED
    CONNREFUSED CONNRESET DEADLK DESTADDRREQ DOM DQUOT EXIST FAULT FBIG HOSTUNREACH IDRM ILSEQ INPROGRESS INTR INVAL
    IO ISCONN ISDIR LOOP MFILE MLINK MSGSIZE MULTIHOP NAMETOOLONG NETDOWN NETRESET NETUNREACH NFILE NOBUFS NODEV NOENT
    NOEXEC NOLCK NOLINK NOMEM NOMSG NOPROTOOPT NOSPC NOSYS NOTCONN NOTDIR NOTEMPTY NOTRECOVERABLE NOTSOCK NOTSUP NOTTY
    NXIO OVERFLOW OWNERDEAD PERM PIPE PROTO PROTONOSUPPORT PROTOTYPE RANGE ROFS SPIPE SRCH STALE TIMEDOUT TXTBSY XDEV
    NOTCAPABLE
`;

/** @type {Record<string, number>} */
export const ERRNO = Object.fromEntries(
    NAMES.trim()
        .split(/\s+/)
        .map((name, number) => [name, number]),
);

/** What hosts say that have other words for it. */
const OTHERS = new Map([
    ['EOPNOTSUPP', ERRNO.NOTSUP],
    ['EWOULDBLOCK', ERRNO.AGAIN],
    ['ERR_STREAM_DESTROYED', ERRNO.PIPE],
    ['ERR_STREAM_WRITE_AFTER_END', ERRNO.PIPE],
    ['ERR_STREAM_PREMATURE_CLOSE', ERRNO.PIPE],
    ['ERR_INVALID_STATE', ERRNO.PIPE],
    ['ERR_FS_EISDIR', ERRNO.ISDIR],
    ['ERR_OUT_OF_RANGE', ERRNO.INVAL],
]);

/**
 * The number of an error, if its code has one.
 *
 * @param {any} error
 * @returns {number | undefined}
 */
export function errnoOf(error) {
    const code = error?.code;
    if (typeof code !== 'string') return undefined;
    return OTHERS.get(code) ?? (code.startsWith('E') ? ERRNO[code.slice(1)] : undefined);
}
