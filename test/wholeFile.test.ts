import assert from 'node:assert/strict';
import fs, { type FileHandle } from 'node:fs/promises';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { mock } from 'node:test';
import { UserError } from '../src/errors';
import { writeWholeFile } from '../src/wholeFile';

describe('writeWholeFile', () => {
  let folder: string;
  const file = () => path.join(folder, 'a.json');
  beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), 'wheatfield-whole-'))));
  afterEach(() => {
    mock.restoreAll();
    rmSync(folder, { recursive: true });
  });

  /** The calls that put a file on the disk, in order. */
  function spied(failing?: { path: string; code: string }): string[] {
    const calls: string[] = [];
    const { open, rename } = fs;
    const short = (name: unknown) =>
      path.relative(folder, String(name)).replace(String(process.pid), 'PID') || '.';
    mock.method(fs, 'open', async (...args: Parameters<typeof open>): Promise<FileHandle> => {
      const handle = await open(...args);
      const sync = handle.sync.bind(handle);
      handle.sync = async () => {
        calls.push(`sync ${short(args[0])}`);
        if (short(args[0]) === failing?.path)
          throw Object.assign(new Error(failing.code), { code: failing.code });
        await sync();
      };
      return handle;
    });
    mock.method(fs, 'rename', async (...args: Parameters<typeof rename>) => {
      calls.push(`rename ${args.map(short).join(' ')}`);
      await rename(...args);
    });
    return calls;
  }

  it('waits for the disk before the file gets its name, and for the name', async () => {
    const calls = spied();
    await writeWholeFile(file(), [Buffer.from('ab'), Buffer.from('c')]);
    assert.equal(readFileSync(file(), 'utf8'), 'abc');
    const folderToo = process.platform === 'win32' ? [] : ['sync .'];
    assert.deepEqual(calls, ['sync a.json.PID.tmp', 'rename a.json.PID.tmp a.json', ...folderToo]);
  });

  it('leaves the previous file where the disk fails, and keeps the cause', async () => {
    await writeWholeFile(file(), 'before');
    spied({ path: 'a.json.PID.tmp', code: 'EIO' });
    await assert.rejects(writeWholeFile(file(), 'after'), (error: Error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /^Cannot write .*a\.json: EIO\. The previous file is intact\.$/);
      assert.equal((error.cause as NodeJS.ErrnoException).code, 'EIO');
      return true;
    });
    assert.equal(readFileSync(file(), 'utf8'), 'before');
    assert.deepEqual(readdirSync(folder), ['a.json']);
  });

  it('does without the folder where the file system cannot synchronise one, and tells of a failing disk', async function () {
    if (process.platform === 'win32') this.skip();
    spied({ path: '.', code: 'EINVAL' });
    await writeWholeFile(file(), 'x');
    mock.restoreAll();
    spied({ path: '.', code: 'EIO' });
    await assert.rejects(
      writeWholeFile(file(), 'y'),
      /^UserError: The disk does not confirm .*: EIO\. Check the disk\.$/,
    );
  });
});
