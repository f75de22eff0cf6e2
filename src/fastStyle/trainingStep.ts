/** One step's work for the compiled engine: paint, judge, and the gradient in every parameter. */
import * as tf from '@tensorflow/tfjs';
import { type DeviceName, compile } from '../compile';
import type { Parameters } from '../train/parameters';
import { type Architecture, parameterShapes, styleLength } from './architecture';
import { stylise } from './network';
import type { Objective } from './objective';

/** What one step learns from. */
export interface Sample {
  /** The style that the photograph is to be painted in. */
  style: string;
  /** RGB, 0 to 255, row-major [size, size, 3]. */
  picture: Float32Array;
  /** What the objective needs besides. */
  extras: readonly Float32Array[];
}

export interface StepResult {
  loss: number;
  /** Each term's weighted value, by name. */
  terms: Record<string, number>;
  gradients: Record<string, Float32Array>;
}

export interface StepOptions {
  architecture: Architecture;
  objective: Objective;
  /** Side of the pictures in pixels. */
  size: number;
  /** Pictures in a step. */
  batch: number;
  /** What is trained: all parameters, or the style vectors alone. */
  trains: 'everything' | 'styles';
  device?: DeviceName;
  threads?: number;
}

export interface TrainingStep {
  /**
   * @param samples as many as the batch
   * @param parameters shared ones by name, and style/NAME for each style
   */
  run(samples: readonly Sample[], parameters: Parameters): Promise<StepResult>;
  dispose(): Promise<void>;
}

/** The name of a style's vector among the parameters. */
export function styleParameter(style: string): string {
  return `style/${style}`;
}

/** Compiles the step. Parameters are inputs of the graph, so that it is compiled once for a whole training. */
export async function compileStep(options: StepOptions): Promise<TrainingStep> {
  const { architecture, objective, size, batch, trains, device, threads } = options;
  const shapes = parameterShapes(architecture);
  const names = Object.keys(shapes);
  const extras = objective.extras.length;
  let termNames: string[] = [];

  const step = (...inputs: tf.Tensor[]) => {
    const [pictures, styles] = inputs as [tf.Tensor4D, tf.Tensor2D];
    const given = inputs.slice(2, 2 + extras);
    const parameters = inputs.slice(2 + extras);
    const loss = (vectors: tf.Tensor2D, tensors: readonly tf.Tensor[]) => {
      const named = Object.fromEntries(names.map((name, i) => [name, tensors[i]]));
      const painted = stylise(architecture, named, vectors, pictures);
      const terms = objective.loss(painted, pictures, given);
      termNames = Object.keys(terms);
      // The gradient of a vector of terms is the gradient of their sum.
      return tf.stack(Object.values(terms));
    };
    const { value, grads } =
      trains === 'styles'
        ? tf.valueAndGrads((vectors: tf.Tensor) => loss(vectors as tf.Tensor2D, parameters))([styles])
        : tf.valueAndGrads((vectors: tf.Tensor, ...tensors: tf.Tensor[]) =>
            loss(vectors as tf.Tensor2D, tensors),
          )([styles, ...parameters]);
    return { value, grads };
  };
  const compiled = await compile(
    step,
    [batch, size, size, 3],
    [batch, styleLength(architecture)],
    ...objective.extras.map((shape) => [batch, ...shape]),
    ...Object.values(shapes),
    { device, threads },
  );
  return {
    run: async (samples, current) => {
      const { value, grads } = await compiled(
        joined(samples.map(({ picture }) => picture)),
        joined(samples.map(({ style }) => current[styleParameter(style)].data)),
        ...Array.from({ length: extras }, (_, i) => joined(samples.map((sample) => sample.extras[i]))),
        ...names.map((name) => current[name].data),
      );
      const [ofStyles, ...shared] = grads.map(({ data }) => data as Float32Array);
      const values = [...value.data];
      return {
        loss: values.reduce((sum, each) => sum + each, 0),
        terms: Object.fromEntries(termNames.map((name, i) => [name, values[i]])),
        gradients: {
          ...styleGradients(samples, ofStyles),
          ...Object.fromEntries(shared.map((data, i) => [names[i], data])),
        },
      };
    },
    dispose: () => compiled.dispose(),
  };
}

/** The rows of the styles' gradients, summed by style. */
function styleGradients(samples: readonly Sample[], rows: Float32Array): Record<string, Float32Array> {
  const length = rows.length / samples.length;
  const gradients: Record<string, Float32Array> = {};
  samples.forEach(({ style }, i) => {
    const row = rows.subarray(i * length, (i + 1) * length);
    const sum = (gradients[styleParameter(style)] ??= new Float32Array(length));
    row.forEach((x, k) => (sum[k] = sum[k] + x));
  });
  return gradients;
}

function joined(arrays: readonly Float32Array[]): Float32Array {
  if (arrays.length === 1) return arrays[0];
  const all = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const array of arrays) {
    all.set(array, end);
    end += array.length;
  }
  return all;
}
