import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { main } from '../src/commandLine/cli';
import { CONTENT, STYLE } from './helpers/studio';
import { openTinyVgg19 } from './helpers/tinyVgg19';

const IMG = path.join(__dirname, '..', 'img');

describe('wheatfield report', () => {
  let dir: string;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'wheatfield-report-'));
  });
  after(() => rm(dir, { recursive: true, force: true }));

  async function wheatfield(...args: string[]) {
    let [out, errors] = ['', ''];
    const exitCode = await main(args, {
      stdout: { write: (text) => (out += text) },
      stderr: { write: (text) => (errors += text) },
      openNetwork: openTinyVgg19,
    });
    return { exitCode, out, errors };
  }

  it('is one file below 3 MB with the pictures, curves, settings and command, and asks for no other', async () => {
    const pair = ['--content', path.join(IMG, CONTENT), '--style', path.join(IMG, STYLE)];
    const quick = ['--preset', 'chapter', '--no-restart', '--variables', 'pyramid', '--bounds'];
    const size = ['--height', '400', '--iterations', '2', '--evaluations', '1'];
    assert.equal((await wheatfield('transfer', ...pair, ...quick, ...size, '--out', dir)).exitCode, 0);
    const { exitCode, out } = await wheatfield('report', dir);
    assert.deepEqual([exitCode, out], [0, `The report is ${path.join(dir, 'report.html')}\n`]);
    const html = await readFile(path.join(dir, 'report.html'), 'utf8');
    assert.ok(html.length < 3e6, String(html.length));
    assert.doesNotMatch(html, /<(script|img|link)[^>]+(src|href)="(?!data:)/);
    const data = JSON.parse(/id="data">(.*?)<\/script>/s.exec(html)?.[1] ?? '') as Record<string, unknown[]>;
    assert.deepEqual([data.losses.length, data.filmstrip.length, data.styles.length], [2, 2, 1]);
    assert.match(String(data.command), /^npx wheatfield transfer --preset chapter .*--iterations 2/);
  });

  it('says where there is no run', async () => {
    const { exitCode, errors } = await wheatfield('report', path.join(dir, 'nothing'));
    assert.equal(exitCode, 2);
    assert.match(errors, /^There is no run in .*Check the path\.\n$/);
  });
});
