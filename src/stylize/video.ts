/** Videos, through ffmpeg, where it is installed: frames out of one, and into one. */
import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../errors';
import type { Picture } from '../picture/image';

export interface VideoFacts {
  /** Frames a second, as ffmpeg writes it: 25 or 30000/1001. */
  rate: string;
  /** Estimated, where the file does not say. */
  frames: number | undefined;
}

/** Runs a program of ffmpeg's. `failure` is what it said, once it has ended badly. */
function start(program: 'ffmpeg' | 'ffprobe', args: readonly string[]) {
  const child = spawn(program, ['-v', 'error', ...args]);
  let said = '';
  child.stderr.on('data', (text: Buffer) => (said += text.toString()));
  // A program that ends early closes its input, and its exit code says why.
  child.stdin.on('error', () => undefined);
  const end = once(child, 'close').then(
    ([code]) => (code === 0 ? undefined : said.trim().split('\n').at(-1) || `${program} failed`),
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      throw new UserError(
        `A video needs ${program}, which is not installed here. Install ffmpeg, or name pictures or an animated GIF or WebP.`,
        { cause: error },
      );
    },
  );
  // Whoever asks for the end hears of its failure.
  end.catch(() => undefined);
  return { child, end };
}

/** @throws UserError where ffmpeg is not installed, or finds no video in the file */
export async function videoFacts(file: string): Promise<VideoFacts> {
  const entries = 'stream=avg_frame_rate,r_frame_rate,nb_frames,duration:format=duration';
  const { child, end } = start('ffprobe', [
    ...['-select_streams', 'v:0', '-show_entries', entries, '-of', 'json'],
    input(file),
  ]);
  let text = '';
  child.stdout.on('data', (part: Buffer) => (text += part.toString()));
  const failure = await end;
  const { streams = [], format = {} } = (failure === undefined ? JSON.parse(text) : {}) as {
    streams?: Partial<Record<'avg_frame_rate' | 'r_frame_rate' | 'nb_frames' | 'duration', string>>[];
    format?: { duration?: string };
  };
  const [stream] = streams;
  if (!stream) {
    const why = failure ? `: ${failure}` : '';
    throw new UserError(`ffmpeg finds no video in ${file}${why}. Name another file.`);
  }
  const rates = [stream.avg_frame_rate, stream.r_frame_rate];
  const rate = rates.find((each) => each !== undefined && fps(each) > 0) ?? '25';
  const frames = Number(stream.nb_frames ?? NaN);
  const estimate = Math.round(Number(stream.duration ?? format.duration ?? NaN) * fps(rate));
  return { rate, frames: [frames, estimate].find((each) => each > 0) };
}

function fps(rate: string): number {
  const [frames, seconds = 1] = rate.split('/').map(Number);
  return frames / seconds;
}

/** A file's name that ffmpeg does not take for an option or a protocol. */
function input(file: string): string {
  return `file:${path.resolve(file)}`;
}

/**
 * The frames, upright, in order, at a constant rate.
 *
 * @throws UserError where ffmpeg fails
 */
export async function* readVideo(file: string, rate: string): AsyncGenerator<Picture> {
  const { child, end } = start('ffmpeg', [
    ...['-i', input(file), '-map', '0:v:0', '-r', rate],
    ...['-f', 'image2pipe', '-c:v', 'ppm', '-pix_fmt', 'rgb24', '-'],
  ]);
  try {
    yield* ppmFrames(child.stdout);
    const failure = await end;
    if (failure !== undefined)
      throw new UserError(`ffmpeg cannot read ${file}: ${failure}. Name another file.`);
  } finally {
    stop(child);
  }
}

/** Pictures from a stream of PPM files: "P6", width, height and 255, each after white space, and the bytes. */
async function* ppmFrames(stream: AsyncIterable<Buffer>): AsyncGenerator<Picture> {
  let waiting: Buffer[] = [];
  let length = 0;
  let needed = 0;
  for await (const chunk of stream) {
    waiting.push(chunk);
    length += chunk.length;
    while (length > needed) {
      const bytes = Buffer.concat(waiting);
      const header = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(bytes.toString('latin1', 0, 40));
      const [width, height] = [Number(header?.[1]), Number(header?.[2])];
      const begin = header?.[0].length ?? 0;
      const end = begin + width * height * 3;
      waiting = [bytes];
      // A header that is not whole has sizes of NaN, and needs at least one byte more.
      needed = Number.isNaN(end) ? length : end - 1;
      if (!(length >= end)) break;
      yield { width, height, data: new Uint8Array(bytes.subarray(begin, end)) };
      waiting = [bytes.subarray(end)];
      length -= end;
      needed = 0;
    }
  }
}

export interface VideoWriter {
  /** Resolves when ffmpeg has taken the frame. */
  write: (frame: Picture) => Promise<void>;
  /** Completes the file. */
  close: () => Promise<void>;
  /** Ends without a file. */
  abandon: () => Promise<void>;
}

/**
 * Writes an MP4 file (H.264) with the sound of `source`. It has its name once it is whole.
 *
 * @throws UserError where ffmpeg fails, from write or close
 */
export function writeVideo(
  file: string,
  source: string,
  rate: string,
  { width, height }: Picture,
): VideoWriter {
  const temporary = `${file}.${process.pid}.tmp.mp4`;
  // H.264 halves the colours' rows and columns, so that there must be even numbers of them.
  const filter = 'crop=trunc(iw/2)*2:trunc(ih/2)*2,scale=out_color_matrix=bt709';
  const { child, end } = start('ffmpeg', [
    ...['-y', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${width}x${height}`, '-r', rate, '-i', '-'],
    ...['-i', input(source), '-map', '0:v', '-map', '1:a?', '-c:a', 'aac', '-vf', filter],
    ...['-c:v', 'libx264', '-crf', '18', '-preset', 'veryfast', '-pix_fmt', 'yuv420p'],
    ...[
      '-colorspace',
      'bt709',
      '-color_primaries',
      'bt709',
      '-color_trc',
      'bt709',
      '-movflags',
      '+faststart',
    ],
    input(temporary),
  ]);
  const fail = (failure: string | undefined) => {
    if (failure !== undefined)
      throw new UserError(`ffmpeg cannot write ${file}: ${failure}. Choose another --out.`);
  };
  return {
    write: async ({ data }) => {
      if (child.stdin.write(data)) return;
      await Promise.race([once(child.stdin, 'drain'), end.then(fail)]);
    },
    close: async () => {
      child.stdin.end();
      fail(await end);
      await rename(temporary, file);
    },
    abandon: async () => {
      stop(child);
      await end.catch(() => undefined);
      await rm(temporary, { force: true });
    },
  };
}

function stop(child: ChildProcess | ChildProcessWithoutNullStreams): void {
  if (child.exitCode === null) child.kill('SIGKILL');
}
