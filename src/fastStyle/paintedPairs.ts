/**
 * Pairs of a photograph and what the slow way makes of it, as the chapter proposes: made once, kept in a folder, and gone on with where
 * there are too few.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../errors';
import { firstOf } from '../losses/features';
import type { BatchNetwork } from '../network/network';
import { type Picture, loadImage } from '../picture/image';
import { saveImage } from '../picture/save';
import { PRESETS } from '../presets';
import { paint } from '../paint';
import { Random } from '../train/random';
import { writeWholeFile } from '../wholeFile';
import { mirrored, randomCrop } from './crops';
import { seedNoise, seeded } from './seeds';
import { fastStyleTerms } from './terms';
import type { Sample } from './trainingStep';

/** How pairs are painted: the side of their pictures in pixels, and how many evaluations the slow way has for each. */
export interface PairRecipe {
  size: number;
  evaluations: number;
}

export const PAIR_RECIPE: PairRecipe = { size: 224, evaluations: 40 };

export interface Pair {
  photograph: Picture;
  painted: Picture;
}

export interface PairsOptions {
  /** How many are wanted. */
  count: number;
  /** Where they are kept. */
  folder: string;
  photographs: readonly Picture[];
  painting: Picture;
  /** Of the painting, for the folder's notes. */
  name: string;
  judge: BatchNetwork;
  recipe?: PairRecipe;
  threads?: number;
  signal?: AbortSignal;
}

/** One more was painted. */
export interface PairEvent {
  type: 'pair';
  pairs: number;
  of: number;
}

/**
 * Paints what is missing, tells after each how many there are, and returns all.
 *
 * @throws UserError for a folder with pairs of another painting, and where it cannot be written; the signal's reason
 */
export async function* makePairs(options: PairsOptions): AsyncGenerator<PairEvent, Pair[], void> {
  const { count, folder, photographs, painting, judge, recipe = PAIR_RECIPE, threads, signal } = options;
  const { size, evaluations } = recipe;
  await writeNotes({ ...options, recipe });
  const pairs: Pair[] = [];
  while (pairs.length < count) {
    signal?.throwIfAborted();
    const file = (what: string) =>
      path.join(folder, `${String(pairs.length + 1).padStart(4, '0')}-${what}.png`);
    const [photographFile, paintedFile] = [file('photograph'), file('painted')];
    // The painting is written last: where it is, the photograph is too.
    if (existsSync(paintedFile)) {
      pairs.push({ photograph: await loadImage(photographFile), painted: await loadImage(paintedFile) });
      continue;
    }
    const random = new Random(7, pairs.length);
    const crop = randomCrop(photographs[pairs.length % photographs.length], size, random);
    const photograph = { width: size, height: size, data: Uint8Array.from(crop, Math.round) };
    const painted = await paint({
      content: photograph,
      styles: [painting],
      styleSize: (own) => own,
      height: size,
      terms: fastStyleTerms(),
      margin: PRESETS.painter.margin,
      evaluations,
      // It stays open for the next one.
      openNetwork: () =>
        Promise.resolve({ ...judge, extractor: firstOf(judge.extractor), dispose: () => undefined }),
      ...{ threads, signal },
    });
    await saveImage(photograph, photographFile);
    await saveImage(painted, paintedFile);
    pairs.push({ photograph, painted });
    yield { type: 'pair', pairs: pairs.length, of: count };
  }
  return pairs;
}

/** Notes how the folder's pairs are made, or checks that they were made so. */
async function writeNotes({
  folder,
  name,
  painting: { width, height },
  judge,
  recipe,
}: PairsOptions): Promise<void> {
  const notes = { painting: name, width, height, network: judge.name, ...recipe };
  const text = JSON.stringify(notes, undefined, 2);
  const file = path.join(folder, 'pairs.json');
  if (!existsSync(file)) {
    await mkdir(folder, { recursive: true });
    return writeWholeFile(file, text);
  }
  if ((await readFile(file, 'utf8')) === text) return;
  throw new UserError(
    `${folder} holds pairs of another painting, or made in another way. Delete it, or choose another --out.`,
  );
}

/** Draws pairs, half of them mirrored, as samples of one style: a function of the step. */
export function drawPairs(
  pairs: readonly Pair[],
  style: string,
): (step: number, phase: { batch: number }) => Promise<Sample[]> {
  return (step, { batch }) => {
    const random = new Random(8, step);
    const draw = () => pairSample(random.pick(pairs), style, random.below(2 ** 31), random.next() < 0.5);
    return Promise.resolve(Array.from({ length: batch }, draw));
  };
}

/** A pair as what a step learns from. */
export function pairSample(
  { photograph, painted }: Pair,
  style: string,
  seed: number,
  isMirrored = false,
): Sample {
  const levels = ({ data }: Picture) => {
    const array = Float32Array.from(data);
    return isMirrored ? mirrored(array, photograph.width) : array;
  };
  return {
    style,
    picture: seeded(levels(photograph), seedNoise(photograph.height, photograph.width, seed)),
    extras: [levels(painted)],
  };
}
