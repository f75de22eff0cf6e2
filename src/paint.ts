/** A picture in one call, for work that needs no events: pairs to train on, drafts, the lessons' many small pictures. */
import type { Picture } from './picture/image';
import { type ProblemOptions, createProblem } from './problem/problem';
import { transfer } from './transfer/transfer';

export interface PaintOptions extends ProblemOptions {
  /** The transfer ends with the L-BFGS step that takes it beyond this many evaluations. */
  evaluations: number;
}

/**
 * The picture after a transfer of so many evaluations.
 *
 * @throws UserError as createProblem and transfer do; the signal's reason where it is aborted
 */
export async function paint({ evaluations, onEvent, signal, ...problem }: PaintOptions): Promise<Picture> {
  const prepared = await createProblem({ ...problem, signal, onEvent });
  try {
    const run = transfer(prepared, { iterations: 1, evaluations, restart: false, rounding: 'round', signal });
    while (!(await run.next()).done) signal?.throwIfAborted();
    return await run.picture();
  } finally {
    const disposal = prepared.dispose();
    if (!signal?.aborted) await disposal;
  }
}
