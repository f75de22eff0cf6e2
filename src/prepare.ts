/** Everything before the loop: settings become pictures, targets and one compiled function. In [16] to [23] of the chapter, in order. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs';
import { type Computed, type GraphMemory, type NDArray, compile } from './compile';
import {
  type LossAndGrads,
  type LossWeights,
  type Targets,
  assertSomethingCounts,
  contentTargets,
  countingLayers,
  lossAndGrads,
  styleTargets,
  transferLoss,
} from './losses';
import { transferMemory } from './memory';
import type { NetworkName } from './network/chooseNetwork';
import { type NetworkRequest, type OpenNetwork, openNetwork } from './network/network';
import { type Picture, type Size, chapterSize, loadImage, pictureSize } from './picture/image';
import { preprocess } from './picture/preprocess';
import type { Settings } from './settings';
import type { TransferProblem } from './transfer';

/** A problem that the loop can run, with what it was made from. */
export interface PreparedTransfer extends TransferProblem {
  /** What a run must share with another to give the same pictures, besides the settings. */
  source: {
    height: number;
    width: number;
    content: PictureSource;
    style: PictureSource;
    network: NetworkName;
    weights: { path: string; md5: string };
  };
  /** Which network it is and why, in a sentence. */
  choice: string;
  /** Frees the compiled function. */
  dispose(): Promise<void>;
}

export interface PictureSource {
  path: string;
  /** Of the file. */
  sha256: string;
}

export interface PrepareOptions {
  /** Opens the network of the settings, or another. */
  openNetwork?: OpenNetwork;
  onDownload?: NetworkRequest['onDownload'];
  /** Called when the pictures and the network are read and the work is to begin; what it throws ends it there. */
  beforeWork?: (plan: Plan) => void | Promise<void>;
}

/** What a transfer is going to be. */
export interface Plan extends Pick<PreparedTransfer, 'source'> {
  /** What the loss and its gradient need, at this size or another. */
  memoryAt(size: Size): Promise<GraphMemory>;
}

/**
 * Loads both pictures and the network, computes the targets once, and compiles loss and gradient.
 *
 * @throws UserError for pictures, layers or weights that cannot be used
 */
export async function prepareTransfer(
  settings: Settings,
  { openNetwork: open = openNetwork, onDownload, beforeWork }: PrepareOptions = {},
): Promise<PreparedTransfer> {
  await tf.ready();
  const { threads } = settings;
  const weights = lossWeights(settings);
  assertSomethingCounts(weights);
  const { imgHeight: height, imgWidth: width } = chapterSize(
    await pictureSize(settings.content),
    settings.height,
  );
  const size = { height, width };
  const shape = [1, height, width, 3];
  const content = await loadImage(settings.content, { size, resize: settings.resize });
  const style = await loadImage(settings.style, { size, resize: settings.resize });

  const layers = [...new Set([...Object.keys(weights.content), ...Object.keys(weights.style)])];
  const network = await open({
    network: settings.network,
    layers,
    size,
    weights: settings.weights,
    onDownload,
  });
  const source = {
    ...size,
    content: { path: settings.content, sha256: await sha256(settings.content) },
    style: { path: settings.style, sha256: await sha256(settings.style) },
    network: network.name,
    weights: network.weights,
  };
  await beforeWork?.({ source, memoryAt: (at) => transferMemory(network.features, weights, at) });
  const targets: Targets = {
    content: await once(contentTargets(network.features, weights), content, countingLayers(weights.content)),
    style: await once(styleTargets(network.features, weights), style, countingLayers(weights.style)),
  };

  const compiled = await compile(lossAndGrads(transferLoss(network.features, targets, weights)), shape, {
    threads,
  });
  tf.dispose([targets.content, targets.style]);
  network.dispose();

  return {
    ...size,
    x0: firstPicture(settings, { content, style }),
    lossAndGrads: (x): Promise<Computed<LossAndGrads>> => compiled(x),
    source,
    choice: network.choice,
    dispose: () => compiled.dispose(),
  };

  /** The activations of one picture, by a function that is compiled for this single use. */
  async function once<T extends tf.Tensor>(
    fn: (x: tf.Tensor4D) => Record<string, T>,
    picture: Picture,
    names: readonly string[],
  ): Promise<Record<string, T>> {
    if (names.length === 0) return {};
    const compiledOnce = await compile(fn, shape, { threads });
    const x = preprocess(picture);
    const results = (await compiledOnce(x)) as Record<string, NDArray>;
    x.dispose();
    await compiledOnce.dispose();
    const tensors = Object.entries(results).map(([layer, { data, shape: dims }]) => [
      layer,
      tf.tensor(data, [...dims]),
    ]);
    return Object.fromEntries(tensors) as Record<string, T>;
  }
}

/** How much each layer counts: its share of the weight, which is the same for all that do not name one. */
export function lossWeights(
  settings: Pick<Settings, 'contentLayer' | 'styleLayers' | 'contentWeight' | 'styleWeight' | 'tvWeight'>,
): LossWeights {
  const byLayer = (specs: readonly string[], weight: number) =>
    Object.fromEntries(
      specs.map((spec) => {
        const [layer, share = 1 / specs.length] = spec.split(':') as [string, string?];
        return [layer, weight * Number(share)];
      }),
    );
  return {
    content: byLayer(settings.contentLayer, settings.contentWeight),
    style: byLayer(settings.styleLayers, settings.styleWeight),
    totalVariation: settings.tvWeight,
  };
}

/**
 * Where the optimiser begins: the content picture as in the chapter, the style picture, or noise, whose levels are drawn uniformly and
 * independently from 0..255 for every pixel and channel (seedrandom's Alea).
 */
export function firstPicture(
  { init, seed }: Pick<Settings, 'init' | 'seed'>,
  pictures: { content: Picture; style: Picture },
): Float64Array {
  const x = preprocess(init === 'noise' ? noise(pictures.content, seed) : pictures[init]);
  const x0 = Float64Array.from(x.dataSync());
  x.dispose();
  return x0;
}

/** A picture of uniform random levels, the same for the same seed. */
export function noise({ height, width }: Size, seed: number): Picture {
  // As text, because tfjs draws a seed of its own in place of the number 0.
  const levels = tf.randomUniform([height, width, 3], 0, 256, 'float32', String(seed));
  const data = Uint8Array.from(levels.dataSync(), (level) => Math.min(Math.floor(level), 255));
  levels.dispose();
  return { height, width, data };
}

async function sha256(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}
