import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import path from 'node:path';
import type { MimeBundle } from '../scripts/notebooks/ipynb';
import { type LessonKernel, startLessonKernel } from './helpers/lessonKernel';

const PROJECT = path.join(__dirname, '..');
const CALL = "import { studio } from 'wheatfield/notebook';\nawait studio();";

describe('await studio()', function () {
  this.timeout(300_000);

  it('shows the page below the cell, the same whenever the cell runs, and lets local front ends frame it', async () => {
    const lesson: LessonKernel = await startLessonKernel();
    try {
      const frames: string[] = [];
      for (const source of [CALL, 'await studio({ height: 500 });']) {
        const { status, outputs, stderr } = await lesson.run(source);
        assert.deepEqual([status, stderr, outputs.length], ['ok', '', 1]);
        const { data } = outputs[0] as { data: MimeBundle };
        assert.match(
          data['text/plain'] as string,
          /^The studio is open at http:\/\/127\.0\.0\.1:\d+\/\?token=[0-9a-f]{48}$/,
        );
        frames.push(data['text/html'] as string);
      }
      const [first, second] = frames.map((frame) =>
        /^<iframe src="(\S+)" title=".+" .*height="(\d+)".*><\/iframe>$/.exec(frame),
      );
      assert.deepEqual([first?.[1], first?.[2], second?.[2]], [second?.[1], '900', '500']);
      assert.match(frames[0], / allow="camera; clipboard-write" /);
      const page = await fetch(first?.[1] ?? '');
      assert.equal(page.status, 200);
      assert.match(await page.text(), /<div id="studio">/);
      const policy = page.headers.get('content-security-policy') ?? '';
      assert.match(
        policy,
        /frame-ancestors http:\/\/127\.0\.0\.1:\* http:\/\/localhost:\* [^;*]+\*? vscode-webview:$/,
      );
    } finally {
      await lesson.close();
    }
  });

  it('prints the address outside of a notebook, and serves until it is stopped', async () => {
    const program = "import('wheatfield/notebook').then(({ studio }) => studio());";
    const child = spawn(process.execPath, ['-e', program], {
      cwd: PROJECT,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
      const address = /^The studio is open at (http:\S+)$/.exec(line)?.[1];
      assert.ok(address, line);
      assert.equal((await fetch(address)).status, 200);
      assert.equal(child.exitCode, null);
    } finally {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    }
  });

  it('is loaded only when it is called', () => {
    const program =
      "require('wheatfield/notebook'); process.stdout.write(String(Object.keys(require.cache).filter((file) => /hono|studio.server/.test(file)).length));";
    assert.equal(execFileSync(process.execPath, ['-e', program], { cwd: PROJECT, encoding: 'utf8' }), '0');
  });
});
