/**
 * The training of a fast style network, whatever its objective: steps of Adam in phases, an average of the weights, a score on held-out
 * photographs, and checkpoints. An async generator of events; it knows none of its watchers.
 */
import { abortable } from '../abortable';
import type { DeviceName } from '../compile';
import { halfCosine, train } from '../train/loop';
import type { Architecture } from './architecture';
import { limitGradients } from './limitGradients';
import type { Objective } from './objective';
import { type Scorer, compileScorer } from './score';
import { type TrainingState, copyOf, saveTraining, updateAverage } from './trainingState';
import { type Sample, type StepResult, type TrainingStep, compileStep } from './trainingStep';

/** A part of a training: its pictures' size, and what it changes. */
export interface Phase {
  /** Its part of the whole; the phases' shares are 1 together. */
  share: number;
  /** Side of the pictures in pixels. */
  size: number;
  /** Pictures in a step. */
  batch: number;
  trains: 'everything' | 'styles';
  /** The learning rate at its beginning, relative to the size of a parameter's numbers; over the whole training it falls to 0. */
  rate: number;
}

export interface TrainingOptions {
  architecture: Architecture;
  phases: readonly Phase[];
  /** What the network is trained for, with pictures of this size. */
  objective(size: number): Objective;
  /** The samples of a step. They must depend only on its number, so that a resumed training sees the same. */
  draw(step: number, phase: Phase): Promise<Sample[]>;
  /** What the average is scored on, in pictures of `size`. Without any, every average is the best so far. */
  heldOut: { size: number; samples: readonly Sample[] };
  /** When it ends: after so much time, or so many steps, over all sessions. */
  budget: { minutes: number } | { steps: number };
  /** Changed in place. */
  state: TrainingState;
  /** Where the state is kept; default nowhere. */
  checkpoint?: string;
  /** Seconds from one score and checkpoint to the next. */
  interval: number;
  /** How slowly the average follows: of a step, 1 - decay is taken. */
  decay: number;
  device?: DeviceName;
  threads?: number;
  /** Aborted, it ends the training after a last checkpoint. */
  signal?: AbortSignal;
}

export type TrainingEvent =
  | {
      type: 'step';
      step: number;
      phase: Phase;
      loss: number;
      /** Each term's weighted value, by name. */
      terms: Record<string, number>;
      seconds: number;
      secondsLeft: number;
    }
  /** The average was scored, and the checkpoint written. */
  | { type: 'score'; step: number; score: number; isBest: boolean; seconds: number };

/** Steps over which the learning rate rises from 0. */
const WARM_UP = 30;

/**
 * Trains until the budget is spent; the result is in `state`, where `best` is what to keep.
 *
 * @throws Error where the loss becomes NaN or infinite; the signal's reason where it is aborted
 */
export async function* trainFastStyle(options: TrainingOptions): AsyncGenerator<TrainingEvent, void, void> {
  const { state, interval, checkpoint, signal, decay } = options;
  const { size, samples } = options.heldOut;
  const before = state.seconds;
  const began = performance.now();
  const seconds = () => before + (performance.now() - began) / 1000;
  const keep = async () => {
    state.seconds = seconds();
    if (checkpoint !== undefined) await saveTraining(checkpoint, state);
  };
  const scorer = await compileScorer({ ...options, objective: options.objective(size), size });
  let scoredAt = seconds();
  let scoredStep = -1;
  const score = async (): Promise<TrainingEvent> => {
    const value = await averageScore(scorer, samples, state);
    const isBest = value <= state.best.score || samples.length === 0;
    if (isBest) state.best = { score: value, parameters: copyOf(state.average) };
    await keep();
    scoredAt = seconds();
    scoredStep = state.adam.step;
    return { type: 'score', step: state.adam.step, score: value, isBest, seconds: scoredAt };
  };
  try {
    for (const { phase, end } of endsOf(options.phases)) {
      const progress = () => progressOf(options.budget, state.adam.step, seconds());
      if (progress() >= end) continue;
      for await (const event of trainPhase(options, phase, () =>
        progress() < end ? progress() : undefined,
      )) {
        updateAverage(state, decay);
        const { step, result } = event;
        const now = seconds();
        const secondsLeft = now / Math.max(progress(), 1e-6) - now;
        yield {
          type: 'step',
          step,
          phase,
          loss: result.loss,
          terms: result.terms,
          seconds: now,
          secondsLeft,
        };
        signal?.throwIfAborted();
        if (now - scoredAt >= interval) yield await score();
      }
    }
    if (scoredStep !== state.adam.step) yield await score();
  } catch (error) {
    if (signal?.aborted) await keep();
    throw error;
  } finally {
    await scorer.dispose();
  }
}

async function* trainPhase(
  options: TrainingOptions,
  phase: Phase,
  progress: () => number | undefined,
): AsyncGenerator<{ step: number; result: StepResult }, void, void> {
  const { state, signal } = options;
  const draw = (index: number) => options.draw(index, phase);
  const step: TrainingStep = await compileStep({
    ...options,
    ...phase,
    objective: options.objective(phase.size),
  });
  const limit = limitGradients();
  // The next step's pictures are cropped while the engine is at work on these.
  let ahead: { step: number; samples: Promise<Sample[]> } | undefined;
  const samplesOf = (index: number) => (ahead?.step === index ? ahead.samples : draw(index));
  try {
    yield* train({
      ...state,
      rate: (index) => {
        const now = progress();
        if (now === undefined) return undefined;
        return phase.rate * Math.min((index + 1) / WARM_UP, 1) * halfCosine(now);
      },
      batch: samplesOf,
      gradients: async (samples, parameters) => {
        signal?.throwIfAborted();
        const running = step.run(samples, parameters);
        const next = state.adam.step + 1;
        ahead = { step: next, samples: draw(next) };
        // Whoever awaits it gets the error; after the last step nobody does.
        ahead.samples.catch(() => undefined);
        return limit(await abortable(running, signal));
      },
    });
  } finally {
    await step.dispose();
  }
}

function progressOf(budget: TrainingOptions['budget'], step: number, seconds: number): number {
  return 'steps' in budget ? step / budget.steps : seconds / (60 * budget.minutes);
}

function endsOf(phases: readonly Phase[]): { phase: Phase; end: number }[] {
  let sum = 0;
  return phases.map((phase, i) => {
    sum += phase.share;
    // Rounding must not end the last one early.
    return { phase, end: i === phases.length - 1 ? 1 : sum };
  });
}

async function averageScore(
  scorer: Scorer,
  samples: readonly Sample[],
  { average }: TrainingState,
): Promise<number> {
  let sum = 0;
  for (const sample of samples) sum += await scorer.loss(sample, average);
  return samples.length === 0 ? 0 : sum / samples.length;
}
