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
  contentLoss,
  gramLoss,
  gramMatrix,
  totalVariationLoss,
} from '../losses';
import { slimFeatures } from '../network/vgg19Slim';
import { IMAGENET_MEANS_BGR } from '../picture/preprocess';
import { type Parameter, type Parameters, slimParameters } from './parameters';

/** What a transfer sees of a picture: activations of the content layers and Gram matrices of the style layers, of VGG19's channels. */
type Views = (
  x: tf.Tensor4D,
  parameters: readonly tf.Tensor[],
) => { content: tf.Tensor4D[]; style: tf.Tensor2D[] };

const CONTENT_LAYERS = Object.keys(CHAPTER_WEIGHTS.content);
const STYLE_LAYERS = Object.keys(CHAPTER_WEIGHTS.style);

/** As the student with parameters of these names sees it. */
export function studentViews(names: readonly string[]): Views {
  return (x, tensors) => {
    const student = slimParameters(names, tensors);
    const network = slimFeatures(student, [...CONTENT_LAYERS, ...STYLE_LAYERS]);
    const { activations, gramMatrices } = network.withGramMatrices(x);
    return {
      content: CONTENT_LAYERS.map((name) => activations[name] as tf.Tensor4D),
      style: STYLE_LAYERS.map((name) => gramMatrices[name] as tf.Tensor2D),
    };
  };
}

/** As the teacher sees it. */
export function teacherViews(teacher: Features): Views {
  return (x) => {
    const activations = teacher(x);
    return {
      content: CONTENT_LAYERS.map((name) => activations[name] as tf.Tensor4D),
      style: STYLE_LAYERS.map((name) => gramMatrix(tf.squeeze(activations[name] as tf.Tensor4D, [0]))),
    };
  };
}

export interface Styliser {
  /**
   * The picture after each step of a transfer of `style` to `content`, both [size, size, 3] in preprocess's form.
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
 * @param parameters those that `views` takes, in its order; for their shapes
 */
export async function compileStyliser(
  views: Views,
  parameters: Parameters,
  size: number,
  threads?: number,
): Promise<Styliser> {
  const shapes = Object.values(parameters).map(({ shape }) => shape);
  const shape = [1, size, size, 3];
  const target = await compile(
    (...[x, ...own]: tf.Tensor[]) => {
      const { content, style } = views(x as tf.Tensor4D, own);
      return [...content, ...style];
    },
    shape,
    ...shapes,
    { threads },
  );
  const lossAndGrads = async (targetShapes: readonly (readonly number[])[]) =>
    compile(
      (...inputs: tf.Tensor[]) => {
        const targets = inputs.slice(1, targetShapes.length + 1);
        const own = inputs.slice(targetShapes.length + 1);
        return tf.valueAndGrad((x) => chapterLoss(views(x as tf.Tensor4D, own), targets, x as tf.Tensor4D))(
          inputs[0] as tf.Tensor,
        );
      },
      shape,
      ...targetShapes,
      ...shapes,
      { threads },
    );
  let loss: Awaited<ReturnType<typeof lossAndGrads>> | undefined;
  const bounds = Array.from({ length: size * size * 3 }, (_, i) => {
    const mean = IMAGENET_MEANS_BGR[(i % 3) as 0 | 1 | 2];
    return [-mean, 255 - mean] as const;
  });
  return {
    run: async (content, style, evaluations, current) => {
      const own = Object.keys(parameters).map((name) => (current[name] as Parameter).data);
      const ofContent = (await target(content, ...own)) as unknown as NDArray[];
      const ofStyle = (await target(style, ...own)) as unknown as NDArray[];
      const targets = [...ofContent.slice(0, CONTENT_LAYERS.length), ...ofStyle.slice(CONTENT_LAYERS.length)];
      const compiled = (loss ??= await lossAndGrads(targets.map(({ shape: dims }) => dims)));
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
      return pictures;
    },
    dispose: async () => {
      await target.dispose();
      await loss?.dispose();
    },
  };
}

function chapterLoss(seen: ReturnType<Views>, targets: readonly tf.Tensor[], x: tf.Tensor4D): tf.Scalar {
  const [, height, width] = x.shape;
  const content = CONTENT_LAYERS.map((name, i) =>
    tf.mul(
      contentLoss(targets[i] as tf.Tensor, seen.content[i] as tf.Tensor),
      CHAPTER_WEIGHTS.content[name] as number,
    ),
  );
  const style = STYLE_LAYERS.map((name, i) => {
    const S = targets[CONTENT_LAYERS.length + i] as tf.Tensor2D;
    return tf.mul(
      gramLoss(S, seen.style[i] as tf.Tensor2D, height, width),
      CHAPTER_WEIGHTS.style[name] as number,
    );
  });
  return tf.addN([
    ...content,
    ...style,
    tf.mul(totalVariationLoss(x), CHAPTER_WEIGHTS.totalVariation),
  ]) as tf.Scalar;
}
