/**
 * Downloads one large file: retried, resumed after a break, verified, and under its final name only when it is whole.
 *
 * What has arrived lies beside it as NAME.PROCESS-RANDOM.partial, so that no two downloads write to the same place, and as NAME.partial
 * once a download has given up. The next download takes over such a file, or that of a process that has ended, and asks the server for the
 * rest only.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EnvHttpProxyAgent, fetch } from 'undici';
import { UserError } from '../errors';
import { isAlive } from '../isAlive';

export interface Progress {
  received: number;
  /** Bytes in all; undefined where the server does not say. */
  total?: number;
}

export interface DownloadOptions {
  md5: string;
  onProgress?: (progress: Progress) => void;
  /** Milliseconds to wait before each further attempt. The count begins again after an attempt that brought something new. */
  retryAfter?: readonly number[];
  /** Milliseconds without a byte after which an attempt is given up. */
  stallAfter?: number;
  /** Stops the download when it is aborted; what has arrived is kept for the next one. */
  signal?: AbortSignal;
}

/** A failure that trying again will not change: the server refuses, or the disk is full. */
class Final extends Error {}

/** Nobody at the other end: offline, or a wrong address. One more attempt is enough to know. */
const UNREACHABLE = [
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
];
const CONNECT_WITHIN = 5000;

/**
 * Fetches `url` into `file`. HTTPS_PROXY, HTTP_PROXY and NO_PROXY are honoured, redirects followed.
 *
 * @throws UserError where the server refuses, cannot be reached, or sends bytes with another checksum, and where the file cannot be
 * written; the signal's reason, unchanged, when the signal is aborted
 */
export async function download(
  url: string,
  file: string,
  { md5, onProgress, retryAfter = [1000, 2000, 4000, 8000], stallAfter = 30_000, signal }: DownloadOptions,
): Promise<void> {
  if (!/^https?:/i.test(url) || !URL.canParse(url)) {
    throw new UserError(`${url} is not a web address. Give one that begins with http:// or https://.`);
  }
  signal?.throwIfAborted();
  const partial = await claimPartial(file).catch((error: unknown) => {
    throw new UserError(
      `Cannot write ${file}: ${(error as Error).message}. Set WHEATFIELD_CACHE to another folder.`,
      { cause: error },
    );
  });
  // Loaded here, because most programs download nothing.
  const { EnvHttpProxyAgent, fetch } = await import('undici');
  const attempt: Attempt = {
    fetch,
    dispatcher: new EnvHttpProxyAgent({ connect: { timeout: CONNECT_WITHIN } }),
    onProgress,
    stallAfter,
    signal,
    etag: undefined,
  };
  try {
    let furthest = await sizeOf(partial);
    for (let failures = 0; ; failures++) {
      try {
        await fetchRest(url, partial, attempt);
        if ((await md5OfFile(partial)) === md5) break;
        await rm(partial, { force: true });
        throw new Error('the bytes that arrived have another checksum');
      } catch (error) {
        const reached = await sizeOf(partial);
        if (reached > furthest) failures = 0;
        furthest = Math.max(furthest, reached);
        const wait = (isUnreachable(error) ? retryAfter.slice(0, 1) : retryAfter)[failures];
        if (signal?.aborted || wait === undefined || error instanceof Final) throw failure(url, error);
        await sleep(wait, undefined, { signal });
      }
    }
    await rename(partial, file);
  } catch (error) {
    // The next download takes this over, if anything arrived.
    await rename(partial, `${file}.partial`).catch(() => undefined);
    signal?.throwIfAborted();
    throw error;
  } finally {
    await attempt.dispatcher.close();
  }
}

/** @throws UserError where the file cannot be read */
export async function md5OfFile(file: string): Promise<string> {
  const hash = createHash('md5');
  try {
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  } catch (error) {
    throw new UserError(`Cannot read ${file}: ${(error as Error).message}. Name another file.`, {
      cause: error,
    });
  }
  return hash.digest('hex');
}

