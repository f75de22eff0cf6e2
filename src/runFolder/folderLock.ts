/**
 * One run at a time in a folder. Each run claims the folder with an empty file that has its process id in its name, and then looks for
 * the claims of others. Of two runs that begin together, the one that looks last sees the other's claim, so both cannot go ahead. A claim
 * is removed by its own run only, or after that run's process has died; as no two claims share a name, a living one is never removed.
 */
import { randomUUID } from 'node:crypto';
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../errors';
import { isAlive } from '../isAlive';

const CLAIM = /^\.wheatfield-in-use\.(\d+)-/;
/** Milliseconds in which a process that began at the same time must step back or go ahead. It may be suspended. */
const PATIENCE = 5000;

/** @throws UserError where another living process works in the folder */
export async function assertNotInUse(dir: string): Promise<void> {
  const [other] = await otherClaims(dir);
  if (other !== undefined) throw inUse(dir, other);
}

/**
 * Takes the folder for one run of this process. The claim of a process that died, killed or crashed, does not count. Of several that
 * begin together, one gets the folder.
 *
 * @returns gives the folder back
 * @throws UserError where another run works in it, or no file can be written there
 */
export async function lockFolder(dir: string): Promise<() => Promise<void>> {
  await assertNotInUse(dir);
  const claim = `.wheatfield-in-use.${process.pid}-${randomUUID()}`;
  const file = path.join(dir, claim);
  try {
    await write(file, '', dir);
    const began = performance.now();
    let others = await otherClaims(dir, claim);
    while (others.length > 0) {
      const ahead = await firstAhead(dir, claim, others);
      if (ahead !== undefined) throw inUse(dir, ahead);
      if (performance.now() - began > PATIENCE) throw inUse(dir, others[0]);
      await sleep(1);
      others = await otherClaims(dir, claim);
    }
    // Tells runs that begin now that this one will no longer step back.
    await write(file, 'held', dir);
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
  return () => rm(file, { force: true });
}

/** The claim of another run that already holds the folder or comes first by name, if there is one; all others will step back. */
async function firstAhead(dir: string, own: string, others: string[]): Promise<string | undefined> {
  for (const other of others) {
    if (other < own) return other;
    const state = await readFile(path.join(dir, other), 'utf8').catch(() => '');
    if (state !== '') return other;
  }
  return undefined;
}

/** The claims of living processes, except `own`. Removes those of dead ones. */
async function otherClaims(dir: string, own?: string): Promise<string[]> {
  const others: string[] = [];
  for (const name of await namesIn(dir)) {
    const pid = CLAIM.exec(name)?.[1];
    if (pid === undefined || name === own) continue;
    if (isAlive(Number(pid))) others.push(name);
    else await rm(path.join(dir, name), { force: true });
  }
  return others;
}

async function write(file: string, text: string, dir: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new UserError(`Cannot write to ${dir}: ${(error as Error).message}. Choose another --out.`, {
      cause: error,
    });
  }
}

async function namesIn(dir: string): Promise<string[]> {
  try {
    return await readdir(dir);
  } catch (error) {
    // No folder means no claims. The caller reports what is wrong with it, if anything.
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw new UserError(`Cannot read ${dir}: ${(error as Error).message}. Choose another --out.`, {
      cause: error,
    });
  }
}

function inUse(dir: string, claim: string): UserError {
  const pid = CLAIM.exec(claim)?.[1];
  return new UserError(
    `Process ${pid} is at work in ${dir}. Wait for it, or choose another --out; ` +
      `if that process is not Wheatfield, delete ${path.join(dir, claim)}.`,
  );
}
