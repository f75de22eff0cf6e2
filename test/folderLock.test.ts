import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { UserError } from '../src/errors';
import { assertNotInUse, lockFolder } from '../src/runFolder/folderLock';
import { DEAD, lockContest } from './helpers/lockContest';

const ROUNDS = 1000;

describe('the lock of a folder', () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), 'wheatfield-lock-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const refused = (pid: number) => (error: Error) =>
    error instanceof UserError &&
    error.message.startsWith(`Process ${pid} is at work in ${folder}. Wait for it`);

  it('is held until it is given back, and leaves nothing', async () => {
    const unlock = await lockFolder(folder);
    await assert.rejects(lockFolder(folder), refused(process.pid));
    await assert.rejects(assertNotInUse(folder), refused(process.pid));
    await unlock();
    await assertNotInUse(folder);
    assert.deepEqual(readdirSync(folder), []);
  });

  it('of a process that died is taken over', async () => {
    writeFileSync(path.join(folder, `.wheatfield-in-use.${DEAD}-a`), '');
    const unlock = await lockFolder(folder);
    assert.equal(readdirSync(folder).length, 1);
    await unlock();
  });

  it('is free where there is no folder yet', () => assertNotInUse(path.join(folder, 'none')));

  it('cannot be taken where no file can be written', async () => {
    await assert.rejects(
      lockFolder(path.join(folder, 'none')),
      (error: Error) =>
        error instanceof UserError && /^Cannot write to .*ENOENT/.test(error.message) && !!error.cause,
    );
  });

  it(`goes to one of two processes in each of ${ROUNDS} simultaneous attempts`, async () => {
    assert.deepEqual(await lockContest(folder, ROUNDS), [0, ROUNDS, 0]);
  });
});