function isUnreachable(error: unknown): boolean {
  const { cause } = error as Error;
  return cause instanceof Error && UNREACHABLE.includes((cause as NodeJS.ErrnoException).code ?? '');
}

function failure(url: string, error: unknown): UserError {
  const { message, cause } = error as Error;
  // Where several addresses were tried, Node gives a code and no message.
  const { message: why, code } = (cause ?? {}) as Partial<NodeJS.ErrnoException>;
  const reason = why || code ? `${message} (${why || code})` : message;
  return new UserError(`Cannot download ${url}: ${reason}.`, { cause: error });
}

function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

/** A partial file of this download's own, with what an earlier one left behind, if anything. */
async function claimPartial(file: string): Promise<string> {
  const { dir, base } = path.parse(file);
  await mkdir(dir, { recursive: true });
  const own = `${file}.${process.pid}-${randomUUID()}.partial`;
  for (const name of await readdir(dir)) {
    if (!name.startsWith(`${base}.`) || !name.endsWith('.partial')) continue;
    const owner = /^(\d+)-/.exec(name.slice(base.length + 1))?.[1];
    if (owner !== undefined && isAlive(Number(owner))) continue;
    // Of two that try this at once, the rename succeeds for one.
    const claimed = await rename(path.join(dir, name), own).then(
      () => true,
      () => false,
    );
    if (claimed) break;
  }
  return own;
}

interface Attempt {
  fetch: typeof fetch;
  dispatcher: EnvHttpProxyAgent;
  onProgress: DownloadOptions['onProgress'];
  stallAfter: number;
  signal: AbortSignal | undefined;
  /** The version of the file that the partial one belongs to, if the server gave it. */
  etag: string | undefined;
}

/** One attempt: appends what is missing, or starts again if the server does not send parts or has another version by now. */
async function fetchRest(url: string, partial: string, attempt: Attempt): Promise<void> {
  const present = await sizeOf(partial);
  const stalled = new AbortController();
  const reason = new Error(`nothing arrived for ${attempt.stallAfter / 1000} s`);
  const timer = setTimeout(() => stalled.abort(reason), attempt.stallAfter);
  let handle: FileHandle | undefined;
  try {
    const response = await attempt.fetch(url, {
      dispatcher: attempt.dispatcher,
      headers: {
        'accept-encoding': 'identity',
        ...(present > 0 && { range: `bytes=${present}-` }),
        ...(present > 0 && attempt.etag && { 'if-range': attempt.etag }),
      },
      signal: attempt.signal ? AbortSignal.any([attempt.signal, stalled.signal]) : stalled.signal,
    });
    if (response.status === 416) {
      // There is nothing after what is here: whole, as the checksum will tell, or wrong.
      await response.body?.cancel();
      return;
    }
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      const answer = `the server answered ${response.status} ${response.statusText}`.trim();
      throw response.status < 500 && response.status !== 429 ? new Final(answer) : new Error(answer);
    }
    const etag = response.headers.get('etag');
    attempt.etag = etag?.startsWith('"') ? etag : undefined;
    const resumed = response.status === 206;
    const begins = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1];
    if (resumed && begins !== undefined && Number(begins) !== present) {
      await response.body.cancel();
      await rm(partial, { force: true });
      throw new Error(`the server sent what follows byte ${begins}, not ${present}`);
    }
    let received = resumed ? present : 0;
    const length = response.headers.get('content-length');
    const total = length === null ? undefined : received + Number(length);
    handle = await open(partial, resumed ? 'a' : 'w').catch(cannotWrite);
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      timer.refresh();
      await handle.appendFile(chunk).catch(cannotWrite);
      received += chunk.length;
      attempt.onProgress?.({ received, total });
    }
    if (total !== undefined && received < total)
      throw new Error(`the connection broke off at ${received} of ${total} bytes`);
    // Before the file gets its name: after a power cut it must not be there without its bytes.
    await handle.sync().catch(cannotWrite);
  } finally {
    clearTimeout(timer);
    await handle?.close();
  }
}

function cannotWrite(error: unknown): never {
  throw new Final((error as Error).message, { cause: error });
}
