import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { main } from '../src/commandLine/cli';
import { type DeviceName, compile } from '../src/compile';
import { featureExtractor } from '../src/losses/features';
import { CHAPTER_TERMS as terms, layersOf } from '../src/losses/terms';
import { listTargets, lossAndGrads, targetsOf, transferLoss } from '../src/losses/transferLoss';
import { features } from '../src/network/vgg19';
import type { Size } from '../src/picture/image';
import { assertFits, availableMemory, bytesNeeded, problemMemory } from '../src/problem/memory';
import { pixels } from '../src/variables/pixels';
import { openTinyVgg19, tinyPicture, tinyPictures, tinyVgg19 } from './helpers/tinyVgg19';

const folder = mkdtempSync(path.join(tmpdir(), 'wheatfield-memory-'));
after(() => rmSync(folder, { recursive: true }));

describe('the memory of a transfer', () => {
  let content: string;
  let style: string;
  before(async () => {
    ({ content, style } = await tinyPictures(folder));
  });

  const network = () => featureExtractor(features(tinyVgg19(), layersOf(terms)));
  const parts = (size: Size, device: DeviceName = 'cpu') => ({
    terms,
    extractor: network(),
    variables: pixels(size),
    styleSizes: [size],
    device,
    winograd: true,
  });
  async function wheatfield(args: readonly string[], megabytesFree: number) {
    const [stdout, stderr] = [kept(), kept()];
    const freeMemory = () => megabytesFree * 1e6;
    const exitCode = await main(args, { stdout, stderr, openNetwork: openTinyVgg19, freeMemory });
    return { exitCode, stdout: stdout.text, stderr: stderr.text };
  }
  function kept() {
    const stream = { text: '', write: (text: string) => (stream.text += text) };
    return stream;
  }
  const transferArgs = (name: string, height: number, ...more: string[]) => {
    const quick = ['--iterations', '1', '--evaluations', '1', '--threads', '1'];
    const pictures = ['--content', content, '--style', style, '--height', String(height)];
    return ['transfer', ...pictures, ...quick, '--out', path.join(folder, name), ...more];
  };

  it('that is not free is refused before the work, with the largest height that fits, which does', async () => {
    const { exitCode, stdout, stderr } = await wheatfield(transferArgs('large', 3000), 50);
    const said =
      /^A picture of 3750 x 3000 pixels needs \d+\.\d GB of free memory, and 0\.1 GB are free\. Close other programs, use --height (\d+), which fits, or start anyway with --force\.\n$/;
    assert.match(stderr, said);
    assert.deepEqual([exitCode, stdout], [2, '']);
    assert.ok(!existsSync(path.join(folder, 'large')));
    const height = Number(said.exec(stderr)?.[1]);
    assert.ok(height > 100 && height < 1000, String(height));
    const more = await wheatfield(transferArgs('more', height + 1), 50);
    assert.equal(more.exitCode, 2);
    const fits = await wheatfield(transferArgs('fits', height), 50);
    assert.deepEqual([fits.exitCode, fits.stderr], [0, '']);
  });

  it('where no height fits is said to be had by closing other programs', async () => {
    const { exitCode, stderr } = await wheatfield(transferArgs('none', 400), 0.5);
    assert.equal(exitCode, 2);
    assert.match(stderr, /and 0\.0 GB are free\. Close other programs, or start anyway with --force\.\n$/);
  });

  it('is not asked for with --force, in transfer and in resume', async () => {
    const forced = await wheatfield(transferArgs('forced', 32, '--force'), 0);
    assert.deepEqual([forced.exitCode, forced.stderr], [0, '']);
    const resume = ['resume', path.join(folder, 'forced'), '--iterations', '2'];
    const refused = await wheatfield(resume, 0);
    assert.equal(refused.exitCode, 2);
    assert.match(
      refused.stderr,
      /^A picture of 40 x 32 pixels needs .* GB of free memory, and 0\.0 GB are free\. /,
    );
    assert.equal((await wheatfield([...resume, '--force'], 0)).exitCode, 0);
  });

  it('is that of the graph that is compiled, whose targets are constants', async () => {
    const size = { height: 48, width: 64 };
    const outlined = await problemMemory(parts(size), size);
    await tf.setBackend('cpu');
    const [x, y] = [tinyPicture(48, 64, 1), tinyPicture(48, 64, 2)];
    const targets = {
      ...targetsOf(terms, 'content', network())(x),
      ...targetsOf(terms, 0, network())(y),
    };
    const { picture, length } = pixels(size);
    const loss = transferLoss(terms, network(), targets);
    const evaluation = (z: tf.Tensor1D) => lossAndGrads((at: tf.Tensor1D) => loss(picture(at)))(z);
    const { memory, dispose } = await compile(evaluation, [length]);
    await dispose();
    const bytes = listTargets<tf.Tensor>(terms, targets).reduce((sum, { size: n }) => sum + 4 * n, 0);
    assert.equal(memory.constants, outlined.constants + bytes);
    assert.ok(memory.peak <= outlined.peak && outlined.peak <= memory.peak + bytes);
  });

  it('grows with the number of pixels', async () => {
    const need = async (side: number) => {
      const size = { height: side, width: side };
      return bytesNeeded(parts(size), size);
    };
    const ratio = (await need(1024)) / (await need(512));
    assert.ok(Math.abs(ratio - 4) < 0.1, String(ratio));
  });

  it("is mostly a GPU's own where that computes", async () => {
    const size = { height: 256, width: 256 };
    const [cpu, webgpu] = [parts(size), parts(size, 'webgpu')];
    const [{ peak: before }, { peak }] = [await problemMemory(cpu, size), await problemMemory(webgpu, size)];
    // Without indices, and with every place of a window by itself.
    assert.ok(peak > 0.5 * before && peak < 1.5 * before, `${before}, ${peak}`);
    assert.ok((await bytesNeeded(cpu, size)) - (await bytesNeeded(webgpu, size)) >= before);
  });

  it('is compared with what the system says', async () => {
    assert.ok(availableMemory() > 1e7 && availableMemory() <= totalmem());
    await assertFits({ height: 32, width: 32 }, () => Promise.resolve(1e7), 1e7);
  });
});
