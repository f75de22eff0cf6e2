/** Checks of the place that results go to: that it is a folder, can be written to, and has room. They leave nothing behind. */
import { access, mkdir, rm, rmdir, stat, statfs, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../errors';

/** @throws UserError where `dir` is a file, or would lie in one */
export async function assertFolder(dir: string): Promise<void> {
  const nearest = await nearestExisting(path.resolve(dir));
  if (!(await stat(nearest)).isDirectory()) {
    throw new UserError(`${nearest} is a file, not a folder for the results. Choose another --out.`);
  }
}

/**
 * Writes a file, because only that covers permissions, names, quotas and file systems alike.
 *
 * @throws UserError where no file can be written in `dir`
 */
export async function assertWritable(dir: string): Promise<void> {
  const absolute = path.resolve(dir);
  const nearest = await nearestExisting(absolute);
  // The name of a file that is being written: a run that begins later removes it, if this process is killed here.
  const attempt = path.join(absolute, `settings.json.${process.pid}.tmp`);
  try {
    await mkdir(absolute, { recursive: true });
    await writeFile(attempt, 'x'.repeat(4096));
  } catch (error) {
    throw new UserError(`Cannot write to ${dir}: ${(error as Error).message}. Choose another --out.`, {
      cause: error,
    });
  } finally {
    await rm(attempt, { force: true }).catch(() => undefined);
    for (let made = absolute; made !== nearest; made = path.dirname(made)) {
      await rmdir(made).catch(() => undefined);
    }
  }
}

/**
 * Checks that the disk has room for two checkpoints, the previous and the new one.
 *
 * @param checkpoint the file, which may be there already
 * @param bytes its size at its largest
 * @throws UserError where there is too little room
 */
export async function assertRoom(checkpoint: string, bytes: number): Promise<void> {
  const dir = path.dirname(checkpoint);
  const { bavail, bsize } = await statfs(await nearestExisting(path.resolve(dir)));
  const needed = 2 * bytes;
  const there = await stat(checkpoint).then(
    ({ size }) => size,
    () => 0,
  );
  const free = bavail * bsize + there;
  if (free >= needed) return;
  const megabytes = (n: number) => `${(n / 1e6).toFixed(1)} MB`;
  throw new UserError(
    `${dir} has ${megabytes(free)} free, and the run's checkpoints need ${megabytes(needed)}. ` +
      'Make room, choose another --out, or start anyway with --force.',
  );
}

async function nearestExisting(dir: string): Promise<string> {
  const exists = await access(dir).then(
    () => true,
    () => false,
  );
  return exists || path.dirname(dir) === dir ? dir : nearestExisting(path.dirname(dir));
}
