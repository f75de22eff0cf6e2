/** The state of a training: what it changes, and what a checkpoint keeps of it, in one safetensors file. */
import { existsSync } from 'node:fs';
import { UserError } from '../errors';
import { type SafeTensor, readSafetensors, writeSafetensors } from '../network/safetensors';
import { type AdamState, startAdam } from '../train/adam';
import type { Parameters } from '../train/parameters';
import { type Architecture, parameterShapes, styleLength } from './architecture';

export interface TrainingState {
  /** Shared parameters by name, and style/NAME for each style. */
  parameters: Parameters;
  adam: AdamState;
  /** A running average of the parameters: what is scored and kept. */
  average: Parameters;
  /** The average that scored best so far. */
  best: { score: number; parameters: Parameters };
  /** Seconds of training, over all its sessions. */
  seconds: number;
}

export function startTraining(parameters: Parameters): TrainingState {
  return {
    parameters,
    adam: startAdam(parameters),
    average: copyOf(parameters),
    best: { score: Infinity, parameters: copyOf(parameters) },
    seconds: 0,
  };
}

export function copyOf(parameters: Parameters): Parameters {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]),
  );
}

/**
 * Moves the average towards the parameters, in place: by 1 - decay, and by more in the first steps, when there is little to average.
 */
export function updateAverage({ parameters, average, adam }: TrainingState, decay: number): void {
  const share = 1 - Math.min(decay, (adam.step + 1) / (adam.step + 10));
  for (const [name, { data }] of Object.entries(parameters)) {
    const mean = average[name].data;
    for (let i = 0; i < data.length; i++) mean[i] = mean[i] + share * (data[i] - mean[i]);
  }
}

/** What a checkpoint keeps of each parameter. */
const PARTS = ['parameters', 'mean', 'square', 'average', 'best'] as const;

/** How large the checkpoint of a training of one style is: its header's names are short beside its numbers. */
export function bytesOfTraining(architecture: Architecture): number {
  const shared = Object.values(parameterShapes(architecture)).map((shape) =>
    shape.reduce((n, side) => n * side, 1),
  );
  const numbers = shared.reduce((sum, n) => sum + n, styleLength(architecture));
  return PARTS.length * Float32Array.BYTES_PER_ELEMENT * numbers;
}

/** @throws UserError where the file cannot be written; an earlier checkpoint there stays */
export async function saveTraining(file: string, state: TrainingState): Promise<void> {
  const { parameters, adam, average, best, seconds } = state;
  const tensors: Record<string, SafeTensor> = {};
  for (const [name, { shape, data }] of Object.entries(parameters)) {
    const parts = [data, adam.mean[name], adam.square[name], average[name].data, best.parameters[name].data];
    PARTS.forEach((part, i) => (tensors[`${part}/${name}`] = { shape, data: parts[i] }));
  }
  const metadata = { step: String(adam.step), score: String(best.score), seconds: String(seconds) };
  await writeSafetensors(file, { tensors, metadata });
}

/**
 * The training in `file`; undefined where there is no such file.
 *
 * @throws UserError where the file is not a checkpoint, or one of a training of other parameters than `expected`
 */
export async function loadTraining(file: string, expected: Parameters): Promise<TrainingState | undefined> {
  if (!existsSync(file)) return undefined;
  const { tensors, metadata } = await readSafetensors(file);
  const { step, score, seconds } = metadata;
  const part = (prefix: (typeof PARTS)[number]): Parameters =>
    Object.fromEntries(
      Object.entries(expected).map(([name, { shape }]) => {
        const found = tensors[`${prefix}/${name}`] as SafeTensor | undefined;
        if (found?.data instanceof Float32Array && found.shape.join() === shape.join()) {
          return [name, { shape, data: found.data }];
        }
        throw new UserError(
          `${file} holds another training: it has no ${prefix}/${name} of this shape. Name another checkpoint, or delete it.`,
        );
      }),
    );
  const arrays = (parameters: Parameters) =>
    Object.fromEntries(Object.entries(parameters).map(([name, { data }]) => [name, data]));
  return {
    parameters: part('parameters'),
    adam: { step: Number(step), mean: arrays(part('mean')), square: arrays(part('square')) },
    average: part('average'),
    best: { score: Number(score), parameters: part('best') },
    seconds: Number(seconds),
  };
}
