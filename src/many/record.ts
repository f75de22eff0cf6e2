/** What a folder of many runs says of them, in many.json: which are done, and with which settings. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../errors';
import type { SettingName, Settings } from '../settings';
import { writeWholeFile } from '../wholeFile';

const FILE = 'many.json';

export interface ManyRecord {
  /** Without those that differ from pair to pair, or do not change the pictures. */
  settings: Record<string, unknown>;
  /** By the name of its folder: the picture of a run that is done, or why a run failed. */
  runs: Partial<Record<string, { picture: string } | { failed: string }>>;
}

/** Settings that are a pair's own, that another call may change, or whose pictures are compared one by one. */
const FREE: readonly SettingName[] = [
  'content',
  'style',
  'mask',
  'out',
  'threads',
  'device',
  'tile',
  'weights',
];

/**
 * The record of the folder, to be continued.
 *
 * @param force begin anew whatever is there
 * @throws UserError where the runs in the folder were made with other settings, or the file is damaged
 */
export async function openRecord(out: string, settings: Settings, force: boolean): Promise<ManyRecord> {
  const now = Object.fromEntries(
    Object.entries(settings).filter(([name]) => !FREE.includes(name as SettingName)),
  );
  const before = force ? undefined : await readRecord(out);
  if (!before) return { settings: now, runs: {} };
  const changed = Object.keys({ ...before.settings, ...now }).filter(
    (name) => JSON.stringify(before.settings[name]) !== JSON.stringify(now[name]),
  );
  if (changed.length > 0) {
    const told = changed.map((name) => `${name} ${String(before.settings[name])}, now ${String(now[name])}`);
    throw new UserError(
      `The pictures in ${out} have other settings: ${told.join('; ')}. Use the same, choose another --out, or begin anew with --force.`,
    );
  }
  return before;
}

export async function writeRecord(out: string, record: ManyRecord): Promise<void> {
  await writeWholeFile(path.join(out, FILE), `${JSON.stringify(record, null, 2)}\n`);
}

async function readRecord(out: string): Promise<ManyRecord | undefined> {
  const file = path.join(out, FILE);
  let cause: unknown;
  try {
    const record = JSON.parse(await readFile(file, 'utf8')) as Partial<ManyRecord> | null;
    if (record?.settings && record.runs) return { settings: record.settings, runs: record.runs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    cause = error;
  }
  throw new UserError(`${file} is damaged. Begin anew with --force.`, { cause });
}
