/** The pictures in a folder. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../errors';

const PICTURE_EXTENSIONS = ['.jpg', '.jpeg', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif'];

/** Whether a file's name is that of a picture, whatever the file holds. */
export function isPicture(file: string): boolean {
  return PICTURE_EXTENSIONS.includes(path.extname(file).toLowerCase());
}

/**
 * The paths of the pictures directly in a folder, in the order of their names. Hidden files do not count.
 *
 * @param isWanted which other files count too, by their names
 * @throws UserError where the folder cannot be read or holds none
 */
export async function picturesIn(
  folder: string,
  isWanted: (file: string) => boolean = isPicture,
): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw new UserError(
      `Cannot read the folder of pictures ${folder}: ${(error as Error).message}. Name another one.`,
      { cause: error },
    );
  });
  const names = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
  const wanted = names.filter((name) => isWanted(name) && !name.startsWith('.')).sort();
  if (wanted.length === 0) throw new UserError(`There are no pictures in ${folder}. Name another folder.`);
  return wanted.map((name) => path.join(folder, name));
}
