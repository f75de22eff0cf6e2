import { rename, rm, writeFile } from 'node:fs/promises';
import { UserError } from './errors';

/**
 * Writes a file under a temporary name first: whoever reads, at whatever moment, finds the file of before or the new one, whole.
 *
 * @throws UserError where it cannot be written
 */
export async function writeWholeFile(file: string, data: string | readonly Uint8Array[]): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, data);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new UserError(
      `Expected to write ${file}, but could not: ${(error as Error).message}; what was there before is whole.`,
    );
  }
}
