/**
 * The watcher that writes a run's files into a folder: settings.json, a draft, and after each iteration its picture, losses.json and a
 * checkpoint. They are written in this order and each is complete at any moment, so that a run can continue from its last checkpoint
 * wherever it was killed.
 */
import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../errors';
import { pairsFor } from '../lbfgsb';
import type { ProblemSource } from '../problem/problem';
import { SETTINGS, type SettingName, type Settings } from '../settings';
import type { Checkpoint } from '../transfer/checkpoint';
import type { IterationEvent, TransferEvent } from '../transfer/events';
import type { Transfer } from '../transfer/transfer';
import { writeWholeFile } from '../wholeFile';
import { readCheckpoint, writeCheckpoint } from './checkpoint';
import { assertNotInUse, lockFolder } from './folderLock';
import {
  PICTURE_NAME,
  draftPath,
  isDraft,
  notesOf,
  resultPath,
  stoppedPath,
  writePicture,
} from './pictureFiles';
import { assertFolder, assertRoom, assertWritable } from './place';
import { type Versions, versions } from './versions';

const LOSSES = 'losses.json';
/** Every folder of a run has it, from the run's beginning. */
export const SETTINGS_FILE = 'settings.json';
const CHECKPOINT = 'checkpoint.bin';
const OTHERS = [LOSSES, SETTINGS_FILE, CHECKPOINT];

/** One entry of losses.json. Evaluations and seconds are counted from the beginning of the run. */
export type LossEntry = Pick<
  IterationEvent,
  'iteration' | 'loss' | 'terms' | 'saved' | 'evaluations' | 'seconds'
>;

/** What settings.json holds: enough to repeat the run, and to tell whether something has changed since. */
export interface RunRecord {
  versions: Versions;
  source: ProblemSource;
  settings: Settings;
}

/** Records a run's events, each to be awaited, and gives the folder back at the end. */
export interface Results {
  /** @param run the transfer that gave the event, which is asked for its picture and checkpoint */
  record(event: TransferEvent, run: Run): Promise<void>;
  close(): Promise<void>;
}

/** What a running transfer is asked for. */
export type Run = Pick<Transfer<TransferEvent>, 'picture' | 'deepPicture' | 'checkpoint'>;

/**
 * Checks, before any work and without writing, that the results of a new run can go into `dir`.
 *
 * @throws UserError where it holds results already (unless `force`), is in use, is a file, or cannot be written to
 */
export async function checkResultsFolder(dir: string, force: boolean): Promise<void> {
  await assertFolder(dir);
  await assertNotInUse(dir);
  const results = await earlierResults(dir);
  if (results.length > 0 && !force) {
    throw new UserError(
      `${dir} already holds ${results[0]} of another run. Choose another --out, replace that run with --force, ` +
        `or continue it: wheatfield resume ${dir}`,
    );
  }
  await assertWritable(dir);
}

/** Float64 numbers for each variable beside the pairs of L-BFGS's memory: the point, two gradients and a direction, and a part. */
const CHECKPOINT_ARRAYS = 4 + 1;

/** @throws UserError where the disk has no room for the checkpoints of so many variables */
export async function checkRoom(dir: string, variables: number): Promise<void> {
  await assertRoom(path.join(dir, CHECKPOINT), (2 * pairsFor(variables) + CHECKPOINT_ARRAYS) * 8 * variables);
}

/**
 * Begins a folder of results: removes those of an earlier run and writes settings.json.
 *
 * @throws UserError where another run works in it, or it cannot be written to
 */
export async function beginResults(dir: string, settings: Settings, source: ProblemSource): Promise<Results> {
  return openResults(dir, settings, source, async () => {
    for (const name of await earlierResults(dir)) await rm(path.join(dir, name));
    return [];
  });
}

/**
 * Continues in a folder from a checkpoint, and drops what was recorded after it.
 *
 * @throws UserError where another run works in it, or it cannot be written to
 */
export async function continueResults(
  dir: string,
  settings: Settings,
  source: ProblemSource,
  from: Checkpoint | undefined,
): Promise<Results> {
  return openResults(dir, settings, source, async () =>
    (await readLosses(dir)).filter(({ iteration }) => iteration < (from?.iteration ?? 0)),
  );
}

