/** Which contents are painted in which styles, and where each picture goes. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../errors';
import { picturesIn } from '../picture/folder';

/** One content in one style. */
export interface Pair {
  /** Paths. */
  content: string;
  style: string;
  /** The folder of its run, which has the names of both pictures: the same for the same pair in every call. */
  folder: string;
}

/**
 * The pictures at these places: files as they are named, and the pictures directly in folders, in the order of their names.
 *
 * @param what contents or styles, for messages
 * @throws UserError where there is none, or two have the same name, so that their results would share a folder
 */
export async function picturesAt(places: readonly string[], what: string): Promise<string[]> {
  const pictures: string[] = [];
  for (const place of places) {
    const isFolder = await stat(place).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (!isFolder) pictures.push(place);
    else pictures.push(...(await picturesIn(place)));
  }
  const once = [...new Map(pictures.map((file) => [path.resolve(file), file])).values()];
  const twice = once.find((file, i) => once.findIndex((other) => nameOf(other) === nameOf(file)) < i);
  if (twice !== undefined) {
    throw new UserError(`Two of the ${what} are called ${nameOf(twice)}. Rename ${twice}.`);
  }
  return once;
}

/** Every content in every style, content by content. */
export function allPairs(contents: readonly string[], styles: readonly string[], out: string): Pair[] {
  return contents.flatMap((content) =>
    styles.map((style) => ({
      content,
      style,
      folder: path.join(out, `${nameOf(content)}-by-${nameOf(style)}`),
    })),
  );
}

/** A picture's name without its folder and ending, as labels and folders show it. */
export function nameOf(file: string): string {
  return path.parse(file).name;
}
