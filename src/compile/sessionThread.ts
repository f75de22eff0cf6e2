/** The one thread of the process that ONNX Runtime works in, seen from outside: a queue of requests, first in, first out. */
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Reply, Request } from './sessionWorker';

interface Call {
  request: Request;
  transfer: readonly ArrayBuffer[];
  resolve: (reply: Reply) => void;
  reject: (reason: unknown) => void;
}

let current: SessionThread | undefined;

/** The process's thread. It starts when it is first asked for, and anew when it has died. */
export function sessionThread(): SessionThread {
  if (current === undefined || current.isDead) current = new SessionThread();
  return current;
}

/** Resolves when no compiled function is at work. */
export async function idle(): Promise<void> {
  await current?.rest();
}

/** It keeps the process alive only while somebody waits for an answer. */
export class SessionThread {
  private readonly worker: Worker;
  /** The thread is at the first; the others wait here. */
  private readonly calls: Call[] = [];
  private awaited = 0;
  /** 1 while the thread is at a request; shared with it. */
  private readonly busy = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  private death: Error | undefined;

  constructor() {
    // Not __dirname, which is no folder where tsx has wrapped this file for an ES module.
    const { dir, ext } = path.parse(__filename);
    // tsx, which runs the sources as they are, does not reach into threads by itself.
    const execArgv = ext === '.ts' ? ['--require', require.resolve('tsx/cjs')] : undefined;
    this.worker = new Worker(path.join(dir, `sessionWorker${ext}`), { execArgv, workerData: this.busy });
    this.worker.on('message', (reply: Reply) => {
      this.calls.shift()?.resolve(reply);
      this.postFirst();
    });
    this.worker.on('error', ({ message }) => this.die(message));
    this.worker.on('exit', (code) => this.die(`exit code ${code}`));
    this.worker.unref();
    process.on('exit', this.waitWhileBusy);
  }

  get isDead(): boolean {
    return this.death !== undefined;
  }

  /**
   * Resolves to the thread's answer.
   *
   * @param transfer memory of the request that moves to the thread: it is detached here
   * @throws Error where the thread is dead, or dies meanwhile
   */
  async ask(request: Request, transfer: readonly ArrayBuffer[]): Promise<Reply> {
    if (this.death) throw this.death;
    const reply = new Promise<Reply>((resolve, reject) => {
      this.calls.push({ request, transfer, resolve, reject });
    });
    if (this.calls.length === 1) this.postFirst();
    if (this.awaited++ === 0) this.worker.ref();
    try {
      return await reply;
    } finally {
      if (--this.awaited === 0) this.worker.unref();
    }
  }

  /** Resolves when every request so far is answered. */
  async rest(): Promise<void> {
    while (this.calls.length > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  private postFirst(): void {
    const [first] = this.calls;
    if (first === undefined) return;
    Atomics.store(this.busy, 0, 1);
    this.worker.postMessage(first.request, first.transfer);
  }

  /** A process that exits stops its threads. ONNX Runtime, when stopped within a call, aborts the process and loses its exit code. */
  private readonly waitWhileBusy = (): void => {
    Atomics.wait(this.busy, 0, 1);
  };

  private die(reason: string): void {
    this.death ??= new Error(`ONNX Runtime's thread died: ${reason}. Compile the function again.`);
    for (const { reject } of this.calls.splice(0)) reject(this.death);
    process.off('exit', this.waitWhileBusy);
  }
}
