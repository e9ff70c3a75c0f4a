// Pictures that are committed.

import { writeFile } from 'node:fs/promises';

const root = new URL('../../', import.meta.url);

/**
 * Writes a picture that is no part of a page.
 *
 * @param {string} path from the root of the repository
 * @param {string} picture
 */
export function savePicture(path, picture) {
    const whole = picture.replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" ');
    return writeFile(new URL(path, root), `${whole}\n`);
}
