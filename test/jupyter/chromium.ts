/** A headless Chromium, driven over its DevTools protocol. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { WebSocket } from 'undici';

export interface Page {
  /** The value of an expression, awaited, in the page. */
  evaluate<T>(expression: string): Promise<T>;
  /** Asks until the expression is true. */
  until(expression: string, seconds: number): Promise<void>;
  resize(width: number, height: number): Promise<void>;
  screenshot(): Promise<Buffer>;
}

export interface Chromium {
  open(url: string): Promise<Page>;
  close(): Promise<void>;
}

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--remote-debugging-port=0',
];

/** @param command such as chromium, or another browser of its family */
export async function startChromium(command = process.env.CHROMIUM ?? 'chromium'): Promise<Chromium> {
  const profile = await mkdtemp(path.join(tmpdir(), 'wheatfield-chromium-'));
  const child = spawn(command, [...FLAGS, `--user-data-dir=${profile}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const socket = new WebSocket(await devToolsAddress(child));
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true });
    socket.addEventListener('error', reject, { once: true });
  });
  const waiting = new Map<number, (answer: { result?: unknown; error?: { message: string } }) => void>();
  socket.addEventListener('message', ({ data }) => {
    const answer = JSON.parse(String(data)) as { id?: number; result?: unknown; error?: { message: string } };
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer);
  });
  let last = 0;
  const send = <T>(method: string, params: object, sessionId?: string) =>
    new Promise<T>((resolve, reject) => {
      const id = ++last;
      waiting.set(id, ({ result, error }) => {
        waiting.delete(id);
        if (error) reject(new Error(`${method}: ${error.message}`));
        else resolve(result as T);
      });
      socket.send(JSON.stringify({ id, method, params, sessionId }));
    });

  return {
    open: async (url) => {
      const { targetId } = await send<{ targetId: string }>('Target.createTarget', { url });
      const attached = await send<{ sessionId: string }>('Target.attachToTarget', {
        targetId,
        flatten: true,
      });
      const call = <T>(method: string, params: object = {}) => send<T>(method, params, attached.sessionId);
      const evaluate = async <T>(expression: string) => {
        const { result, exceptionDetails } = await call<{
          result: { value: T };
          exceptionDetails?: { exception?: { description?: string } };
        }>('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
        if (exceptionDetails)
          throw new Error(`In the page: ${exceptionDetails.exception?.description ?? expression}`);
        return result.value;
      };
      return {
        evaluate,
        until: async (expression, seconds) => {
          const end = Date.now() + seconds * 1000;
          // Not yet true and not yet defined are the same while a page loads.
          while (
            !(await evaluate<boolean>(
              `(() => { try { return Boolean(${expression}) } catch { return false } })()`,
            ))
          ) {
            if (Date.now() > end) throw new Error(`Waited ${seconds} s in vain for: ${expression}`);
            await new Promise((resolve) => setTimeout(resolve, 100));
          }
        },
        resize: (width, height) =>
          call('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false }),
        screenshot: async () => {
          const { data } = await call<{ data: string }>('Page.captureScreenshot', { format: 'png' });
          return Buffer.from(data, 'base64');
        },
      };
    },
    close: async () => {
      const ended = once(child, 'exit');
      await send('Browser.close', {});
      await ended;
      await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}

async function devToolsAddress(child: ChildProcess): Promise<string> {
  if (!child.stderr) throw new Error('Chromium has no stderr.');
  const failed = once(child, 'error').then(([error]) => {
    throw error as Error;
  });
  const found = (async () => {
    for await (const line of createInterface({ input: child.stderr as NodeJS.ReadableStream })) {
      const address = /DevTools listening on (ws:\S+)/.exec(line)?.[1];
      if (address !== undefined) return address;
    }
    throw new Error('Chromium ended before it could be driven.');
  })();
  return await Promise.race([found, failed]);
}
