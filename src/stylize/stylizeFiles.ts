/** Paints files, one after the other, as a stream of events. */
import { mkdir } from 'node:fs/promises';
import { abortable } from '../abortable';
import { UserError } from '../errors';
import {
  type Picture,
  type Size,
  chapterSize,
  loadImage,
  pictureSize,
  resizePicture,
} from '../picture/image';
import { saveImage } from '../picture/save';
import { type Animation, frameCount, readAnimation, writeAnimation } from './animation';
import { type FileKind, filesOf, isVideo, outputNames } from './files';
import { STEADY, steadyPaintings } from './steady';
import { type Stylizer, bytesToStylize } from './stylizer';
import { type VideoWriter, readVideo, videoFacts, writeVideo } from './video';

export interface StylizeFilesOptions {
  /** Pictures, animations, videos, and folders of them. */
  inputs: readonly string[];
  /** The folder for the paintings; it is made where there is none. */
  out: string;
  stylizer: Stylizer;
  /** 0 to 1: how much of the style, over the picture as it was. Default 1. */
  strength?: number;
  /** 0 to below 1: how much a frame's painting keeps of the one before where the film stands still. Default STEADY. */
  steady?: number;
  /** The height to paint at; default each file's own. */
  height?: number;
  /** Bytes that the process may still take; default: not checked. */
  freeMemory?: () => number;
  signal?: AbortSignal;
}

export type StylizeEvent =
  /** A frame is painted, the `frame`th of `frames`, if that is known; a picture has one. */
  | { type: 'frame'; file: string; frame: number; frames: number | undefined; seconds: number }
  | { type: 'saved'; file: string; output: string; size: Size; frames: number; seconds: number }
  /** This file could not be painted; the others go on. */
  | { type: 'failed'; file: string; error: UserError };

/**
 * Paints each file and saves it in `out`. What goes wrong with a file ends that file alone. No input is written to, and what is saved is
 * whole.
 *
 * @throws UserError where `out` is no folder, or a folder holds nothing to paint; the signal's reason once that is aborted
 */
export async function* stylizeFiles(options: StylizeFilesOptions): AsyncGenerator<StylizeEvent, void, void> {
  const { inputs, out, stylizer, signal } = options;
  const files = await filesOf(inputs);
  await mkdir(out, { recursive: true }).catch((error: unknown) => {
    throw new UserError(`Cannot make the folder ${out}: ${(error as Error).message}. Choose another --out.`, {
      cause: error,
    });
  });
  const nameFor = outputNames(out, stylizer.name, files);
  for (const file of files) {
    signal?.throwIfAborted();
    try {
      yield* oneFile(file, nameFor, options);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      yield { type: 'failed', file, error };
    }
  }
}

/** What one kind of file needs: its frames, and somewhere to put their paintings. */
interface Film {
  frames: AsyncIterable<Picture> | Iterable<Picture>;
  count: number | undefined;
  write: (painting: Picture) => Promise<void>;
  close: () => Promise<void>;
  abandon: () => Promise<void>;
}

async function* oneFile(
  file: string,
  nameFor: (file: string, kind: FileKind) => string,
  { stylizer, strength = 1, steady = STEADY, height, freeMemory, signal }: StylizeFilesOptions,
): AsyncGenerator<StylizeEvent, void, void> {
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  const check = (size: Size) => {
    const painted = sizeAt(size, height);
    if (freeMemory) assertRoom(stylizer, painted, freeMemory());
    return painted;
  };
  const kind = await kindOf(file, check);
  const output = nameFor(file, kind);
  const film = await openFilm(file, kind, output);
  const toShow = kind === 'picture' ? undefined : steadyPaintings(steady);
  let [size, frame] = [{ width: 0, height: 0 }, 0];
  let isDone = false;
  try {
    for await (const original of film.frames) {
      const picture = await resizePicture(original, frame === 0 ? check(original) : size, 'lanczos3');
      size = { width: picture.width, height: picture.height };
      const painting = await abortable(stylizer.stylize(picture, strength), signal);
      await film.write(toShow ? toShow(picture, painting) : painting);
      yield { type: 'frame', file, frame: ++frame, frames: film.count, seconds: seconds() };
      signal?.throwIfAborted();
    }
    await film.close();
    isDone = true;
  } finally {
    if (!isDone) await film.abandon();
  }
  yield { type: 'saved', file, output, size, frames: frame, seconds: seconds() };
}

async function kindOf(file: string, check: (size: Size) => Size): Promise<FileKind> {
  if (isVideo(file)) return 'video';
  // Before a huge picture is in memory. It also says what is wrong with a file that is none.
  check(await pictureSize(file));
  return (await frameCount(file)) > 1 ? 'animation' : 'picture';
}

async function openFilm(file: string, kind: FileKind, output: string): Promise<Film> {
  if (kind === 'video') return openVideo(file, output);
  const source: Animation =
    kind === 'animation'
      ? await readAnimation(file)
      : { frames: [await loadImage(file)], delay: [], loop: 0 };
  const paintings: Picture[] = [];
  return {
    frames: source.frames,
    count: source.frames.length,
    write: (painting) => {
      paintings.push(painting);
      return Promise.resolve();
    },
    close: () =>
      kind === 'animation'
        ? writeAnimation(output, { ...source, frames: paintings })
        : saveImage(paintings[0], output),
    abandon: () => Promise.resolve(),
  };
}

async function openVideo(file: string, output: string): Promise<Film> {
  const { rate, frames } = await videoFacts(file);
  let writer: VideoWriter | undefined;
  return {
    frames: readVideo(file, rate),
    count: frames,
    write: (painting) => (writer ??= writeVideo(output, file, rate, painting)).write(painting),
    close: async () => {
      if (!writer) throw new UserError(`The video ${file} has no frames. Name another file.`);
      await writer.close();
    },
    abandon: async () => writer?.abandon(),
  };
}

function sizeAt(size: Size, height: number | undefined): Size {
  if (height === undefined) return size;
  const { imgHeight, imgWidth } = chapterSize(size, height);
  return { height: imgHeight, width: imgWidth };
}

/** @throws UserError where painting takes more memory than there is; it names a height that fits */
function assertRoom({ architecture }: Stylizer, size: Size, available: number): void {
  const needed = bytesToStylize(architecture, size);
  if (needed <= available) return;
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  const fits = Math.floor(size.height * Math.sqrt(available / needed));
  throw new UserError(
    `To paint ${size.width} x ${size.height} pixels takes ${gigabytes(needed)} of memory, and ${gigabytes(available)} are free. ` +
      `Close other programs, or use --height ${fits}.`,
  );
}
