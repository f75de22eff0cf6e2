/** The gallery: every run in results/, whichever command made it. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../errors';
import { loadImage } from '../../picture/image';
import { thumbnail } from '../../picture/thumbnail';
import { SETTINGS_FILE, readResults } from '../../runFolder/results';
import { idOf, shownPath, shownSettings } from '../paths';
import { previewPng } from '../preview';
import type { Gallery, RunInfo } from '../protocol';

/** Folders within folders: results/ itself, a run in it, a run of `many` or of a grid, and one more. */
const DEPTH = 3;

export interface Runs {
  /** All runs, the latest first, and what is wrong with those that cannot be read. */
  all(): Promise<Gallery>;
  /**
   * The last picture of a run, as an uncompressed PNG.
   *
   * @throws UserError where no run has the id, or it has no picture
   */
  picture(id: string): Promise<Buffer>;
  /** The same as a JPEG whose longer side is at most `side` pixels. */
  thumbnail(id: string, side: number): Promise<Buffer>;
}

/** @param folder where results/ lies */
export function openRuns(folder: string): Runs {
  const results = path.join(folder, 'results');
  const known = new Map<string, string>();

  async function scan(): Promise<string[]> {
    const dirs = await runFolders(results, DEPTH);
    for (const dir of dirs) known.set(idOf(dir), dir);
    return dirs;
  }

  async function read(dir: string): Promise<RunInfo> {
    const { record, losses, pictures } = await readResults(dir);
    const { width, height, network } = record.source;
    const last = path.join(dir, pictures.at(-1) ?? SETTINGS_FILE);
    return {
      id: idOf(dir),
      name: shownPath(results, dir) || path.basename(dir),
      painted: (await stat(last)).mtimeMs,
      size: { width, height },
      network,
      settings: shownSettings(folder, record.settings),
      pictures: pictures.length,
      last: losses.at(-1),
    };
  }

  async function pictureOf(id: string): Promise<string> {
    if (!known.has(id)) await scan();
    const dir = known.get(id);
    if (dir === undefined) throw new UserError('This run is not here any more. Reload the page.');
    const name = (await readResults(dir)).pictures.at(-1);
    if (name === undefined) throw new UserError('This run has no picture yet. Wait for its first iteration.');
    return path.join(dir, name);
  }

  return {
    async all() {
      const runs: RunInfo[] = [];
      const problems: string[] = [];
      for (const dir of await scan()) {
        try {
          runs.push(await read(dir));
        } catch (error) {
          // One that disappears meanwhile is a problem too, and gone the next time.
          problems.push((error as Error).message);
        }
      }
      return { runs: runs.sort((a, b) => b.painted - a.painted), problems };
    },
    picture: async (id) => previewPng(await loadImage(await pictureOf(id))),
    thumbnail: async (id, side) => thumbnail(await pictureOf(id), side),
  };
}

/** The folders of runs in and below a folder. Links are not followed, so that none leads out of it. */
async function runFolders(dir: string, depth: number): Promise<string[]> {
  // A folder that is missing, or not to be read, holds no runs to show.
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  const own = entries.some(({ name }) => name === SETTINGS_FILE) ? [dir] : [];
  if (depth === 0) return own;
  const below: string[] = [];
  for (const entry of entries.filter((each) => each.isDirectory())) {
    below.push(...(await runFolders(path.join(dir, entry.name), depth - 1)));
  }
  return [...own, ...below];
}
