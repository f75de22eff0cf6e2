/** Adam (Kingma and Ba 2014) on named arrays. Each array's step is relative to the size of its own numbers. */
import type { Parameters } from './parameters';

export interface AdamState {
  /** Steps taken. */
  step: number;
  /** Running means of the gradient and of its square, by parameter. */
  mean: Record<string, Float32Array>;
  square: Record<string, Float32Array>;
}

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-12;
/** An array whose numbers are all nearly zero moves as if they had this size. */
const LEAST_SIZE = 1e-3;

export function startAdam(parameters: Parameters): AdamState {
  const zeros = () =>
    Object.fromEntries(
      Object.entries(parameters).map(([name, { data }]) => [name, new Float32Array(data.length)]),
    );
  return { step: 0, mean: zeros(), square: zeros() };
}

/**
 * One step, in place.
 *
 * The layers' numbers differ in size by orders of magnitude (a head gives VGG19's activations, which are in the thousands), so one
 * absolute learning rate cannot fit them all: `rate` is multiplied by the root mean square of each array.
 *
 * @param gradients by parameter, of its size; a parameter without one stays as it is, and so do its means
 * @param rate about how far a number moves (three times as far where gradients come after long rest), relative to the size of the array's numbers
 */
export function adamStep(
  state: AdamState,
  parameters: Parameters,
  gradients: Readonly<Partial<Record<string, Float32Array>>>,
  rate: number,
): void {
  state.step++;
  const correction = Math.sqrt(1 - BETA2 ** state.step) / (1 - BETA1 ** state.step);
  for (const [name, { data }] of Object.entries(parameters)) {
    const gradient = gradients[name];
    if (!gradient) continue;
    const mean = state.mean[name];
    const square = state.square[name];
    const stepSize = rate * correction * Math.max(rootMeanSquare(data), LEAST_SIZE);
    for (let i = 0; i < data.length; i++) {
      const g = gradient[i];
      const m = (mean[i] = BETA1 * mean[i] + (1 - BETA1) * g);
      const v = (square[i] = BETA2 * square[i] + (1 - BETA2) * g * g);
      data[i] = data[i] - (stepSize * m) / (Math.sqrt(v) + EPSILON);
    }
  }
}

export function rootMeanSquare(data: Float32Array): number {
  let sum = 0;
  for (const x of data) sum += x * x;
  return Math.sqrt(sum / data.length);
}
