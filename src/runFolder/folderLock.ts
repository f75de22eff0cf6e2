/** One run at a time in a folder: a file that names the process at work there. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../errors';
import { isAlive } from '../isAlive';

const LOCK = '.wheatfield-in-use';

/** @throws UserError where another living process works in the folder */
export async function assertNotInUse(dir: string): Promise<void> {
  const owner = await ownerOf(dir);
  if (owner !== undefined) {
    throw new UserError(
      `Expected a folder that no run is at work in, but process ${owner} writes to ${dir}; wait for it, or choose another --out.`,
    );
  }
}

/**
 * Takes the folder for this process. The lock of a process that died, killed or crashed, does not count.
 *
 * @returns gives it back
 * @throws UserError where another living process works in it
 */
export async function lockFolder(dir: string): Promise<() => Promise<void>> {
  await assertNotInUse(dir);
  const file = path.join(dir, LOCK);
  await rm(file, { force: true });
  try {
    await writeFile(file, `${process.pid}\n`, { flag: 'wx' });
  } catch (error) {
    // Two that began together: the one whose file came first has it.
    await assertNotInUse(dir);
    throw new UserError(`Expected to write to ${dir}, but could not: ${(error as Error).message}.`);
  }
  return () => rm(file, { force: true });
}

async function ownerOf(dir: string): Promise<number | undefined> {
  const text = await readFile(path.join(dir, LOCK), 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  return pid > 0 && isAlive(pid) ? pid : undefined;
}
