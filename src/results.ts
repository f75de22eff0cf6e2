/** The watcher that writes a run's files into a folder: a picture after each iteration, losses.json, settings.json. */
import { constants } from 'node:fs';
import { access, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from './errors';
import { saveImage } from './image';
import type { PreparedTransfer } from './prepare';
import type { Settings } from './settings';
import type { IterationEvent, TransferEvent } from './transfer';
import { versions } from './versions';

const LOSSES = 'losses.json';
const SETTINGS_FILE = 'settings.json';
const STOPPED = 'result_when_stopped.png';
const OURS = /^(result_at_iteration_\d+\.png|result_when_stopped\.png|losses\.json|settings\.json)$/;

/** One entry of losses.json. Evaluations and seconds are counted from the beginning of the run. */
export type LossEntry = Pick<
  IterationEvent,
  'iteration' | 'loss' | 'content' | 'style' | 'totalVariation' | 'saved' | 'evaluations' | 'seconds'
>;

/** Where the picture of an iteration lies. */
export function resultPath(dir: string, iteration: number): string {
  return path.join(dir, `result_at_iteration_${iteration}.png`);
}

/**
 * Checks, before any work and without writing, that results can go into `dir`.
 *
 * @throws UserError where it holds results already (unless `force`), is a file, or cannot be written to
 */
export async function checkResultsFolder(dir: string, force: boolean): Promise<void> {
  const nearest = await nearestExisting(path.resolve(dir));
  if (!(await stat(nearest)).isDirectory()) {
    throw new UserError(`Expected a folder for the results, but ${nearest} is a file; choose another --out.`);
  }
  await access(nearest, constants.W_OK).catch(() => {
    throw new UserError(
      `Expected a folder that can be written to, but ${nearest} cannot; choose another --out.`,
    );
  });
  const results = await earlierResults(dir);
  if (results.length > 0 && !force) {
    throw new UserError(
      `Expected a folder without results, but ${dir} holds ${results[0]}; choose another --out, or give --force to replace them.`,
    );
  }
}

/**
 * Begins a folder of results: removes those of an earlier run and writes settings.json.
 *
 * @returns the watcher; each event is to be awaited. After it, the iteration's files are whole and under their names.
 */
export async function beginResults(
  dir: string,
  settings: Settings,
  source: PreparedTransfer['source'],
): Promise<(event: TransferEvent) => Promise<void>> {
  await mkdir(dir, { recursive: true });
  for (const name of await earlierResults(dir)) await rm(path.join(dir, name));
  const { content, style, ...others } = settings;
  await writeJson(path.join(dir, SETTINGS_FILE), {
    versions: versions(),
    ...source,
    settings: { content: path.resolve(content), style: path.resolve(style), ...others },
  });

  const losses: LossEntry[] = [];
  return async (event) => {
    if (event.type === 'iteration') {
      const { iteration, loss, content, style, totalVariation, saved, evaluations, seconds } = event;
      await saveImage(event.picture, resultPath(dir, iteration));
      losses.push({ iteration, loss, content, style, totalVariation, saved, evaluations, seconds });
      await writeJson(path.join(dir, LOSSES), losses);
    } else if (event.type === 'end' && event.picture) {
      await saveImage(event.picture, path.join(dir, STOPPED));
    }
  };
}

async function nearestExisting(dir: string): Promise<string> {
  const exists = await access(dir).then(
    () => true,
    () => false,
  );
  return exists || path.dirname(dir) === dir ? dir : nearestExisting(path.dirname(dir));
}

async function earlierResults(dir: string): Promise<string[]> {
  const names = await readdir(dir).catch(() => []);
  return names.filter((name) => OURS.test(name)).sort();
}

/** Under a temporary name first, so that a reader finds the file of before or the new one, whole. */
async function writeJson(file: string, value: unknown): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, `${JSON.stringify(value, null, 2)}\n`);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new UserError(`Expected to write ${file}, but could not: ${(error as Error).message}.`);
  }
}
