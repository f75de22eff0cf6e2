/** Whether a transfer fits into the memory that is free: estimated from its graph, before the work begins. */
import type * as tf from '@tensorflow/tfjs';
import { type GraphMemory, type DeviceName, outline } from '../compile';
import { UserError } from '../errors';
import type { FeatureExtractor } from '../losses/features';
import { listTargets, lossAndGrads, targetsFrom, targetsOf, transferLoss } from '../losses/transferLoss';
import type { Region } from '../losses/regions';
import type { LossTerm } from '../losses/terms';
import type { Size } from '../picture/image';
import { pairsFor } from '../lbfgsb';
import type { Variables } from '../variables/variables';

/**
 * How many copies of the constants are in memory at most: while the graph is compiled (as tensors, in the model's file, in ONNX Runtime's
 * parsed copy, and in the blocked layouts it makes of them), and then while it runs. Measured with VGG19: see
 * test/real-weights/memory.test.ts.
 */
const COPIES_COMPILING = 10;
export const COPIES_RUNNING = 6;
/** How often prepared values do: once, and half of that again is the constants that they come from, and what these were made of. */
export const COPIES_PREPARED = 1.5;
/**
 * What ONNX Runtime takes for each byte that is alive at once: its arena grows in steps, what lies in bands leaves gaps in it, and blocked
 * layouts are copies. Measured there too.
 */
const ARENA = 2;
/**
 * Float64 arrays of the variables beside the pairs of L-BFGS's memory: its bounds, gradients, points and directions, and the copies that
 * the Evaluator and a checkpoint take.
 */
const ARRAYS = 15;
const LEAST_HEIGHT = 32;

/** The parts of a problem that its graph depends on. */
export interface ProblemParts {
  terms: readonly LossTerm[];
  extractor: FeatureExtractor;
  regions?: readonly Region[];
  variables: Variables;
  /** Of the style pictures. */
  styleSizes: readonly Size[];
  device: DeviceName;
  winograd: boolean;
}

/** The memory of the graph of a problem's loss and gradient at a size, without its numbers. */
export async function problemMemory(
  { terms, extractor, regions, variables, styleSizes, device, winograd }: ProblemParts,
  size: Size,
): Promise<GraphMemory> {
  const targetShapes: Record<string, readonly (readonly number[])[]> = {};
  for (const [source, { height, width }] of [['content', size] as const, ...styleSizes.entries()]) {
    const { shapes } = await outline(targetsOf(terms, source, extractor), [1, height, width, 3], {
      device,
    });
    Object.assign(targetShapes, shapes);
  }
  const evaluation = (z: tf.Tensor, ...targets: tf.Tensor[]) => {
    const loss = transferLoss(terms, extractor, targetsFrom(terms, targets), regions);
    return lossAndGrads((at: tf.Tensor1D) => loss(variables.picture(at)))(z as tf.Tensor1D);
  };
  return (
    await outline(evaluation, [variables.length], ...listTargets(terms, targetShapes), { device, winograd })
  ).memory;
}

/**
 * Bytes of the processor's memory that a run takes beyond what the process holds once its pictures and network are read. With a GPU, its
 * own memory holds the constants and whatever is alive while the graph runs. ONNX Runtime does not tell how much of it is free.
 */
export async function bytesNeeded(parts: ProblemParts, size: Size): Promise<number> {
  const { constants, prepared, peak } = await problemMemory(parts, size);
  const arrays = optimiserBytes(parts.variables.length);
  if (parts.device === 'webgpu') return Math.max(COPIES_COMPILING * constants, arrays);
  const running = COPIES_PREPARED * prepared + COPIES_RUNNING * constants + ARENA * peak + arrays;
  return Math.max(COPIES_COMPILING * constants, running);
}

/** Of L-BFGS and all that goes to it and comes from it. */
export function optimiserBytes(variables: number): number {
  return 8 * variables * (2 * pairsFor(variables) + ARRAYS);
}

/** Bytes that this process may still take: what the system can give, or what is left of its container's share. */
export function availableMemory(): number {
  return process.availableMemory();
}

/**
 * @param bytesAt what the run needs at a size
 * @param available bytes that the process may still take
 * @throws UserError where the run needs more; it names the largest height that fits
 */
export async function assertFits(
  size: Size,
  bytesAt: (size: Size) => Promise<number>,
  available: number,
): Promise<void> {
  const need = await bytesAt(size);
  if (need <= available) return;
  const scaled = (height: number) => ({
    height,
    width: Math.max(1, Math.floor((height * size.width) / size.height)),
  });
  let [fits, tooMuch] = [LEAST_HEIGHT - 1, size.height];
  while (tooMuch - fits > 1) {
    const middle = Math.floor((fits + tooMuch) / 2);
    if ((await bytesAt(scaled(middle))) <= available) fits = middle;
    else tooMuch = middle;
  }
  const advice =
    fits < LEAST_HEIGHT ? 'Close other programs' : `Close other programs, use --height ${fits}, which fits`;
  throw new UserError(
    `A picture of ${size.width} x ${size.height} pixels needs ${gigabytes(need)} of free memory, and ${gigabytes(available)} are free. ` +
      `${advice}, or start anyway with --force.`,
  );
}

/** Such as 1.5 GB. */
export function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
