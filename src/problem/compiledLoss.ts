/** The loss and its gradient as a compiled function, for a picture that is seen whole or in windows. */
import type * as tf from '@tensorflow/tfjs';
import { abortable } from '../abortable';
import { type InputArray, compile } from '../compile';
import { lossAndGrads, transferLoss } from '../losses/transferLoss';
import type { Size } from '../picture/image';
import type { Variables } from '../variables/variables';
import type { ProblemParts } from './memory';
import type { Evaluated, Evaluation } from './problem';
import type { SizedPictures } from './sources';
import { computeTargets, disposeTargets } from './targets';

export interface CompiledLoss {
  lossAndGrads: (z: InputArray) => Promise<Evaluation>;
  /** About how many seconds an evaluation takes, where that can be told without making it. */
  secondsEach?: (z: InputArray) => Promise<number>;
  dispose: () => Promise<void>;
}

export interface LossOptions extends Omit<ProblemParts, 'styleSizes'> {
  pictures: SizedPictures;
  size: Size;
  /** About how long the sides of a window are, in pixels; undefined for a picture that is seen whole. */
  tile: number | undefined;
  threads: number;
  signal?: AbortSignal;
  /** Called once the network has seen the pictures, before the compilation. */
  onTargets?: () => void;
}

/**
 * Computes the targets and compiles.
 *
 * @throws the signal's reason where it is aborted
 */
export async function compileLoss(options: LossOptions): Promise<CompiledLoss> {
  const { terms, extractor, pictures, tile, device, threads, signal, onTargets } = options;
  const begin = () => {
    onTargets?.();
    // Not a moment later: what compile would record is freed where this ends.
    signal?.throwIfAborted();
  };
  if (tile !== undefined) {
    // They load where a picture is seen in windows.
    const [{ tiledTargets }, { compileTiled }] = await Promise.all([
      import('../tiles/targets.js'),
      import('../tiles/tiledLoss.js'),
    ]);
    const targets = await tiledTargets(terms, extractor, pictures, { tile, device, threads, signal });
    begin();
    return compileTiled(targets, { ...options, tile });
  }
  const targets = await computeTargets(terms, extractor, pictures, { device, threads, signal });
  try {
    begin();
    const loss = transferLoss(terms, extractor, targets, options.regions);
    const { variables, winograd } = options;
    const evaluation = evaluationOf(loss, variables);
    const compiling = compile(evaluation, [variables.length], { device, threads, winograd });
    const compiled = await abortable(compiling, signal, (late) => late.dispose());
    return { lossAndGrads: (z) => compiled(z), dispose: () => compiled.dispose() };
  } finally {
    disposeTargets(targets);
  }
}

/** Loss and gradient as functions of the variables, with the picture that they make. */
function evaluationOf(
  loss: (x: tf.Tensor4D) => Record<string, tf.Scalar>,
  { picture }: Variables,
): (z: tf.Tensor1D) => Evaluated {
  const gradient = lossAndGrads((z: tf.Tensor1D) => loss(picture(z)));
  return (z: tf.Tensor1D) => ({ ...gradient(z), picture: picture(z) });
}
