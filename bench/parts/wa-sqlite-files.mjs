// Files for wa-sqlite: what its example for OPFS does, over Node.js's handles.

import { open, rm, stat } from 'node:fs/promises';

import * as VFS from '../node_modules/wa-sqlite/src/VFS.js';

export class FilesVFS extends VFS.Base {
    name = 'files';
    mxPathName = 512;
    #files = new Map();
    #spare = new Uint8Array(65536);

    xOpen(name, fileId, flags, pOutFlags) {
        return this.handleAsync(async () => {
            try {
                const handle = await open(name, 'r+').catch((error) => {
                    if (!(flags & VFS.SQLITE_OPEN_CREATE)) throw error;
                    return open(name, 'w+');
                });
                this.#files.set(fileId, { handle, name, flags });
                pOutFlags.setInt32(0, flags, true);
                return VFS.SQLITE_OK;
            } catch {
                return VFS.SQLITE_CANTOPEN;
            }
        });
    }

    xClose(fileId) {
        return this.handleAsync(async () => {
            const { handle, name, flags } = this.#files.get(fileId);
            this.#files.delete(fileId);
            await handle.close();
            if (flags & VFS.SQLITE_OPEN_DELETEONCLOSE) await rm(name, { force: true });
            return VFS.SQLITE_OK;
        });
    }

    xRead(fileId, pData, iOffset) {
        return this.handleAsync(async () => {
            const { length } = pData;
            const { bytesRead } = await this.#files.get(fileId).handle.read(this.#spare, 0, length, iOffset);
            pData.set(this.#spare.subarray(0, bytesRead));
            if (bytesRead === length) return VFS.SQLITE_OK;
            pData.fill(0, bytesRead);
            return VFS.SQLITE_IOERR_SHORT_READ;
        });
    }

    xWrite(fileId, pData, iOffset) {
        return this.handleAsync(async () => {
            this.#spare.set(pData);
            await this.#files.get(fileId).handle.write(this.#spare, 0, pData.length, iOffset);
            return VFS.SQLITE_OK;
        });
    }

    xTruncate(fileId, iSize) {
        return this.handleAsync(async () => {
            await this.#files.get(fileId).handle.truncate(iSize);
            return VFS.SQLITE_OK;
        });
    }

    xSync(fileId) {
        return this.handleAsync(async () => {
            await this.#files.get(fileId).handle.sync();
            return VFS.SQLITE_OK;
        });
    }

    xFileSize(fileId, pSize64) {
        return this.handleAsync(async () => {
            const { size } = await this.#files.get(fileId).handle.stat();
            pSize64.setBigInt64(0, BigInt(size), true);
            return VFS.SQLITE_OK;
        });
    }

    xDelete(name) {
        return this.handleAsync(async () => {
            await rm(name, { force: true });
            return VFS.SQLITE_OK;
        });
    }

    xAccess(name, _flags, pResOut) {
        return this.handleAsync(async () => {
            const exists = await stat(name).then(() => true, () => false);
            pResOut.setInt32(0, exists ? 1 : 0, true);
            return VFS.SQLITE_OK;
        });
    }
}
