import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { styleTransfer } from '../src/styleTransfer';
import { openTinyVgg19, tinyPictures } from './helpers/tinyVgg19';

describe('styleTransfer', () => {
  it('can be the first call of a program that imports the whole package, and gives the same there', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'wheatfield-stranger-'));
    const { content, style } = await tinyPictures(folder);
    const script = path.join(__dirname, 'helpers', 'stranger.ts');
    // In a process of its own: which tfjs backends are set up by then is what matters.
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--import',
      'tsx',
      script,
      content,
      style,
    ]);

    const losses: number[] = [];
    const given = { content, style, height: 32, iterations: 2, evaluations: 3, threads: 1 };
    for await (const event of styleTransfer(given, { openNetwork: openTinyVgg19 })) {
      if (event.type === 'iteration') losses.push(event.loss);
    }
    assert.deepEqual(stdout.trim().split('\n').map(Number), losses);
    await rm(folder, { recursive: true });
  });

  it('refuses a setting that does not exist', () => {
    const misspelt = { content: 'a.jpg', style: 'b.jpg', heigth: 3 };
    assert.throws(() => styleTransfer(misspelt), {
      name: 'UserError',
      message: /^There is no setting called 'heigth'/,
    });
  });
});
