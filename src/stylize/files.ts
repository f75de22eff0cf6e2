/** Which files are painted, and where their paintings go. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { isPicture, picturesIn } from '../picture/folder';

const VIDEOS = ['.mp4', '.m4v', '.mov', '.mkv', '.webm', '.avi'];

export type FileKind = 'picture' | 'animation' | 'video';

export function isVideo(file: string): boolean {
  return VIDEOS.includes(path.extname(file).toLowerCase());
}

/**
 * The files that the inputs mean: each itself, and for a folder the pictures and videos in it, by name.
 *
 * @throws UserError for a folder without any
 */
export async function filesOf(inputs: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const given of inputs) {
    const found = await stat(given).catch(() => undefined);
    // What does not exist fails by itself when its turn comes, and not all the others with it.
    if (!found?.isDirectory()) files.push(given);
    else files.push(...(await picturesIn(given, (name) => isPicture(name) || isVideo(name))));
  }
  return files;
}

/** What a file's painting is saved as: its own format, where a painting can be saved so; else PNG. A video becomes MP4. */
function endingFor(file: string, kind: FileKind): string {
  if (kind === 'video') return '.mp4';
  const ending = path.extname(file).toLowerCase();
  if (kind === 'animation') return ending;
  return ending === '.gif' || ending === '.avif' || !isPicture(file) ? '.png' : ending;
}

/**
 * Names for the paintings: DIR/photo-great-wave.jpg of photo.jpg. A name that another painting of this run or an input has gets a number.
 *
 * @param inputs files that are never written to
 */
export function outputNames(
  dir: string,
  model: string,
  inputs: readonly string[],
): (file: string, kind: FileKind) => string {
  // Some file systems take a and A for the same name.
  const key = (file: string) => path.resolve(file).toLowerCase();
  const taken = new Set(inputs.map(key));
  return (file, kind) => {
    const stem = path.join(dir, `${path.parse(file).name}-${model}`);
    const ending = endingFor(file, kind);
    for (let number = 1; ; number++) {
      const name = number === 1 ? `${stem}${ending}` : `${stem}-${number}${ending}`;
      if (taken.has(key(name))) continue;
      taken.add(key(name));
      return name;
    }
  };
}