/** The watcher, after `earlierLosses` has put the folder, locked, in order. */
async function openResults(
  dir: string,
  settings: Settings,
  source: ProblemSource,
  earlierLosses: () => Promise<LossEntry[]>,
): Promise<Results> {
  let unlock = () => Promise.resolve();
  try {
    await mkdir(dir, { recursive: true });
    unlock = await lockFolder(dir);
    await removeUnfinished(dir);
    const losses = await earlierLosses();
    await writeRecord(dir, settings, source);
    return { record: recorder(dir, losses, settings, source), close: unlock };
  } catch (error) {
    await unlock();
    if (error instanceof UserError) throw error;
    throw new UserError(
      `Cannot write to ${dir}: ${(error as Error).message}. Check its permissions and free space.`,
      { cause: error },
    );
  }
}

/**
 * What an earlier run left, to continue from.
 *
 * @throws UserError where `dir` holds no run, one whose files are damaged, or one that cannot be written to
 */
export async function readRun(dir: string): Promise<{ record: RunRecord; checkpoint?: Checkpoint }> {
  await assertNotInUse(dir);
  const record = await readRecord(dir);
  await readLosses(dir);
  await assertWritable(dir);
  return { record, checkpoint: await readCheckpoint(path.join(dir, CHECKPOINT)) };
}

/** @throws UserError where `dir` holds no run, or its settings are damaged */
export async function readRecord(dir: string): Promise<RunRecord> {
  const file = path.join(dir, SETTINGS_FILE);
  const text = await textOf(file);
  if (text === undefined) {
    throw new UserError(`There is no run in ${dir}: it holds no ${SETTINGS_FILE}. Check the path.`);
  }
  return parsedJson(text, `The settings of a run in ${file}`, isRunRecord);
}

/**
 * The path of the picture of a run's last iteration.
 *
 * @throws UserError where there is none
 */
export async function lastPicture(dir: string): Promise<string> {
  const { settings } = await readRecord(dir);
  const last = (await readLosses(dir)).at(-1);
  if (!last) throw new UserError(`The run in ${dir} has no picture yet. Resume it first.`);
  return resultPath(dir, last.iteration, settings.format);
}

/** What a run has written so far. */
export interface WrittenResults {
  record: RunRecord;
  losses: LossEntry[];
  /** The names of the files of its pictures, in the order in which they were painted. */
  pictures: string[];
}

/**
 * What a run has written so far, while it runs or afterwards.
 *
 * @throws UserError where `dir` holds no run, or one whose files are damaged
 */
export async function readResults(dir: string): Promise<WrittenResults> {
  const record = await readRecord(dir);
  const order = (name: string) => (name.includes('draft') ? -1 : Number(/\d+/.exec(name)?.[0] ?? Infinity));
  const names = (await earlierResults(dir)).filter((name) => PICTURE_NAME.test(name));
  const pictures = names.sort((a, b) => order(a) - order(b));
  return { record, losses: await readLosses(dir), pictures };
}

async function readLosses(dir: string): Promise<LossEntry[]> {
  const file = path.join(dir, LOSSES);
  return parsedJson((await textOf(file)) ?? '[]', `The losses of a run in ${file}`, isLosses);
}

/**
 * @returns undefined where there is no such file
 * @throws UserError where it cannot be read
 */
async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw new UserError(`Cannot read ${file}: ${(error as Error).message}. Check its permissions.`, {
      cause: error,
    });
  }
}

/**
 * @param what the values, as a message about them begins
 * @throws UserError where the text is not JSON, or not of that type
 */
function parsedJson<T>(text: string, what: string, isExpected: (value: unknown) => value is T): T {
  let [value, cause]: unknown[] = [];
  try {
    value = JSON.parse(text);
  } catch (error) {
    cause = error;
  }
  if (isExpected(value)) return value;
  throw new UserError(`${what} are damaged. Start a new run with wheatfield transfer --force.`, { cause });
}

function isLosses(value: unknown): value is LossEntry[] {
  return Array.isArray(value);
}

/** The settings within are checked where they are read. */
function isRunRecord(value: unknown): value is RunRecord {
  const { settings, source } = (value ?? {}) as Partial<RunRecord>;
  return [settings, source, source?.content, source?.styles, source?.weights].every(
    (part) => typeof part === 'object' && (part as unknown) !== null,
  );
}

