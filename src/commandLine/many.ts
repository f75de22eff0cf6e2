/** Many runs on the command line: every content in every style, one after the other, and a contact sheet of them all. */
import { access, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { contactSheet } from '../many/contactSheet';
import { type Pair, allPairs, picturesAt } from '../many/pairs';
import { type ManyRecord, openRecord, writeRecord } from '../many/record';
import { givenMasks } from '../problem/masks';
import type { ProblemSource } from '../problem/problem';
import { recordsOf } from '../problem/sources';
import { lockFolder } from '../runFolder/folderLock';
import { assertFolder, assertWritable } from '../runFolder/place';
import { lastPicture, readRecord } from '../runFolder/results';
import type { Settings } from '../settings';
import { writeWholeFile } from '../wholeFile';
import { type Surroundings, resumeTransfer, runTransfer } from './run';
import type { TerminalStream } from './terminal';

const SHEET = 'contact_sheet.png';

export interface ManyOptions {
  /** Files and folders of pictures. */
  contents: readonly string[];
  styles: readonly string[];
  /** The folder for all runs. */
  out: string;
  /** The settings of a pair. */
  settingsOf: (pair: Pair) => Settings;
  /** Begin anew, and start even if memory or disk space seems too small. */
  force: boolean;
}

/** What became of a pair: its last picture's name, why it failed, or the exit code of a run that was stopped. */
type Outcome = { picture: string } | { failed: string } | { stopped: number };

/**
 * Paints every content in every style, each in a folder of its own, and returns the exit code. What an earlier call has done is skipped,
 * and what it has begun is continued. A run that fails does not end the others; it is told again at the end.
 *
 * @throws UserError for pictures, settings or a folder that cannot be used
 */
export async function runMany(
  { contents, styles, out, settingsOf, force }: ManyOptions,
  surroundings: Surroundings,
): Promise<number> {
  const { stdout, stderr } = surroundings;
  const [contentFiles, styleFiles] = [
    await picturesAt(contents, 'contents'),
    await picturesAt(styles, 'styles'),
  ];
  const pairs = allPairs(contentFiles, styleFiles, out);
  await assertFolder(out);
  const record = await openRecord(out, settingsOf(pairs[0]), force);
  await assertWritable(out);
  await mkdir(out, { recursive: true });
  const unlock = await lockFolder(out);
  try {
    await writeRecord(out, record);
    for (const [i, pair] of pairs.entries()) {
      const name = path.basename(pair.folder);
      const place = `${i + 1} of ${pairs.length}: ${name}`;
      const before = record.runs[name];
      const settings = settingsOf(pair);
      if (before && 'picture' in before && (await isDone(pair, settings, before.picture))) {
        stdout.write(`${place}, done before\n`);
        continue;
      }
      stdout.write(`${place}\n`);
      const outcome = await outcomeOf(pair, settings, force, surroundings);
      if ('stopped' in outcome) {
        stdout.write(`Stopped at ${i + 1} of ${pairs.length}. The same command goes on from here.\n`);
        return outcome.stopped;
      }
      if ('failed' in outcome) stderr.write(`${name} failed. ${outcome.failed}\n`);
      record.runs[name] = outcome;
      await writeRecord(out, record);
    }
    await writeSheet(out, { contents: contentFiles, styles: styleFiles }, record);
    stdout.write(`Contact sheet: ${path.join(out, SHEET)}\n`);
    return tellFailures(pairs, record, stderr);
  } finally {
    await unlock();
  }
}

async function outcomeOf(
  pair: Pair,
  settings: Settings,
  force: boolean,
  surroundings: Surroundings,
): Promise<Outcome> {
  try {
    const continues = !force && (await isSame(pair, settings));
    const stopped = continues
      ? await resumeTransfer(pair.folder, { force: false }, surroundings)
      : await runTransfer(settings, { force, replace: true }, surroundings);
    return stopped ? { stopped } : { picture: path.basename(await lastPicture(pair.folder)) };
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  }
}

async function isDone(pair: Pair, settings: Settings, picture: string): Promise<boolean> {
  const isThere = await access(path.join(pair.folder, picture)).then(
    () => true,
    () => false,
  );
  return isThere && (await isSame(pair, settings));
}

/** Whether the run in the pair's folder is of these two pictures and these masks, as they are now. */
async function isSame({ content, style, folder }: Pair, { mask = [] }: Settings): Promise<boolean> {
  const run = await readRecord(folder).catch(() => undefined);
  if (!run) return false;
  const now = await recordsOf({ content, styles: [style], masks: givenMasks(mask) }).catch(() => undefined);
  if (!now) return false;
  const checksums = (of: Pick<ProblemSource, 'content' | 'styles' | 'masks'>) =>
    [of.content, ...of.styles, ...(of.masks ?? [])].map(({ sha256 }) => sha256).join();
  return checksums(now) === checksums(run.source);
}

async function writeSheet(
  out: string,
  { contents, styles }: { contents: readonly string[]; styles: readonly string[] },
  { runs }: ManyRecord,
): Promise<void> {
  const sheet = await contactSheet({
    contents,
    styles,
    cell(content, style) {
      const [{ folder }] = allPairs([content], [style], out);
      const run = runs[path.basename(folder)];
      return run && 'picture' in run ? { picture: path.join(folder, run.picture) } : { missing: 'failed' };
    },
  });
  await writeWholeFile(path.join(out, SHEET), [sheet]);
}

function tellFailures(pairs: readonly Pair[], { runs }: ManyRecord, stderr: TerminalStream): number {
  const failures = pairs.flatMap(({ folder }) => {
    const name = path.basename(folder);
    const run = runs[name];
    return run && 'failed' in run ? [`  ${name}: ${run.failed}`] : [];
  });
  if (failures.length === 0) return 0;
  stderr.write(
    `${failures.length} of ${pairs.length} failed. Correct this, then give the same command again:\n${failures.join('\n')}\n`,
  );
  return 2;
}
