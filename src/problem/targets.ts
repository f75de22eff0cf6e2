/** The targets of a loss: what the network sees of the content and style pictures, computed once. */
import * as tf from '@tensorflow/tfjs';
import { abortable } from '../abortable';
import { type DeviceName, compile } from '../compile';
import type { FeatureExtractor } from '../losses/features';
import { type LayerTerm, type LossTerm, termsAbout } from '../losses/terms';
import { type Targets, targetsOf } from '../losses/transferLoss';
import type { Picture } from '../picture/image';
import { preprocess } from '../picture/preprocess';
import type { SizedPictures } from './sources';

interface ComputeOptions {
  device: DeviceName;
  threads: number;
  signal?: AbortSignal;
}

/** The targets of all terms as constant tensors, to be disposed of by the caller. */
export async function computeTargets(
  terms: readonly LossTerm[],
  extractor: FeatureExtractor,
  { content, styles }: SizedPictures,
  options: ComputeOptions,
): Promise<Targets> {
  const targets: Record<string, readonly tf.Tensor[]> = {};
  try {
    for (const [source, picture] of [['content', content] as const, ...styles.entries()]) {
      if (termsAbout(terms, source).length === 0) continue;
      Object.assign(targets, await computeTargetsOf(terms, source, extractor, picture, options));
    }
    return targets;
  } catch (error) {
    disposeTargets(targets);
    throw error;
  }
}

export function disposeTargets(targets: Targets): void {
  for (const tensors of Object.values(targets)) tf.dispose([...tensors]);
}

/** The targets of one picture, by a function that is compiled for this single use. */
async function computeTargetsOf(
  terms: readonly LossTerm[],
  source: LayerTerm['source'],
  extractor: FeatureExtractor,
  picture: Picture,
  { device, threads, signal }: ComputeOptions,
): Promise<Record<string, tf.Tensor[]>> {
  const shape = [1, picture.height, picture.width, 3];
  // A function that is called once would not win back the time in which its filters are transformed.
  const compiled = await compile(targetsOf(terms, source, extractor), shape, {
    device,
    threads,
    winograd: false,
  });
  const x = preprocess(picture);
  try {
    const results = await abortable(compiled(x), signal);
    return Object.fromEntries(
      Object.entries(results).map(([term, arrays]) => [
        term,
        arrays.map(({ data, shape: dims }) => tf.tensor(data, [...dims])),
      ]),
    );
  } finally {
    x.dispose();
    await compiled.dispose();
  }
}
