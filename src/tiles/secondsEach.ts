/** How long an evaluation in windows takes, told before the first: it may take many minutes, and one window of each kind takes seconds. */
import type { InputArray } from '../compile';
import { elements } from './arrays';
import { type EvaluationParts, byOctave, inputsOf } from './evaluate';
import { windowsOf } from './plan';

/**
 * Seconds of an evaluation, from those of one window in each octave, forth and back.
 *
 * @throws the signal's reason where it is aborted; it is looked at before every window
 */
export async function secondsEach(
  z: InputArray,
  parts: EvaluationParts,
  ended: AbortSignal,
): Promise<number> {
  const { compiled, functions, given } = parts;
  const pictures = byOctave(await compiled.pictures(z), functions);
  const slopeOf = new Map(
    functions.sums.map((sum, i) => [sum, new Float32Array(elements(functions.loss.shapes[i]))]),
  );
  let seconds = 0;
  for (const { plan, first, second } of compiled.windows) {
    ended.throwIfAborted();
    const [window, ...others] = windowsOf(plan);
    const inputs = inputsOf(plan, window, pictures, functions.guides, given);
    const began = performance.now();
    await first(...inputs);
    ended.throwIfAborted();
    await second(...inputs, ...plan.wanted.map((sum) => slopeOf.get(sum) as Float32Array));
    seconds += ((performance.now() - began) / 1000) * (1 + others.length);
  }
  return seconds;
}
