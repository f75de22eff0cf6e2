/** The loss of a network on samples that it was not trained on, without gradients. */
import * as tf from '@tensorflow/tfjs';
import { compile } from '../compile';
import type { Parameters } from '../train/parameters';
import { parameterShapes, styleLength } from './architecture';
import { stylise } from './network';
import { type Sample, type StepOptions, styleParameter } from './trainingStep';

export interface Scorer {
  loss(sample: Sample, parameters: Parameters): Promise<number>;
  dispose(): Promise<void>;
}

/** Compiles the loss of one sample. */
export async function compileScorer({
  architecture,
  objective,
  size,
  device,
  threads,
}: Pick<StepOptions, 'architecture' | 'objective' | 'size' | 'device' | 'threads'>): Promise<Scorer> {
  const shapes = parameterShapes(architecture);
  const names = Object.keys(shapes);
  const loss = (...inputs: tf.Tensor[]) => {
    const [picture, style] = inputs as [tf.Tensor4D, tf.Tensor2D];
    const parameters = inputs.slice(2 + objective.extras.length);
    const named = Object.fromEntries(names.map((name, i) => [name, parameters[i]]));
    const painted = stylise(architecture, named, style, picture);
    return tf.addN(
      Object.values(objective.loss(painted, picture, inputs.slice(2, 2 + objective.extras.length))),
    );
  };
  const compiled = await compile(
    loss,
    [1, size, size, 3],
    [1, styleLength(architecture)],
    ...objective.extras.map((shape) => [1, ...shape]),
    ...Object.values(shapes),
    { device, threads },
  );
  return {
    loss: async ({ picture, style, extras }, parameters) => {
      const own = names.map((name) => parameters[name].data);
      const { data } = await compiled(picture, parameters[styleParameter(style)].data, ...extras, ...own);
      return data[0];
    },
    dispose: () => compiled.dispose(),
  };
}
