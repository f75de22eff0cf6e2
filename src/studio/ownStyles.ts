/** The fast styles of one's own: the networks of `wheatfield train` that were dropped onto the page, which are kept among the results. */
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { type StyleModel, readModel } from '../stylize/models';
import { keepUpload, uploadedName } from './upload';

const ENDING = '.onnx';

/** A style, and what the page calls it. */
export interface OwnStyle {
  id: string;
  style: StyleModel;
}

export interface OwnStyles {
  /** Those that are kept, in the order in which they came. */
  all(): Promise<OwnStyle[]>;
  /**
   * Keeps the bytes of a network's file as they are.
   *
   * @param name of the file, from the person's disk
   * @throws UserError where they are no file of wheatfield train
   */
  add(name: string, bytes: Uint8Array): Promise<OwnStyle>;
}

/** @param folder in which they lie; it may be missing */
export function openOwnStyles(folder: string): OwnStyles {
  const known = new Map<string, OwnStyle>();

  async function learn(file: string): Promise<OwnStyle> {
    const id = path.parse(file).name;
    const before = known.get(id);
    if (before) return before;
    const name = uploadedName(file);
    const own = { id, style: { ...(await readModel(await readFile(file), name)), name } };
    known.set(id, own);
    return own;
  }

  return {
    async all() {
      const names = await readdir(folder).catch(() => []);
      for (const name of names.filter((each) => each.endsWith(ENDING)).sort()) {
        // A file that somebody else has laid there cannot be chosen.
        await learn(path.join(folder, name)).catch(() => undefined);
      }
      return [...known.values()];
    },
    async add(name, bytes) {
      // Read once, so that another file is refused with its name on the person's disk, and never kept.
      await readModel(bytes, name);
      return learn(await keepUpload(folder, { name, bytes, ending: ENDING }));
    },
  };
}