/** @throws UserError that names every input that has changed since the run started */
export function assertSameSource(before: ProblemSource, now: ProblemSource): void {
  const size = ({ width, height }: ProblemSource) => `${width} x ${height}`;
  const changed = [
    size(before) !== size(now) && `the size (${size(before)}, now ${size(now)})`,
    before.content.sha256 !== now.content.sha256 && `the content picture ${now.content.path}`,
    ...now.styles.map(
      ({ sha256, path: file }, i) => before.styles[i]?.sha256 !== sha256 && `the style picture ${file}`,
    ),
    ...(now.masks ?? []).map(
      ({ sha256, path: file }, i) => before.masks?.[i]?.sha256 !== sha256 && `the mask ${file}`,
    ),
    before.network !== now.network && `the network (${before.network}, now ${now.network})`,
    before.weights.md5 !== now.weights.md5 && `the weights ${now.weights.path}`,
  ].filter((what) => what !== false);
  if (changed.length > 0) {
    throw new UserError(
      `These inputs changed since the run started: ${changed.join(', ')}. Put them back, or start a new run.`,
    );
  }
}

function recorder(...given: Parameters<typeof writer>): Results['record'] {
  const record = writer(...given);
  return (event, run) =>
    record(event, run).catch((error: unknown) => {
      if (!(error instanceof UserError)) throw error;
      throw new UserError(`${error.message} Fix this, then run: wheatfield resume ${given[0]}`, {
        cause: error,
      });
    });
}

function writer(
  dir: string,
  losses: LossEntry[],
  settings: Settings,
  source: ProblemSource,
): Results['record'] {
  const { format } = settings;
  const write = (run: Run, file: string, iterations: number) =>
    writePicture(run, file, format, notesOf(settings, source, iterations));
  return async (event, run) => {
    if (event.type === 'first' && isDraft(event, settings)) {
      await write(run, draftPath(dir, format), 0);
    } else if (event.type === 'iteration') {
      const { iteration, loss, terms, saved, evaluations, seconds } = event;
      await write(run, resultPath(dir, iteration, format), iteration + 1);
      losses.push({ iteration, loss, terms, saved, evaluations, seconds });
      await writeWholeFile(path.join(dir, LOSSES), json(losses));
      await writeCheckpoint(path.join(dir, CHECKPOINT), await run.checkpoint());
      await rm(stoppedPath(dir, format), { force: true });
    } else if (event.type === 'end' && event.withinIteration) {
      await write(run, stoppedPath(dir, format), event.iteration + 1);
      if (event.reason === 'stopped')
        await writeCheckpoint(path.join(dir, CHECKPOINT), await run.checkpoint());
    }
  };
}

async function writeRecord(dir: string, settings: Settings, source: ProblemSource): Promise<void> {
  const { content, style, mask, init, weights, out } = settings;
  const absolute = {
    init: placed('init', init),
    content: path.resolve(content),
    style: style.map((file) => path.resolve(file)),
    ...(mask !== undefined && { mask: mask.map((each) => placed('mask', each)) }),
    ...(weights !== undefined && { weights: path.resolve(weights) }),
    out: path.resolve(out),
  };
  const record: RunRecord = { versions: versions(), source, settings: { ...settings, ...absolute } };
  await writeWholeFile(path.join(dir, SETTINGS_FILE), json(record));
}

/** A file's absolute path, or the word that stands in place of one. */
function placed(name: SettingName, given: string): string {
  return SETTINGS[name].kind.choices?.includes(given) ? given : path.resolve(given);
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

async function earlierResults(dir: string): Promise<string[]> {
  const names = await readdir(dir).catch(() => []);
  return names.filter(isOurs).sort();
}

/** Removes what a process was still writing, under a temporary name, when it was killed. */
async function removeUnfinished(dir: string): Promise<void> {
  for (const name of await readdir(dir)) {
    const [, finished] = /^(.+)\.\d+\.tmp$/.exec(name) ?? [];
    if (finished && isOurs(finished)) await rm(path.join(dir, name));
  }
}

function isOurs(name: string): boolean {
  return OTHERS.includes(name) || PICTURE_NAME.test(name);
}
