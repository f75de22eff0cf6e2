/**
 * Downloads one large file: retried, resumed after a break, verified, and under its final name only when it is whole.
 *
 * What has arrived lies beside it as NAME.PROCESS.partial, so that two processes never write to the same place. A later process takes
 * over what a dead one left and asks the server for the rest only.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EnvHttpProxyAgent, fetch } from 'undici';
import { UserError } from './errors';

export interface Progress {
  received: number;
  /** Bytes in all; undefined where the server does not say. */
  total?: number;
}

export interface DownloadOptions {
  md5: string;
  onProgress?: (progress: Progress) => void;
  /** Milliseconds to wait before each further attempt; as many attempts follow. */
  retryAfter?: readonly number[];
  /** Milliseconds without a byte after which an attempt is given up. */
  stallAfter?: number;
}

/** A server's answer that trying again will not change. */
class Refused extends Error {}

/**
 * Fetches `url` into `file`. HTTPS_PROXY, HTTP_PROXY and NO_PROXY are honoured, redirects followed.
 *
 * @throws UserError where the server refuses, cannot be reached, or sends other bytes than the checksum's
 */
export async function download(
  url: string,
  file: string,
  { md5, onProgress, retryAfter = [1000, 2000, 4000, 8000], stallAfter = 30_000 }: DownloadOptions,
): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const partial = await claimPartial(file);
  const dispatcher = new EnvHttpProxyAgent();
  try {
    for (let attempt = 0; ; attempt++) {
      try {
        await fetchRest(url, partial, { dispatcher, onProgress, stallAfter });
        if ((await md5OfFile(partial)) === md5) break;
        await rm(partial, { force: true });
        throw new Error('the bytes that arrived have another checksum');
      } catch (error) {
        const wait = retryAfter[attempt];
        if (wait === undefined || error instanceof Refused) throw failure(url, error);
        await sleep(wait);
      }
    }
    await rename(partial, file);
  } finally {
    await dispatcher.close();
  }
}

export async function md5OfFile(file: string): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

function failure(url: string, error: unknown): UserError {
  const { message, cause } = error as Error;
  const reason = cause instanceof Error && cause.message ? `${message} (${cause.message})` : message;
  return new UserError(`Expected to download ${url}, but could not: ${reason}.`);
}

/** This process's own partial file, with what a process that has ended left behind, if there is any. */
async function claimPartial(file: string): Promise<string> {
  const own = `${file}.${process.pid}.partial`;
  const pattern = new RegExp(`^${escapeRegExp(path.basename(file))}\\.(\\d+)\\.partial$`);
  for (const name of await readdir(path.dirname(file))) {
    const pid = Number(pattern.exec(name)?.[1]);
    if (!pid || isAlive(pid)) continue;
    // Of two processes that try this at once, the rename succeeds for one.
    const claimed = await rename(path.join(path.dirname(file), name), own).then(
      () => true,
      () => false,
    );
    if (claimed) break;
  }
  return own;
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** One attempt: appends what is missing, or begins again where the server will not send a part. */
async function fetchRest(
  url: string,
  partial: string,
  {
    dispatcher,
    onProgress,
    stallAfter,
  }: Pick<DownloadOptions, 'onProgress'> & {
    dispatcher: EnvHttpProxyAgent;
    stallAfter: number;
  },
): Promise<void> {
  const present = await stat(partial).then(
    ({ size }) => size,
    () => 0,
  );
  const stalled = new AbortController();
  const reason = new Error(`nothing arrived for ${stallAfter / 1000} s`);
  const timer = setTimeout(() => stalled.abort(reason), stallAfter);
  let handle: FileHandle | undefined;
  try {
    const headers = present > 0 ? { range: `bytes=${present}-` } : undefined;
    const response = await fetch(url, { dispatcher, headers, signal: stalled.signal });
    if (response.status === 416) {
      // There is nothing after what is here: whole, as the checksum will tell, or wrong.
      await response.body?.cancel();
      return;
    }
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      const answer = `the server answered ${response.status} ${response.statusText}`.trim();
      throw response.status < 500 && response.status !== 429 ? new Refused(answer) : new Error(answer);
    }
    const resumed = response.status === 206;
    let received = resumed ? present : 0;
    const length = response.headers.get('content-length');
    const total = length === null ? undefined : received + Number(length);
    handle = await open(partial, resumed ? 'a' : 'w');
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      timer.refresh();
      await handle.write(chunk);
      received += chunk.length;
      onProgress?.({ received, total });
    }
    if (total !== undefined && received < total)
      throw new Error(`the connection broke off at ${received} of ${total} bytes`);
  } finally {
    clearTimeout(timer);
    await handle?.close();
  }
}
