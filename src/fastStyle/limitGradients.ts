/** Keeps single steps from throwing a training off its way. */
import type { StepResult } from './trainingStep';

/** A gradient may be so many times as long as they were of late. */
const MOST = 3;
/** How much of the running length the newest gradient makes. */
const SHARE = 0.05;

/** A function that scales a step's gradients down where they are far longer together than those of the steps before. */
export function limitGradients(): (result: StepResult) => StepResult {
  let usual: number | undefined;
  return (result) => {
    const arrays = Object.values(result.gradients);
    const length = Math.sqrt(arrays.reduce((sum, array) => sum + squares(array), 0));
    const most = usual === undefined ? length : MOST * usual;
    const factor = length > most ? most / length : 1;
    usual = usual === undefined ? length : (1 - SHARE) * usual + SHARE * length * factor;
    if (factor < 1) for (const array of arrays) array.forEach((x, i) => (array[i] = factor * x));
    return result;
  };
}

function squares(array: Float32Array): number {
  let sum = 0;
  for (const x of array) sum += x * x;
  return sum;
}
