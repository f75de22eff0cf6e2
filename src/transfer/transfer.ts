/**
 * The loop: In [24] of the chapter. It yields events. A terminal, files, a notebook or a page may consume them; the loop knows none of
 * these.
 */
import { abortable } from '../abortable';
import type { NDArray } from '../compile';
import { UserError } from '../errors';
import { breathe } from '../eventLoop';
import { Evaluator } from '../evaluator';
import { type LbfgsbState, exportState, lbfgsb, pairsFor, restoreState, startState } from '../lbfgsb';
import type { DeepPicture, Picture } from '../picture/image';
import { type RgbValues, eightBit, preprocess, rgbValues, sixteenBit } from '../picture/preprocess';
import type { Evaluation, TransferProblem } from '../problem/problem';
import type { Settings } from '../settings';
import { type Checkpoint, assertSameLength } from './checkpoint';
import type { EndEvent, IterationEvent, Losses, Progress, StartEvent, StepEvent } from './events';

export interface TransferOptions extends Pick<
  Settings,
  'iterations' | 'evaluations' | 'restart' | 'rounding'
> {
  /** When aborted, the run ends at once, at the last accepted step. */
  signal?: AbortSignal;
  /** The state of another run with the same problem and options: this one continues from there, with the same numbers. */
  from?: Checkpoint;
}

export type LoopEvent = StartEvent | StepEvent | IterationEvent | EndEvent;

/** A run: its events, and what can be asked for between them or while an evaluation is under way. */
export interface Transfer<Event> extends AsyncGenerator<Event, void, void> {
  /** The picture at the last accepted step; before the first, the one that the run began with. */
  picture(): Promise<Picture>;
  /** The same picture with 16 bits a channel, rounded once. */
  deepPicture(): Promise<DeepPicture>;
  /** Where the run stands at the last accepted step. */
  checkpoint(): Promise<Checkpoint>;
}

/** A loss or gradient that is not finite. */
class NotFinite extends UserError {}

/**
 * Minimises the loss with L-BFGS-B, in iterations of about `evaluations` evaluations each. An iteration ends with the step after which
 * its evaluations exceed that number, as with SciPy's maxfun. With `restart` each one is a new call of fmin_l_bfgs_b, as in the
 * chapter; without it, one run continues through all of them and keeps its memory.
 *
 * @throws UserError, after an end event, where a loss or gradient becomes NaN or infinite
 */
export function transfer(problem: TransferProblem, options: TransferOptions): Transfer<LoopEvent> {
  const run = new Run(problem, options);
  return Object.assign(run.events(), {
    picture: () => run.picture(),
    deepPicture: () => run.deepPicture(),
    checkpoint: () => run.checkpoint(),
  });
}

class Run {
  private optimiser: LbfgsbState;
  private iteration: number;
  private evaluationsBefore: number;
  private evaluationsAtStart: number;
  /** All evaluations that were asked for, including those of a line search that was broken off. */
  private asked: number;
  /** Of the last evaluation, and of the last accepted step; before the first step, of the first picture. */
  private latest?: Evaluation;
  private accepted?: { losses: Losses; picture?: Float32Array };
  private readonly turn = new Turn();
  private readonly began = performance.now();

  constructor(
    private readonly problem: TransferProblem,
    private readonly options: TransferOptions,
  ) {
    const { from } = options;
    if (from) assertSameLength(from, problem.z0.length);
    this.optimiser = from ? restoreState(from.optimiser) : this.startAt(problem.z0);
    this.iteration = from?.iteration ?? 0;
    this.evaluationsBefore = from?.evaluationsBefore ?? 0;
    this.evaluationsAtStart = from?.evaluationsAtStart ?? 0;
    this.asked = this.evaluationsBefore + this.optimiser.funcalls;
    this.accepted = from?.losses && { losses: from.losses };
  }

  async *events(): AsyncGenerator<LoopEvent, void, void> {
    const { iterations, signal } = this.options;
    while (this.iteration < iterations && !this.isFinished()) {
      if (signal?.aborted) return yield this.end('stopped', `Stopped before iteration ${this.iteration}.`);
      yield { type: 'start', ...this.progress() };
      try {
        yield* this.steps();
        const done = { ...this.progress(), ...this.losses() };
        const saved = await this.score(eightBit(await this.values(), this.options.rounding));
        await breathe();
        this.closeIteration();
        yield { type: 'iteration', ...done, seconds: this.progress().seconds, saved };
      } catch (error) {
        const within = `within iteration ${this.iteration}.`;
        if (signal?.aborted && error === signal.reason) return yield this.end('stopped', `Stopped ${within}`);
        if (error instanceof NotFinite) yield this.end('not finite', error.message);
        throw error;
      }
    }
    if (hasEnded(this.optimiser)) yield this.end(...whyEnded(this.optimiser));
    else
      yield this.end(
        'iterations',
        iterations === 1 ? 'The one iteration is done.' : `All ${iterations} iterations are done.`,
      );
  }

  async picture(): Promise<Picture> {
    return eightBit(await this.shown(), this.options.rounding);
  }

  async deepPicture(): Promise<DeepPicture> {
    return sixteenBit(await this.shown(), this.options.rounding);
  }

  private async shown(): Promise<RgbValues> {
    const canvas = await this.values();
    return this.problem.finish?.(canvas) ?? canvas;
  }

  /** The values of the canvas at the last accepted step, as the network sees it. */
  private async values(): Promise<RgbValues> {
    const { height, width, lossAndGrads } = this.problem;
    await this.turn.rest();
    const data = this.accepted?.picture ?? (await lossAndGrads(exportState(this.optimiser).x)).picture.data;
    await breathe();
    return rgbValues({ data: data as Float32Array, height, width });
  }

