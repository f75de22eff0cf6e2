import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { loadCheckpoint } from '../src/distil/checkpoint';
import { type DistilEvent, type DistilOptions, distil } from '../src/distil/distil';
import { TINY_SLIM_WIDTHS, tinyTraining } from './helpers/tinyTraining';

async function collect(options: DistilOptions, until = Infinity): Promise<DistilEvent[]> {
  const events: DistilEvent[] = [];
  for await (const event of distil(options)) {
    events.push(event);
    if (event.type === 'figures' && event.step >= until) break;
  }
  return events;
}

describe('distil', () => {
  let folder: string;
  before(() => tf.setBackend('cpu'));
  beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), 'wheatfield-train-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('starts near a tiny teacher and comes nearer on a picture held out', async () => {
    const events = await collect(tinyTraining(folder));
    const figures = events.filter((event) => event.type === 'figures').map(({ figures }) => figures);
    const gramErrors = figures.map((layers) => {
      const errors = Object.values(layers).map(({ gramError }) => gramError);
      return errors.reduce((sum, error) => sum + error, 0) / errors.length;
    });
    assert.ok((gramErrors.at(-1) as number) < 0.8 * gramErrors[0], gramErrors.join(' '));
    const kinds = new Set(events.flatMap((event) => (event.type === 'step' ? [event.kind] : [])));
    assert.deepEqual([...kinds].sort(), ['crop', 'disturbed', 'stylised']);
  });

  it('leaves no tensors behind, stopped or not, and needs no picture held out', async () => {
    const training = tinyTraining(path.join(folder, 'new', 'folder'), { heldOut: [], steps: 2 });
    const before = tf.memory().numTensors;
    for await (const event of distil(training)) if (event.type === 'step') break;
    const events = await collect(training);
    assert.deepEqual(new Set(events.map(({ type }) => type)), new Set(['step']));
    assert.equal(tf.memory().numTensors, before);
  });

  it('refuses to go on with a network of other widths', async () => {
    await collect(tinyTraining(folder, { steps: 1 }));
    const widths = TINY_SLIM_WIDTHS.map((block) => block.map((n) => n + 1));
    await assert.rejects(collect(tinyTraining(folder, { widths })), /has the widths 4 3 4 4.*, not 5 4 5 5/);
  });

  it('goes on from a checkpoint with the same numbers as without the interruption', async () => {
    const whole = tinyTraining(folder, { checkpoint: path.join(folder, 'whole') });
    await collect(whole);
    const parted = tinyTraining(folder, { checkpoint: path.join(folder, 'parted') });
    await collect(parted, 30);
    assert.equal((await loadCheckpoint(parted.checkpoint))?.adam.step, 30);
    await collect(parted);
    const [a, b] = [await loadCheckpoint(whole.checkpoint), await loadCheckpoint(parted.checkpoint)];
    assert.equal(b?.adam.step, 60);
    assert.deepEqual(b?.parameters, a?.parameters);
    assert.deepEqual(b?.adam, a?.adam);
    assert.deepEqual(b?.pool, a?.pool);
  });
});

describe('train:slim', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ['--import', 'tsx', ...args], {
      cwd: path.join(__dirname, '..'),
      encoding: 'utf8',
    });

  it('begins nothing where it is imported', () => {
    const { status, stdout, stderr } = run('-e', "require('./src/distil/cli')");
    assert.deepEqual([status, stdout, stderr], [0, '', '']);
  });

  it('asks for pictures where it is run', () => {
    const { status, stderr } = run('src/distil/cli.ts');
    assert.equal(status, 2);
    assert.match(stderr, /--photos/);
  });
});
