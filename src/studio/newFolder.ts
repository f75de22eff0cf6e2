import { mkdir } from 'node:fs/promises';
import path from 'node:path';

/**
 * Makes a folder in results/, called by the stem and the next free number; the one that makes it owns it.
 *
 * @param folder the working folder
 * @returns its path
 */
export async function newFolder(folder: string, stem: string): Promise<string> {
  await mkdir(path.join(folder, 'results'), { recursive: true });
  for (let number = 1; ; number++) {
    const made = path.join(folder, 'results', `${stem}-${number}`);
    try {
      await mkdir(made);
      return made;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
