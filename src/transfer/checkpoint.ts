/** The state of a run: everything that it needs to continue as if it had never been interrupted. */
import { UserError } from '../errors';
import type { SavedLbfgsb } from '../lbfgsb';
import type { Losses } from './events';

export interface Checkpoint {
  /** The iteration that the last accepted step belongs to, or the next one where it was the last of its iteration. */
  iteration: number;
  /** Evaluations of the run before the optimiser at hand was started, and of the optimiser before this iteration. */
  evaluationsBefore: number;
  evaluationsAtStart: number;
  seconds: number;
  /** At the last accepted step; absent before the first. */
  losses?: Losses;
  /** Its arrays are the optimiser's own, valid until the next step: write them out or structuredClone them before. */
  optimiser: SavedLbfgsb;
}

/** @throws UserError where the checkpoint has another number of variables */
export function assertSameLength({ optimiser }: Checkpoint, length: number): void {
  if (optimiser.n !== length) {
    throw new UserError(
      `The checkpoint has ${optimiser.n} variables, but this transfer has ${length}. Resume it with the size that it began with.`,
    );
  }
}
