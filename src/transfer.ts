/**
 * The loop: In [24] of the chapter. An async generator of events; whoever watches a run (terminal, files, a notebook) consumes them, and
 * the loop knows none of them.
 */
import { setImmediate } from 'node:timers/promises';
import type { InputArray, NDArray } from './compile';
import { UserError } from './errors';
import { Evaluator } from './evaluator';
import { type LbfgsbState, type SavedLbfgsb, exportState, lbfgsb, restoreState, startState } from './lbfgsb';
import type { Picture } from './picture/image';
import { IMAGENET_MEANS_BGR, deprocess, preprocess } from './picture/preprocess';
import type { Settings } from './settings';

/** The loss of a picture and its weighted parts, which add up to it. */
export interface Losses {
  loss: number;
  content: number;
  style: number;
  totalVariation: number;
}

/** What is minimised: a compiled lossAndGrads, with the picture [height, width, 3] to begin at (BGR minus ImageNet's means). */
export interface TransferProblem {
  height: number;
  width: number;
  x0: Float64Array;
  lossAndGrads(x: InputArray): Promise<Record<'value' | keyof Omit<Losses, 'loss'> | 'grad', NDArray>>;
}

export interface TransferOptions extends Pick<
  Settings,
  'iterations' | 'evaluations' | 'restart' | 'bounds' | 'rounding'
> {
  /** When aborted, the run ends after the L-BFGS step at hand. */
  signal?: AbortSignal;
  /** Where another run with the same problem and options stood: this one goes on from there, with the same numbers. */
  from?: Checkpoint;
}

/** Where a run stands, at an accepted step: everything that it needs to go on as if never interrupted. */
export interface Checkpoint {
  /** The iteration that the step belongs to, or the next one where it was the last of its iteration. */
  iteration: number;
  /** Evaluations of the run before the optimiser at hand was started, and of the optimiser before this iteration. */
  evaluationsBefore: number;
  evaluationsAtStart: number;
  seconds: number;
  losses: Losses;
  optimiser: SavedLbfgsb;
}

/** How far a run is: evaluations by the optimiser and seconds since it began, over all its sittings. */
export interface Progress {
  iteration: number;
  evaluations: number;
  seconds: number;
}

export interface StartEvent extends Progress {
  type: 'start';
}

/** After every accepted step of L-BFGS. */
export interface StepEvent extends Progress, Losses {
  type: 'step';
  /** Evaluations in this iteration so far; it ends with the step that takes them beyond the setting. */
  evaluationsInIteration: number;
}

/** After every iteration. */
export interface IterationEvent extends Progress, Losses {
  type: 'iteration';
  /** The loss of the 8-bit picture, as it is written: clipped and with whole levels. */
  saved: number;
  picture: Picture;
  /** Its arrays are the optimiser's own, valid until the next event is asked for. */
  checkpoint: Checkpoint;
}

/** The last event. */
export interface EndEvent extends Progress {
  type: 'end';
  reason: 'iterations' | 'converged' | 'line search' | 'stopped' | 'not finite';
  /** What happened, in a sentence. */
  message: string;
  /** The last accepted picture, and where it stands, of a run that ended within an iteration. */
  picture?: Picture;
  checkpoint?: Checkpoint;
}

export type TransferEvent = StartEvent | StepEvent | IterationEvent | EndEvent;

/** A loss or gradient that is no finite number. */
class NotFinite extends UserError {}

/**
 * Minimises the loss with L-BFGS-B, in iterations of about `evaluations` evaluations each. An iteration ends with the step after which
 * its evaluations exceed that number, as with SciPy's maxfun. With `restart` each one is a new call of fmin_l_bfgs_b, as in the
 * chapter; without, one run goes on through all of them, with its memory.
 *
 * Before every evaluation the event loop has its turn, so that signals, timers and displays come to theirs.
 *
 * @throws UserError, after an end event with the last good picture, where a loss or gradient becomes NaN or infinite
 */
