// Where the Node.js is that has JSPI.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What `node26.sh` says: the one that npm has brought, or the user's own. */
export function node26() {
    return execFileSync(fileURLToPath(new URL('../../node26.sh', import.meta.url)), { encoding: 'utf8' }).trim();
}
