/** The state of a training, in one safetensors file: parameters, Adam's means, and the pool of stylised pictures. */
import { existsSync } from 'node:fs';
import { UserError } from '../errors';
import { type SafeTensor, readSafetensors, writeSafetensors } from '../network/safetensors';
import type { AdamState } from '../train/adam';
import type { Parameters } from '../train/parameters';

export interface Checkpoint {
  parameters: Parameters;
  adam: AdamState;
  pool: readonly Uint8Array[];
  /** Seconds of training so far, over all its sessions. */
  seconds: number;
}

export async function saveCheckpoint(
  file: string,
  { parameters, adam, pool, seconds }: Checkpoint,
): Promise<void> {
  const tensors: Record<string, SafeTensor> = {};
  for (const [name, { shape, data }] of Object.entries(parameters)) {
    tensors[`parameters/${name}`] = { shape, data };
    tensors[`mean/${name}`] = { shape, data: adam.mean[name] };
    tensors[`square/${name}`] = { shape, data: adam.square[name] };
  }
  pool.forEach((data, i) => (tensors[`pool/${i}`] = { shape: [data.length], data }));
  await writeSafetensors(file, {
    tensors,
    metadata: { step: String(adam.step), seconds: String(seconds), pool: String(pool.length) },
  });
}

/**
 * The checkpoint in `file`; undefined where there is no such file.
 *
 * @throws UserError where the file is not a checkpoint
 */
export async function loadCheckpoint(file: string): Promise<Checkpoint | undefined> {
  if (!existsSync(file)) return undefined;
  const { tensors, metadata } = await readSafetensors(file);
  const { step, seconds, pool } = metadata;
  if (step === undefined || seconds === undefined || pool === undefined) {
    throw new UserError(`${file} is not a training's checkpoint. Name another file.`);
  }
  const parts = (prefix: string) =>
    Object.entries(tensors)
      .filter(([name]) => name.startsWith(prefix))
      .map(
        ([name, { shape, data }]) =>
          [name.slice(prefix.length), { shape, data: data as Float32Array }] as const,
      );
  const arrays = (prefix: string) =>
    Object.fromEntries(parts(prefix).map(([name, { data }]) => [name, data]));
  return {
    parameters: Object.fromEntries(parts('parameters/')),
    adam: { step: Number(step), mean: arrays('mean/'), square: arrays('square/') },
    pool: Array.from({ length: Number(pool) }, (_, i) => tensors[`pool/${i}`].data as Uint8Array),
    seconds: Number(seconds),
  };
}
