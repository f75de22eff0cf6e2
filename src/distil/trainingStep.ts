/** One step's work for the compiled engine: the teacher's activations, the student's errors, and the gradient in every parameter. */
import * as tf from '@tensorflow/tfjs';
import { type NDArray, compile } from '../compile';
import type { FeatureExtractor } from '../losses/features';
import { type DistillationWeights, distillationLoss, relativeErrors } from './distillationLoss';
import { type Parameters, slimParameters } from '../train/parameters';

export interface StepResult {
  loss: number;
  /** Squared relative errors by layer. */
  activations: Float32Array;
  grams: Float32Array;
  gradients: Record<string, Float32Array>;
}

export interface TrainingStep {
  /** @param x a picture [size, size, 3] in preprocess's form */
  run(x: Float32Array, parameters: Parameters): Promise<StepResult>;
  dispose(): Promise<void>;
}

/**
 * Compiles the step for pictures of size x size. Parameters are inputs of the graph, so that it is compiled once for a whole training.
 *
 * @param parameters for their shapes
 */
export async function compileTrainingStep(
  teacher: FeatureExtractor,
  weights: DistillationWeights,
  parameters: Parameters,
  size: number,
  threads?: number,
): Promise<TrainingStep> {
  const names = Object.keys(parameters);
  const shapes = Object.values(parameters).map(({ shape }) => shape);
  // Computed inside the differentiated function, wanted outside of it too.
  let errors: ReturnType<typeof relativeErrors> | undefined;
  const step = (...inputs: tf.Tensor[]) => {
    const [x, ...own] = inputs as [tf.Tensor4D, ...tf.Tensor[]];
    const { value, grads } = tf.valueAndGrads((...tensors: tf.Tensor[]) => {
      errors = relativeErrors(teacher, slimParameters(names, tensors), x);
      tf.keep(errors.activations);
      tf.keep(errors.grams);
      return distillationLoss(errors, weights);
    })(own);
    const { activations, grams } = errors as ReturnType<typeof relativeErrors>;
    return { value, activations, grams, grads };
  };
  const compiled = await compile(step, [1, size, size, 3], ...shapes, { threads });
  tf.dispose({ ...errors });
  const floats = ({ data }: NDArray) => data as Float32Array;
  return {
    run: async (x, current) => {
      const inputs = names.map((name) => current[name].data);
      const { value, activations, grams, grads } = await compiled(x, ...inputs);
      const list = grads;
      return {
        loss: Number(value.data[0]),
        activations: floats(activations),
        grams: floats(grams),
        gradients: Object.fromEntries(names.map((name, i) => [name, floats(list[i])])),
      };
    },
    dispose: () => compiled.dispose(),
  };
}
