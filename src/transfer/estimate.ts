/**
 * How long a run will take. It is told before the first evaluation where that is possible, and else as soon as this is through; it is not
 * computed again.
 */
import { abortable } from '../abortable';
import type { InputArray } from '../compile';
import type { Evaluation, TransferProblem } from '../problem/problem';
import type { EstimateEvent, Progress } from './events';
import type { TransferOptions } from './transfer';

/** The same problem, and how to time it. */
export interface Timed<Problem extends TransferProblem> {
  problem: Problem;
  /** Seconds of an evaluation: by the problem's own estimate, or those of the one at z0, whose result is kept until the run asks for another. */
  secondsEach: (signal?: AbortSignal) => Promise<number>;
}

export function timed<Problem extends TransferProblem>(problem: Problem): Timed<Problem> {
  const { z0 } = problem;
  let first: Promise<Evaluation> | undefined;
  const lossAndGrads = (z: InputArray) => {
    if (first && isSame(z, z0)) return first;
    first = undefined;
    return problem.lossAndGrads(z);
  };
  const secondsEach = async (signal?: AbortSignal) => {
    if (problem.secondsEach) return abortable(problem.secondsEach(z0), signal);
    const began = performance.now();
    first = problem.lossAndGrads(z0);
    await abortable(first, signal);
    return (performance.now() - began) / 1000;
  };
  return { problem: { ...problem, lossAndGrads }, secondsEach };
}

function isSame(z: InputArray, z0: Float64Array): boolean {
  return z instanceof Float64Array && z.every((value, i) => value === z0[i]);
}

/** What a run will take from here on; nothing where it has no more to do, or was stopped. */
export async function estimateOf(
  timedSeconds: Timed<TransferProblem>['secondsEach'],
  options: TransferOptions,
): Promise<EstimateEvent | undefined> {
  const { from, signal } = options;
  const iteration = from?.iteration ?? 0;
  if (iteration >= options.iterations || signal?.aborted) return undefined;
  const done = from ? from.evaluationsBefore + from.optimiser.funcalls : 0;
  const inIteration = from ? from.optimiser.funcalls - from.evaluationsAtStart : 0;
  try {
    const secondsEach = from && done > 0 ? from.seconds / done : await timedSeconds(signal);
    return {
      type: 'estimate',
      secondsEach,
      seconds: secondsEach * evaluationsLeft({ iteration }, inIteration, options),
    };
  } catch (error) {
    if (signal?.aborted && error === signal.reason) return undefined;
    throw error;
  }
}

/** About how many evaluations are left: an iteration ends beyond its number, and scoring the saved picture is one more. */
export function evaluationsLeft(
  { iteration }: Pick<Progress, 'iteration'>,
  inIteration: number,
  { iterations, evaluations }: Pick<TransferOptions, 'iterations' | 'evaluations'>,
): number {
  return Math.max(evaluations + 2 - inIteration, 1) + (iterations - 1 - iteration) * (evaluations + 2);
}
