/** The training loop: an async generator that yields every step. It knows neither the loss nor where pictures come from. */
import { type AdamState, adamStep } from './adam';
import type { Parameters } from './parameters';

/** What a step computes: the loss, the gradient in every parameter, and figures of whoever made it. */
export interface Gradients {
  loss: number;
  gradients: Record<string, Float32Array>;
}

export interface TrainOptions<Batch, Result extends Gradients> {
  /** Changed in place. */
  parameters: Parameters;
  /** Changed in place; its step says where the training stands. */
  adam: AdamState;
  /** The learning rate of a step, relative to the size of a parameter's numbers; undefined ends the training. */
  rate(step: number): number | undefined;
  /**
   * What a step is trained on. It must depend only on the step's number and what a checkpoint keeps, so that a resumed training sees the
   * same.
   */
  batch(step: number): Promise<Batch>;
  gradients(batch: Batch, parameters: Parameters): Promise<Result>;
}

export interface StepEvent<Batch, Result> {
  /** Steps taken, this one included. */
  step: number;
  rate: number;
  batch: Batch;
  result: Result;
}

/** Steps over which the learning rate rises from 0. */
const WARM_UP = 100;

/** The learning rate of a step: a rise, then half a cosine down to nothing at the end, after which there is none. */
export function learningRate(
  step: number,
  { steps, rate }: { steps: number; rate: number },
): number | undefined {
  if (step >= steps) return undefined;
  return rate * Math.min((step + 1) / WARM_UP, 1) * halfCosine(step / steps);
}

/** From 1 down to 0, slowly at both ends. @param progress 0 to 1 */
export function halfCosine(progress: number): number {
  return 0.5 * (1 + Math.cos(Math.PI * progress));
}

/**
 * Takes steps with Adam for as long as there is a learning rate.
 *
 * @throws Error where the loss becomes NaN or infinite; the parameters are those before that step
 */
export async function* train<Batch, Result extends Gradients>(
  options: TrainOptions<Batch, Result>,
): AsyncGenerator<StepEvent<Batch, Result>, void, void> {
  const { parameters, adam } = options;
  for (;;) {
    const rate = options.rate(adam.step);
    if (rate === undefined) return;
    const batch = await options.batch(adam.step);
    const result = await options.gradients(batch, parameters);
    if (!Number.isFinite(result.loss)) {
      throw new Error(
        `train: the loss is ${result.loss} at step ${adam.step + 1}; resume with a lower learning rate.`,
      );
    }
    adamStep(adam, parameters, result.gradients, rate);
    yield { step: adam.step, rate, batch, result };
  }
}
