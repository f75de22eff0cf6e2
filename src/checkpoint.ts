/** A checkpoint as a file: everything that a run needs to go on, float64 whole. */
import { readFile } from 'node:fs/promises';
import { deserialize, serialize } from 'node:v8';
import { UserError } from './errors';
import type { Checkpoint } from './transfer';
import { writeWholeFile } from './wholeFile';

const FORMAT = 'wheatfield-checkpoint-1';

/** @throws UserError where it cannot be written; the checkpoint of before is whole then */
export async function writeCheckpoint(file: string, checkpoint: Checkpoint): Promise<void> {
  await writeWholeFile(file, serialize({ format: FORMAT, checkpoint }));
}

/**
 * @returns undefined where there is none, as before a run's first iteration is done
 * @throws UserError where the file is something else
 */
export async function readCheckpoint(file: string): Promise<Checkpoint | undefined> {
  const data = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new UserError(`Expected a checkpoint that can be read, but ${file} cannot: ${error.message}.`);
  });
  if (!data) return undefined;
  const stored = restored(data);
  if (stored?.format !== FORMAT) {
    throw new UserError(
      `Expected a checkpoint (${FORMAT}), but ${file} is not one; start anew with --force.`,
    );
  }
  return stored.checkpoint;
}

function restored(data: Uint8Array): { format: string; checkpoint: Checkpoint } | undefined {
  try {
    return deserialize(data) as { format: string; checkpoint: Checkpoint } | undefined;
  } catch {
    return undefined;
  }
}
