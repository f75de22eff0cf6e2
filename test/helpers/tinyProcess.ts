/** The command line with the tiny network, as a process of its own, which is slow to start and quick to run; and what it leaves. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { LossEntry } from '../../src/runFolder/results';

export function startTiny(args: readonly string[]): ChildProcess {
  const script = path.join(__dirname, 'tinyCli.ts');
  return spawn(process.execPath, ['--import', 'tsx', script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Waits for `text`, then closes the pipe: a reader that goes away, such as head, must not end the run. */
export async function printed(child: ChildProcess, text: string): Promise<void> {
  let all = '';
  for await (const chunk of child.stdout as NonNullable<ChildProcess['stdout']>) {
    all += String(chunk);
    if (all.includes(text)) return;
  }
  assert.fail(`the process ended before it printed ${text}: ${all}`);
}

export function lossesIn(dir: string): LossEntry[] {
  return JSON.parse(readFileSync(path.join(dir, 'losses.json'), 'utf8')) as LossEntry[];
}

/** The losses and the pictures' bytes that a run leaves, without what the clock says. */
export async function resultsIn(dir: string): Promise<Record<string, unknown>> {
  const names = (await readdir(dir)).filter((name) => name.startsWith('result_')).sort();
  return {
    losses: lossesIn(dir).map((entry) => ({ ...entry, seconds: 0 })),
    ...Object.fromEntries(names.map((name) => [name, readFileSync(path.join(dir, name)).toString('base64')])),
  };
}