  async checkpoint(): Promise<Checkpoint> {
    await this.turn.rest();
    return {
      iteration: this.iteration,
      evaluationsBefore: this.evaluationsBefore,
      evaluationsAtStart: this.evaluationsAtStart,
      seconds: this.progress().seconds,
      losses: this.accepted?.losses,
      optimiser: exportState(this.optimiser),
    };
  }

  /** The steps that are left of the iteration at hand. */
  private async *steps(): AsyncGenerator<StepEvent, void, void> {
    const { evaluations, signal } = this.options;
    const inIteration = () => this.optimiser.funcalls - this.evaluationsAtStart;
    if (hasEnded(this.optimiser) || inIteration() > evaluations) return;
    const evaluator = new Evaluator((z) => this.evaluate(z as Float64Array));
    this.turn.begin();
    try {
      for await (const { funcalls } of lbfgsb(this.optimiser, evaluator.loss, { fprime: evaluator.grads })) {
        this.accept(this.latest as Evaluation);
        this.turn.end();
        const evaluationsInIteration = funcalls - this.evaluationsAtStart;
        yield { type: 'step', ...this.progress(), ...this.losses(), evaluationsInIteration };
        if (inIteration() > evaluations) return;
        signal?.throwIfAborted();
        this.turn.begin();
      }
    } finally {
      this.turn.end();
    }
  }

  private async evaluate(z: Float64Array): Promise<Evaluation> {
    const { signal } = this.options;
    this.turn.end();
    const result = await abortable(this.problem.lossAndGrads(z), signal);
    await breathe();
    this.turn.begin();
    assertFinite(result, ++this.asked);
    this.latest = result;
    if (this.optimiser.task === 'START') this.accept(result);
    return result;
  }

  private accept(evaluation: Evaluation): void {
    this.accepted = { losses: lossesOf(evaluation), picture: evaluation.picture.data as Float32Array };
  }

  private losses(): Losses {
    return (this.accepted as { losses: Losses }).losses;
  }

  /** The loss of a picture with whole levels. */
  private async score(picture: Picture): Promise<number> {
    const x = preprocess(picture);
    const z = this.problem.variables.from(x.dataSync());
    x.dispose();
    const { value } = await abortable(this.problem.lossAndGrads(z), this.options.signal);
    return Number(value.data[0]);
  }

  /** What comes after it counts as the next iteration. */
  private closeIteration(): void {
    this.iteration++;
    if (this.options.restart && !hasEnded(this.optimiser)) {
      this.evaluationsBefore += this.optimiser.funcalls;
      this.evaluationsAtStart = 0;
      this.optimiser = this.startAt(this.optimiser.x);
    } else {
      this.evaluationsAtStart = this.optimiser.funcalls;
    }
  }

  private startAt(z: Float64Array): LbfgsbState {
    return startState(z, { m: pairsFor(z.length), bounds: this.problem.variables.bounds });
  }

  /** Whether nothing is left to improve and the iteration that found this out is closed. */
  private isFinished(): boolean {
    return hasEnded(this.optimiser) && this.optimiser.funcalls === this.evaluationsAtStart;
  }

  private progress(): Progress {
    const { from } = this.options;
    return {
      iteration: this.iteration,
      evaluations: this.evaluationsBefore + this.optimiser.funcalls,
      seconds: (from?.seconds ?? 0) + (performance.now() - this.began) / 1000,
    };
  }

  private end(reason: EndEvent['reason'], message: string): EndEvent {
    const { funcalls, nit } = this.optimiser;
    const withinIteration = nit > 0 && funcalls > this.evaluationsAtStart;
    return { type: 'end', ...this.progress(), reason, message, withinIteration };
  }
}

/** Tells when the optimiser is at rest, between two steps or waiting for an evaluation: only then can its state be read. */
class Turn {
  private ended: Promise<void> = Promise.resolve();
  private resolve: (() => void) | undefined;

  begin(): void {
    this.ended = new Promise((resolve) => (this.resolve = resolve));
  }

  end(): void {
    this.resolve?.();
    this.resolve = undefined;
  }

  /** Waits for the end of the turn at hand, if there is one. */
  async rest(): Promise<void> {
    while (this.resolve) await this.ended;
  }
}

function lossesOf({ value, terms }: Evaluation): Losses {
  const number = ({ data }: NDArray) => Number(data[0]);
  return {
    loss: number(value),
    terms: Object.fromEntries(Object.entries(terms).map(([name, term]) => [name, number(term)])),
  };
}

function assertFinite(evaluation: Evaluation, count: number): void {
  const { loss, terms } = lossesOf(evaluation);
  const wrong = Object.entries({ loss, ...terms }).find(([, value]) => !Number.isFinite(value));
  if (!wrong && areFinite(evaluation.grad.data)) return;
  const what = wrong
    ? `the ${wrong[0] === 'loss' ? 'loss' : `term ${wrong[0]}`} is ${wrong[1]}`
    : 'the gradient is not finite';
  throw new NotFinite(`At evaluation ${count} ${what}. Lower the weights, or check the network's.`);
}

/** A plain loop: over a large picture `every` takes many times as long. */
function areFinite(data: NDArray['data']): boolean {
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return false;
  return true;
}

function hasEnded({ task }: LbfgsbState): boolean {
  return task !== 'START' && task !== 'NEW_X' && task !== 'SEARCH';
}

function whyEnded({ task }: LbfgsbState): [EndEvent['reason'], string] {
  return task === 'ABNORMAL_TERMINATION_IN_LNSRCH'
    ? ['line search', `The line search found no better picture: ${task}.`]
    : ['converged', `Nothing is left to improve: ${task}.`];
}