export async function* transfer(
  problem: TransferProblem,
  { iterations, evaluations, restart, bounds, rounding, signal, from }: TransferOptions,
): AsyncGenerator<TransferEvent, void, void> {
  const { height, width } = problem;
  const box = bounds ? displayable(problem.x0.length) : null;
  const began = performance.now();
  if (from) assertSameSize(from, problem);
  let optimiser = from ? restoreState(from.optimiser) : startState(problem.x0, { bounds: box });
  let { iteration, evaluationsBefore, evaluationsAtStart } = from ?? {
    iteration: 0,
    evaluationsBefore: 0,
    evaluationsAtStart: 0,
  };
  let accepted = from?.losses;
  let latest: Losses | undefined;
  let asked = evaluationsBefore + optimiser.funcalls;

  const evaluator = new Evaluator(async (x) => {
    // Before the event loop's turn, so that no signal comes between that and the evaluation.
    const single = new Float32Array(x as Float64Array);
    await setImmediate();
    // One turn more for whoever aborted it: the command line hands the next Ctrl-C to the system, which can end an evaluation.
    if (signal?.aborted) await setImmediate();
    asked++;
    const result = await problem.lossAndGrads(single);
    latest = lossesOf(result);
    assertFinite(latest, result.grad, asked);
    return result;
  });
  const progress = (): Progress => ({
    iteration,
    evaluations: evaluationsBefore + optimiser.funcalls,
    seconds: (from?.seconds ?? 0) + (performance.now() - began) / 1000,
  });
  const picture = () => deprocess({ data: optimiser.x, height, width }, rounding);
  const checkpoint = (): Checkpoint => ({
    iteration,
    evaluationsBefore,
    evaluationsAtStart,
    seconds: progress().seconds,
    losses: accepted as Losses,
    optimiser: exportState(optimiser),
  });
  const end = (reason: EndEvent['reason'], message: string): EndEvent => ({
    type: 'end',
    ...progress(),
    reason,
    message,
  });

  for (; iteration < iterations && !hasEnded(optimiser); iteration++) {
    if (signal?.aborted) return yield end('stopped', `Stopped before iteration ${iteration}.`);
    yield { type: 'start', ...progress() };
    try {
      for await (const { funcalls } of lbfgsb(optimiser, evaluator.loss, { fprime: evaluator.grads })) {
        accepted = latest as Losses;
        const evaluationsInIteration = funcalls - evaluationsAtStart;
        yield { type: 'step', ...progress(), ...accepted, evaluationsInIteration };
        if (evaluationsInIteration > evaluations) break;
        if (signal?.aborted) {
          const stopped = end('stopped', `Stopped within iteration ${iteration}.`);
          return yield { ...stopped, picture: picture(), checkpoint: checkpoint() };
        }
      }
    } catch (error) {
      if (error instanceof NotFinite) {
        yield { ...end('not finite', error.message), ...(accepted && { picture: picture() }) };
      }
      throw error;
    }
    // Where the very first evaluation found nothing to improve there was no step.
    accepted ??= latest as Losses;

    const done = progress();
    const image = picture();
    const saved = await lossOf(problem, image);
    evaluationsAtStart = optimiser.funcalls;
    if (restart && !hasEnded(optimiser)) {
      evaluationsBefore += optimiser.funcalls;
      evaluationsAtStart = 0;
      optimiser = startState(optimiser.x, { bounds: box });
    }
    const { seconds } = progress();
    yield {
      type: 'iteration',
      ...done,
      seconds,
      ...accepted,
      saved,
      picture: image,
      checkpoint: { ...checkpoint(), iteration: iteration + 1, seconds },
    };
  }
  if (hasEnded(optimiser)) yield end(...whyEnded(optimiser));
  else
    yield end(
      'iterations',
      iterations === 1 ? 'The one iteration is done.' : `All ${iterations} iterations are done.`,
    );
}

/** @throws UserError where the checkpoint is of a picture of another size */
export function assertSameSize(
  { optimiser }: Checkpoint,
  { height, width }: Pick<TransferProblem, 'height' | 'width'>,
): void {
  const n = height * width * 3;
  if (optimiser.n !== n) {
    throw new UserError(
      `Expected a checkpoint of ${n} values, for ${width} x ${height} pixels, but it has ${optimiser.n}.`,
    );
  }
}

/** Bounds for n values [height, width, 3] in VGG19's form: those that a screen can show, 0..255 minus each channel's mean. */
export function displayable(n: number): { lower: Float64Array; upper: Float64Array } {
  const lower = Float64Array.from({ length: n }, (_, i) => -(IMAGENET_MEANS_BGR[i % 3] as number));
  return { lower, upper: lower.map((least) => least + 255) };
}

function lossesOf(result: Awaited<ReturnType<TransferProblem['lossAndGrads']>>): Losses {
  const number = ({ data }: NDArray) => Number(data[0]);
  return {
    loss: number(result.value),
    content: number(result.content),
    style: number(result.style),
    totalVariation: number(result.totalVariation),
  };
}

function assertFinite(losses: Losses, grad: NDArray, evaluation: number): void {
  const wrong = Object.entries(losses).find(([, value]) => !Number.isFinite(value));
  if (!wrong && grad.data.every(Number.isFinite)) return;
  const what = wrong
    ? `the ${wrong[0]}${wrong[0] === 'loss' ? '' : ' loss'} is ${wrong[1]}`
    : 'its gradient is not';
  throw new NotFinite(
    `Expected a finite loss and gradient, but at evaluation ${evaluation} ${what}; lower the weights, or check the network's.`,
  );
}

/** The loss of a picture as it was saved. */
async function lossOf({ lossAndGrads }: TransferProblem, picture: Picture): Promise<number> {
  const x = preprocess(picture);
  const { value } = await lossAndGrads(x);
  x.dispose();
  return Number(value.data[0]);
}

function hasEnded({ task }: LbfgsbState): boolean {
  return task !== 'START' && task !== 'NEW_X';
}

function whyEnded({ task }: LbfgsbState): [EndEvent['reason'], string] {
  return task === 'ABNORMAL_TERMINATION_IN_LNSRCH'
    ? ['line search', `The line search found no better picture: ${task}.`]
    : ['converged', `Nothing is left to improve: ${task}.`];
}
