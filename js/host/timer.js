// Time-outs: a signal that is aborted when its time has passed.

/** The longest time that a timer can be set to. */
const LONGEST = 2 ** 31 - 1;

export const create = () => ({ startTimer });

/**
 * @param {number} milliseconds
 * @param {AbortSignal} [outer] which it is aborted with too
 */
function startTimer(milliseconds, outer) {
    const controller = new AbortController();
    const { signal } = controller;
    const elapsed = new DOMException('the time is up', 'TimeoutError');
    const end = performance.now() + milliseconds;
    /** @type {ReturnType<typeof setTimeout>} */
    let timer;
    function expire() {
        const left = end - performance.now();
        if (left <= 0) controller.abort(elapsed);
        else timer = setTimeout(expire, Math.min(Math.ceil(left), LONGEST));
    }
    const abort = () => controller.abort(outer?.reason);
    if (outer?.aborted) abort();
    outer?.addEventListener('abort', abort);
    expire();
    return {
        signal,
        elapsed,
        stop() {
            clearTimeout(timer);
            outer?.removeEventListener('abort', abort);
        },
    };
}
