/** Files that are whole at any moment, also after a power cut. */
import { open, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from './errors';

/**
 * Writes a file under a temporary name first and waits until the disk has it: whoever reads, at whatever moment, finds the previous file
 * or the new one, whole. After a power cut too: without the wait a disk may keep the new name before the new bytes.
 *
 * @throws UserError where it cannot be written
 */
export async function writeWholeFile(file: string, data: string | readonly Uint8Array[]): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    await writeThrough(temporary, data);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new UserError(`Cannot write ${file}: ${(error as Error).message}. The previous file is intact.`, {
      cause: error,
    });
  }
  await syncFolder(path.dirname(file));
}

async function writeThrough(file: string, data: string | readonly Uint8Array[]): Promise<void> {
  const handle = await open(file, 'w');
  try {
    await writeFile(handle, data);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Errors that say that folders cannot be synchronised here: by the file system, or without the right to read the folder. */
const NOT_HERE = ['EINVAL', 'ENOTSUP', 'EACCES', 'EPERM'];

/**
 * Waits until the disk has the folder's new names. Windows and some file systems cannot do this: after a power cut, the previous file may
 * be back there, whole.
 */
async function syncFolder(dir: string): Promise<void> {
  if (process.platform === 'win32') return;
  try {
    const handle = await open(dir);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (NOT_HERE.includes(code)) return;
    throw new UserError(`The disk does not confirm what was written to ${dir}: ${message}. Check the disk.`, {
      cause: error,
    });
  }
}
