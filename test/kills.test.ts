/** Runs that are killed, at any moment and as hard as the system can, and resumed. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { main } from '../src/commandLine/cli';
import { Random } from '../src/train/random';
import { lossesIn, printed, resultsIn, startTiny } from './helpers/tinyProcess';
import { openTinyVgg19, tinyPictures } from './helpers/tinyVgg19';

const KILLS = 20;
const ITERATIONS = 30;

describe('a run that is killed and resumed', () => {
  let folder: string;
  let whole: string;
  let unbroken: Record<string, unknown>;
  let begin: (dir: string) => string[];
  /** How long a process works that is not killed, from the line that says it begins. */
  let milliseconds: number;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'wheatfield-kills-'));
    const { content, style } = await tinyPictures(folder);
    const quick = ['--iterations', String(ITERATIONS), '--evaluations', '3', '--threads', '1'];
    const pictures = ['--content', content, '--style', style, '--height', '32'];
    begin = (dir) => ['transfer', ...pictures, ...quick, '--out', dir];
    whole = path.join(folder, 'whole');
    const child = startTiny(begin(whole));
    const ended = once(child, 'exit');
    await printed(child, 'Start of iteration');
    const began = performance.now();
    assert.deepEqual(await ended, [0, null]);
    milliseconds = performance.now() - began;
    unbroken = await resultsIn(whole);
  });
  after(() => rm(folder, { recursive: true }));

  /** SIGKILL, on every system, `delay` milliseconds after the process said that it begins; before, there is nothing to lose. */
  async function killed(args: string[], delay: number): Promise<void> {
    const child = startTiny(args);
    const ended = once(child, 'exit');
    await printed(child, 'Start of iteration');
    await sleep(delay);
    child.kill('SIGKILL');
    await ended;
  }

  async function resumedToTheEnd(dir: string): Promise<void> {
    let stderr = '';
    const exitCode = await main(['resume', dir], {
      stdout: { write: () => true },
      stderr: { write: (text: string) => (stderr += text) },
      openNetwork: openTinyVgg19,
    });
    assert.deepEqual([exitCode, stderr], [0, '']);
  }

  it(`gives the same bytes as one that was not, killed at ${KILLS} random moments`, async function () {
    this.timeout(480_000);
    const random = new Random(20);
    const killedAfter: number[] = [];
    let unfinished = 0;
    for (let i = 0; i < KILLS; i++) {
      const dir = path.join(folder, `killed ${i}`);
      await killed(begin(dir), random.between(0, milliseconds));
      killedAfter.push(existsSync(path.join(dir, 'losses.json')) ? lossesIn(dir).length : 0);
      unfinished += (await readdir(dir)).filter((name) => name.endsWith('.tmp')).length;
      await resumedToTheEnd(dir);
      assert.deepEqual(await resultsIn(dir), unbroken, `killed after ${killedAfter.at(-1)} iterations`);
      assert.deepEqual((await readdir(dir)).sort(), (await readdir(whole)).sort());
    }
    console.log(`      after iterations ${killedAfter.join(', ')}; ${unfinished} in the middle of a file`);
    // Else the moments say nothing.
    assert.ok(killedAfter.filter((n) => n > 0 && n < ITERATIONS).length > KILLS / 2);
    assert.ok(new Set(killedAfter).size > KILLS / 4);
  });

  it('gives the same bytes when the resumed run is killed again, and again', async function () {
    this.timeout(240_000);
    const dir = path.join(folder, 'again');
    let args = begin(dir);
    for (const part of [0.1, 0.15, 0.2]) {
      await killed(args, part * milliseconds);
      args = ['resume', dir];
    }
    assert.ok(lossesIn(dir).length < ITERATIONS);
    await resumedToTheEnd(dir);
    assert.deepEqual(await resultsIn(dir), unbroken);
  });
});
