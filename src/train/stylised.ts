/**
 * Pictures on the way of a transfer: what optimisers make of a picture is no photograph any more, and a network that was only shown
 * photographs and paintings is wrong there, in just the directions in which its own gradient leads. So the student is also trained on
 * what transfers through itself, as it is now, and through the teacher come to (as in Ross, Gordon and Bagnell 2011, "DAgger").
 */
import * as tf from '@tensorflow/tfjs';
import { type NDArray, compile } from '../compile';
import { fminLbfgsb } from '../lbfgsb';
import {
  CHAPTER_WEIGHTS,
  type Features,
  contentTargets,
  countingLayers,
  lossAndGrads,
  styleTargets,
  targetsFrom,
  transferLoss,
} from '../losses';
import { displayable } from '../transfer';
import type { Parameters } from './parameters';

/** The layers that a transfer with the chapter's loss looks at. */
export const TRANSFER_LAYERS = [
  ...countingLayers(CHAPTER_WEIGHTS.content),
  ...countingLayers(CHAPTER_WEIGHTS.style),
];

export interface Styliser {
  /**
   * The picture after each step of a transfer of `style` to `content`, both [size, size, 3] in preprocess's form; where the optimiser
   * takes no step, since the loss is flat there (both of one colour), `content`.
   *
   * @param evaluations the transfer ends with the step that exceeds this many
   */
  run(
    content: Float32Array,
    style: Float32Array,
    evaluations: number,
    parameters: Parameters,
  ): Promise<Float32Array[]>;
  dispose(): Promise<void>;
}

/**
 * Compiles a transfer with the chapter's loss for pictures of size x size. The parameters are inputs, so that it serves a whole training.
 *
 * @param network with the parameters as tensors, what it sees at TRANSFER_LAYERS
 * @param parameters those that `network` takes, in its order; for their shapes
 */
export async function compileStyliser(
  network: (parameters: readonly tf.Tensor[]) => Features,
  parameters: Parameters,
  size: number,
  threads?: number,
): Promise<Styliser> {
  const shapes = Object.values(parameters).map(({ shape }) => shape);
  const shape = [1, size, size, 3];
  const target = await compile(
    (...[x, ...own]: tf.Tensor[]) => {
      const features = network(own);
      return {
        content: Object.values(contentTargets(features, CHAPTER_WEIGHTS)(x as tf.Tensor4D)),
        style: Object.values(styleTargets(features, CHAPTER_WEIGHTS)(x as tf.Tensor4D)),
      };
    },
    shape,
    ...shapes,
    { threads },
  );
  const compileLoss = (targetShapes: readonly (readonly number[])[]) =>
    compile(
      (...[x, ...inputs]: tf.Tensor[]) => {
        const targets = targetsFrom(inputs.slice(0, targetShapes.length), CHAPTER_WEIGHTS);
        const features = network(inputs.slice(targetShapes.length));
        return lossAndGrads(transferLoss(features, targets, CHAPTER_WEIGHTS))(x as tf.Tensor4D);
      },
      shape,
      ...targetShapes,
      ...shapes,
      { threads },
    );
  let loss: Awaited<ReturnType<typeof compileLoss>> | undefined;
  const bounds = displayable(size * size * 3);
  return {
    run: async (content, style, evaluations, current) => {
      const own = Object.keys(parameters).map((name) => current[name].data);
      const ofContent = (await target(content, ...own)) as unknown as Record<'content', NDArray[]>;
      const ofStyle = (await target(style, ...own)) as unknown as Record<'style', NDArray[]>;
      const targets = [...ofContent.content, ...ofStyle.style];
      const compiled = (loss ??= await compileLoss(targets.map(({ shape: dims }) => dims)));
      const pictures: Float32Array[] = [];
      const func = async (x: Float64Array) => {
        const { value, grad } = await compiled(x, ...targets.map(({ data }) => data as Float32Array), ...own);
        return [Number(value.data[0]), grad.data] as const;
      };
      await fminLbfgsb(func, content, {
        maxfun: evaluations,
        bounds,
        callback: (x) => pictures.push(Float32Array.from(x)),
      });
      return pictures.length > 0 ? pictures : [content];
    },
    dispose: async () => {
      await target.dispose();
      await loss?.dispose();
    },
  };
}
