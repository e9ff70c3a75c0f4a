export const isDirectoryHandle = (/** @type {any} */ value) => value?.kind === 'directory';
export function openDirectory(/** @type {any} */ open) { throw new Error('soon'); }
