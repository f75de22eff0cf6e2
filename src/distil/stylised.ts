/**
 * Pictures on the way of a transfer: the result of an optimiser is no longer a photograph, and a network that was only shown
 * photographs and paintings is wrong there, in just the directions in which its own gradient leads. So the student is also trained on the
 * results of transfers through itself, as it is now, and through the teacher (as in Ross, Gordon and Bagnell 2011, "DAgger").
 */
import type * as tf from '@tensorflow/tfjs';
import { type NDArray, compile } from '../compile';
import { fminLbfgsb } from '../lbfgsb';
import type { FeatureExtractor } from '../losses/features';
import { CHAPTER_TERMS, type LayerTerm, layersOf } from '../losses/terms';
import { listTargets, lossAndGrads, targetsFrom, targetsOf, transferLoss } from '../losses/transferLoss';
import { pixels } from '../variables/pixels';
import type { Parameters } from '../train/parameters';

/** The layers that a transfer with the chapter's loss looks at. */
export const TRANSFER_LAYERS = layersOf(CHAPTER_TERMS);

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
  network: (parameters: readonly tf.Tensor[]) => FeatureExtractor,
  parameters: Parameters,
  size: number,
  threads?: number,
): Promise<Styliser> {
  const shapes = Object.values(parameters).map(({ shape }) => shape);
  const shape = [1, size, size, 3];
  const compileTargets = (source: LayerTerm['source']) =>
    compile(
      (...[x, ...own]: tf.Tensor[]) => targetsOf(CHAPTER_TERMS, source, network(own))(x as tf.Tensor4D),
      shape,
      ...shapes,
      { threads },
    );
  const [contentTargets, styleTargets] = [await compileTargets('content'), await compileTargets(0)];
  const compileLoss = (targetShapes: readonly (readonly number[])[]) =>
    compile(
      (...[x, ...inputs]: tf.Tensor[]) => {
        const targets = targetsFrom(CHAPTER_TERMS, inputs.slice(0, targetShapes.length));
        const extractor = network(inputs.slice(targetShapes.length));
        return lossAndGrads(transferLoss(CHAPTER_TERMS, extractor, targets))(x as tf.Tensor4D);
      },
      shape,
      ...targetShapes,
      ...shapes,
      { threads },
    );
  let loss: Awaited<ReturnType<typeof compileLoss>> | undefined;
  const { bounds } = pixels({ height: size, width: size });
  return {
    run: async (content, style, evaluations, current) => {
      const own = Object.keys(parameters).map((name) => current[name].data);
      const targets = listTargets<NDArray>(CHAPTER_TERMS, {
        ...(await contentTargets(content, ...own)),
        ...(await styleTargets(style, ...own)),
      });
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
      for (const compiled of [contentTargets, styleTargets, loss]) await compiled?.dispose();
    },
  };
}
