// What the crate `suspendable` imports, where no fiber ever runs.

export const current = () => 0;
export const faulted = () => 0;

/** Nothing suspends: `current` says that it cannot. */
export function suspend() {
    throw new Error('there is no fiber');
}
export const startFiber = suspend;
export const importModule = suspend;
export const isThenable = suspend;
export const describe = suspend;
export const suspendableError = suspend;
export const typeOf = suspend;
export const orAborted = suspend;
/** Exports are called without options. */
export const signalOf = () => undefined;
