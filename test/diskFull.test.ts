/** A disk that is full before a run, and one that fills up while it runs: a small tmpfs. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { main } from '../src/commandLine/cli';
import { saveImage } from '../src/picture/save';
import { randomPicture } from './helpers/randomFastStyle';
import { lossesIn, resultsIn } from './helpers/tinyProcess';
import { openTinyVgg19, tinyPictures } from './helpers/tinyVgg19';

describe('a disk that is full', () => {
  let folder: string;
  let disk: string;
  let mounted = false;
  let transferArgs: (dir: string, ...more: string[]) => string[];

  before(async function () {
    folder = await mkdtemp(path.join(tmpdir(), 'wheatfield-disk-'));
    disk = path.join(folder, 'disk');
    await mkdir(disk);
    if (process.platform === 'linux') {
      mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', disk]).status === 0;
    }
    if (!mounted) {
      console.log('      skipped: only the superuser of a Linux machine can mount a small disk');
      this.skip();
    }
    const { content, style } = await tinyPictures(folder);
    // Checkpoints of pixels without a margin are smaller than a pyramid's with one: the numbers below are theirs.
    const small = '--variables pixels --margin 0 --content-layer block4_conv2 --style-layers block1_conv1';
    const quick = [...small.split(' '), '--iterations', '6', '--evaluations', '4', '--threads', '1'];
    const pictures = ['--content', content, '--style', style, '--height', '32'];
    transferArgs = (dir, ...more) => ['transfer', ...pictures, ...quick, '--out', dir, ...more];
  });
  after(async () => {
    if (mounted) assert.equal(spawnSync('umount', [disk]).status, 0);
    await rm(folder, { recursive: true });
  });

  /** The program, which tells what it prints while it runs. */
  async function wheatfield(args: string[], onPrint: (text: string) => void = () => undefined) {
    let stderr = '';
    const exitCode = await main(args, {
      stdout: { write: onPrint },
      stderr: { write: (text: string) => (stderr += text) },
      openNetwork: openTinyVgg19,
    });
    return { exitCode, stderr };
  }

  const filler = () => path.join(disk, 'filler');
  /** Takes what is left of the disk, but for some bytes. */
  function fill(left: number): void {
    const file = openSync(filler(), 'w');
    let written = 0;
    try {
      for (;;) written += writeSync(file, Buffer.alloc(4096));
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
    }
    closeSync(file);
    if (left > 0) spawnSync('truncate', ['-s', String(written - left), filler()]);
  }

  it('is refused before the work, also where some room is left, and nothing is written', async () => {
    const dir = path.join(disk, 'run');
    fill(0);
    const full = await wheatfield(transferArgs(dir));
    assert.match(
      full.stderr,
      /^Cannot write to .*run: ENOSPC: no space left on device, .*\. Choose another --out\.\n$/,
    );
    assert.equal(full.exitCode, 2);
    fill(1_000_000);
    const little = await wheatfield(transferArgs(dir));
    assert.match(
      little.stderr,
      /^.*run has 1\.0 MB free, and the run's checkpoints need 1\.5 MB\. Make room, choose another --out, or start anyway with --force\.\n$/,
    );
    assert.equal(little.exitCode, 2);
    assert.deepEqual(await readdir(disk), ['filler']);
    rmSync(filler());
  });

  for (const [what, left] of [
    ['with no room for anything more', 0],
    ['with room for the picture but not for the checkpoint', 40_000],
  ] as const) {
    it(`while a run works, ${what}, leaves the checkpoint of before; resumed, it gives the same bytes`, async () => {
      const whole = path.join(folder, 'whole', String(left));
      assert.deepEqual(await wheatfield(transferArgs(whole)), { exitCode: 0, stderr: '' });

      const dir = path.join(disk, 'run');
      let checkpoint = Buffer.alloc(0);
      const { exitCode, stderr } = await wheatfield(transferArgs(dir), (text) => {
        if (!text.includes('Iteration 2 completed')) return;
        checkpoint = readFileSync(path.join(dir, 'checkpoint.bin'));
        fill(left);
      });
      assert.match(
        stderr,
        /^Cannot write .*: ENOSPC: no space left on device, write\. The previous file is intact\. Fix this, then run: wheatfield resume .*run\n$/,
      );
      assert.equal(exitCode, 2);
      assert.deepEqual(readFileSync(path.join(dir, 'checkpoint.bin')), checkpoint);
      assert.ok(lossesIn(dir).length >= 3);
      assert.ok(!(await readdir(dir)).some((name) => name.endsWith('.tmp') || name.startsWith('.')));
      assert.equal(existsSync(path.join(dir, 'result_at_iteration_3.png')), left > 0);

      const refused = await wheatfield(['resume', dir]);
      assert.equal(refused.exitCode, 2);
      rmSync(filler());
      assert.deepEqual(await wheatfield(['resume', dir]), { exitCode: 0, stderr: '' });
      assert.deepEqual(await resultsIn(dir), await resultsIn(whole));
      rmSync(dir, { recursive: true });
    });
  }

  describe('for a training', () => {
    let args: string[];
    const out = () => path.join(disk, 'my.onnx');

    before(async () => {
      const style = path.join(folder, 'painting.png');
      await saveImage(randomPicture(64, 80), style);
      args = ['train', '--style', style, '--style-height', '64', '--out', out(), '--minutes', '0.1'];
    });

    it('is refused before the work', async () => {
      fill(1_000_000);
      const { exitCode, stderr } = await wheatfield(args);
      assert.match(stderr, / has 1\.0 MB free, and the run's checkpoints need 13\.\d MB\. Make room, /);
      assert.equal(exitCode, 2);
      assert.deepEqual(await readdir(disk), ['filler']);
      rmSync(filler());
    });

    it('while it works, ends it and leaves nothing half written; with room again, the same command works', async () => {
      const { exitCode, stderr } = await wheatfield(args, (text) => {
        if (text.includes('photographs to train on')) fill(0);
      });
      assert.match(
        stderr,
        /^Cannot write .*my\.onnx\.checkpoint: ENOSPC: .*The previous file is intact\.\n$/,
      );
      assert.equal(exitCode, 2);
      assert.deepEqual(await readdir(disk), ['filler']);
      rmSync(filler());
      assert.deepEqual(await wheatfield(args), { exitCode: 0, stderr: '' });
      assert.ok(existsSync(out()));
    }).timeout(240_000);
  });
});
