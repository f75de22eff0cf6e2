/** What runs in session.ts's thread: it owns ONNX Runtime and its sessions. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { DeviceName } from './passes';
import type { NDArray } from './session';

/** What the thread is asked. A session goes by a number that the asker chooses. */
export type Request =
  | { ask: 'prepare'; session: number; name: string; model: Uint8Array; threads: number }
  | {
      ask: 'open';
      session: number;
      model: Uint8Array;
      device: DeviceName;
      threads: number;
      keepsMemory: boolean;
      profilePrefix: string | undefined;
    }
  | { ask: 'run'; session: number; inputs: readonly { data: Float32Array; shape: readonly number[] }[] }
  | { ask: 'close'; session: number };

/** What it answers, once for each request: the outputs by name, of which only 'run' has any, or what went wrong. */
export type Reply = { outputs: Record<string, NDArray> } | { error: string };

const port = parentPort as MessagePort;
/** 1 while there is a request to answer; whoever asks sets it. */
const busy = workerData as Int32Array;
/** What computes, in ONNX Runtime's terms. */
const PROVIDERS: Record<DeviceName, InferenceSession.SessionOptions> = {
  cpu: { executionProviders: ['cpu'], logSeverityLevel: 3 },
  webgpu: {
    // Not its default NHWC: there, in version 1.30, convolutions of 6, 9 or 18 channels give wrong values.
    executionProviders: [{ name: 'webgpu', preferredLayout: 'NCHW' }],
    // A node that the provider lacks would run on the CPU, with a copy each way. That is refused.
    extra: { session: { disable_cpu_ep_fallback: '1' } },
    // Its errors are thrown too; that there is no GPU is not one.
    logSeverityLevel: 4,
  },
};

const sessions = new Map<number, InferenceSession>();
/** What each session takes at every run, by name. */
const prepared = new Map<number, Record<string, Tensor>>();

port.on('message', (request: Request) => void reply(request));

async function reply(request: Request): Promise<void> {
  const answered = await answer(request).then(
    (outputs): Reply => ({ outputs }),
    (error: unknown): Reply => ({ error: error instanceof Error ? error.message : String(error) }),
  );
  // Before the reply, after which the next request may come.
  Atomics.store(busy, 0, 0);
  Atomics.notify(busy, 0);
  // What came leaves with the reply, too, unread: here, where hardly anything else is allocated, garbage lies long uncollected.
  const outputs = 'outputs' in answered ? Object.values(answered.outputs) : [];
  const memory = [...outputs.map(({ data }) => data), ...arraysOf(request)].map(
    ({ buffer }) => buffer as ArrayBuffer,
  );
  port.postMessage(answered, memory);
}

function arraysOf(request: Request): readonly Uint8Array[] | readonly Float32Array[] {
  if ('model' in request) return [request.model];
  return 'inputs' in request ? request.inputs.map(({ data }) => data) : [];
}

async function answer(request: Request): Promise<Record<string, NDArray>> {
  switch (request.ask) {
    case 'prepare':
      await prepareInput(request);
      return {};
    case 'open':
      await open(request);
      return {};
    case 'run':
      return run(request);
    case 'close':
      await sessions.get(request.session)?.release();
      sessions.delete(request.session);
      prepared.delete(request.session);
      return {};
  }
}

async function prepareInput({
  session,
  name,
  model,
  threads,
}: Extract<Request, { ask: 'prepare' }>): Promise<void> {
  const runtime = await import('onnxruntime-node');
  const once = await runtime.InferenceSession.create(model, {
    executionProviders: ['cpu'],
    // What is computed once needs no optimising, which would compute it before; and no memory for later.
    graphOptimizationLevel: 'disabled',
    enableCpuMemArena: false,
    intraOpNumThreads: threads,
    logSeverityLevel: 3,
  });
  const { [name]: value } = await once.run({});
  await once.release();
  prepared.set(session, { ...prepared.get(session), [name]: value });
}

async function open({
  session,
  model,
  device,
  threads,
  keepsMemory,
  profilePrefix,
}: Extract<Request, { ask: 'open' }>): Promise<void> {
  // Here and not above: where the native library is missing, this is an answer and not the end of the thread.
  const runtime = await import('onnxruntime-node');
  const opened = await runtime.InferenceSession.create(model, {
    ...PROVIDERS[device],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    enableMemPattern: false,
    enableCpuMemArena: keepsMemory,
    ...(profilePrefix === undefined ? {} : { enableProfiling: true, profileFilePrefix: profilePrefix }),
  });
  sessions.set(session, opened);
}

async function run({ session, inputs }: Extract<Request, { ask: 'run' }>): Promise<Record<string, NDArray>> {
  const { Tensor } = await import('onnxruntime-node');
  const opened = sessions.get(session) as InferenceSession;
  const feeds: Record<string, Tensor> = { ...prepared.get(session) };
  for (const [i, { data, shape }] of inputs.entries()) {
    feeds[opened.inputNames[i]] = new Tensor('float32', data, shape);
  }
  const results = await opened.run(feeds);
  return Object.fromEntries(
    Object.entries(results).map(([name, { data, dims }]) => [
      name,
      { data: data as NDArray['data'], shape: dims },
    ]),
  );
}
