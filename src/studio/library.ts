/** The pictures that can be chosen: those in img/, and those that were dropped onto the page, which are kept among the results. */
import path from 'node:path';
import { UserError } from '../errors';
import { isPicture, picturesIn } from '../picture/folder';
import { chapterSize, loadImage, pictureSize } from '../picture/image';
import { thumbnail } from '../picture/thumbnail';
import { PROJECT_FOLDER } from '../project';
import { idOf, shownPath } from './paths';
import { previewPng } from './preview';
import type { PictureInfo } from './protocol';
import { keepUpload } from './upload';

/** Pixels. Opening a larger picture takes more memory than a page that was left open should. */
const MOST_PIXELS = 100e6;
/** Pixels: what a page asks for. */
const LEAST_HEIGHT = 16;
const MOST_HEIGHT = 2160;

export interface Library {
  all(): Promise<PictureInfo[]>;
  /**
   * The absolute path of a picture.
   *
   * @throws UserError where no picture has the id
   */
  pathOf(id: string): Promise<string>;
  /**
   * Keeps the bytes of a picture's file as they are.
   *
   * @param name of the file, from the person's disk; only its harmless part is used
   * @throws UserError where they are no picture, or a too large one
   */
  add(name: string, bytes: Uint8Array): Promise<PictureInfo>;
  /** The picture as a JPEG whose longer side is at most `side` pixels. */
  thumbnail(id: string, side: number): Promise<Buffer>;
  /**
   * The picture as a PNG with its exact levels.
   *
   * @param height in pixels, as `--height` takes it
   * @throws UserError for a height that is no whole number from 16 to 2160, and where no picture has the id
   */
  exact(id: string, height: number): Promise<Buffer>;
}

/** @param folder that paths are shown from; `uploads` lies in it */
export function openLibrary(folder: string, uploads: string): Library {
  const known = new Map<string, PictureInfo>();
  const places = [
    ...new Set([path.join(folder, 'img'), path.join(PROJECT_FOLDER, 'img')]),
    path.join(folder, uploads),
  ];

  async function scan(): Promise<void> {
    for (const place of places) {
      // A folder that is missing or empty has none to choose from.
      const files = await picturesIn(place).catch(() => []);
      for (const file of files) await learn(file);
    }
  }

  async function learn(file: string): Promise<PictureInfo | undefined> {
    const id = idOf(file);
    const before = known.get(id);
    if (before) return before;
    const size = await pictureSize(file).catch(() => undefined);
    // A file with a picture's name that is none cannot be chosen.
    if (!size) return undefined;
    const from = path.dirname(file) === path.join(folder, uploads) ? 'yours' : 'img';
    const { width, height } = size;
    const info = {
      id,
      name: path.basename(file),
      path: shownPath(folder, file),
      from,
      width,
      height,
    } as const;
    known.set(id, info);
    return info;
  }

  async function find(id: string): Promise<PictureInfo> {
    if (!known.has(id)) await scan();
    const found = known.get(id);
    if (found) return found;
    throw new UserError('This picture is not here any more. Choose another, or drop it again.');
  }

  return {
    pathOf: async (id) => path.resolve(folder, (await find(id)).path),
    async all() {
      await scan();
      return [...known.values()];
    },
    async add(name, bytes) {
      if (bytes.length === 0) throw new UserError('The file is empty. Choose another.');
      const { width, height } = await pictureSize(bytes);
      if (width * height > MOST_PIXELS) {
        throw new UserError(
          `The picture has ${width} x ${height} pixels, more than ${MOST_PIXELS / 1e6} million. Make it smaller first.`,
        );
      }
      // Decoded once, so that a damaged file is refused here and not when it is painted.
      await loadImage(bytes);
      const ending = isPicture(name) ? path.extname(name).toLowerCase() : '.png';
      const file = await keepUpload(path.join(folder, uploads), { name, bytes, ending });
      return (await learn(file)) as PictureInfo;
    },
    async thumbnail(id, side) {
      return thumbnail(path.resolve(folder, (await find(id)).path), side);
    },
    async exact(id, height) {
      if (!Number.isInteger(height) || height < LEAST_HEIGHT || height > MOST_HEIGHT) {
        throw new UserError(
          `The height cannot be ${height}. Give a whole number from ${LEAST_HEIGHT} to ${MOST_HEIGHT}.`,
        );
      }
      const found = await find(id);
      const { imgHeight, imgWidth } = chapterSize(found, height);
      const size = { height: imgHeight, width: imgWidth };
      return previewPng(await loadImage(path.resolve(folder, found.path), { size, resize: 'lanczos3' }));
    },
  };
}
