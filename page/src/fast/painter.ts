/** The worker that paints, as functions. */
import type { Picture } from '../../../src/picture/image';
import PaintingThread from './worker?worker';
import type { OpenOrder, Order, PaintOrder, Provider, Reply } from './messages';

export interface Painter {
  provider: Provider;
  threads: number;
  /** @throws Error with the runtime's words */
  paint: (order: Omit<PaintOrder, 'type'>) => Promise<Picture>;
  close: () => void;
}

/** Threads, of which a browser gives more than one only to a page that is isolated: not in a notebook's frame. */
export const THREADS = crossOriginIsolated ? Math.min(navigator.hardwareConcurrency, 8) : 1;

/**
 * What can compute here, the better first: a graphics card, unless it is the processor that pretends to be one.
 */
export async function providers(): Promise<Provider[]> {
  // Safari and Firefox have no navigator.gpu everywhere.
  const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<GpuAdapter | null> } };
  const adapter = await gpu?.requestAdapter().catch(() => null);
  if (!adapter) return ['wasm'];
  const isPretended = adapter.isFallbackAdapter ?? adapter.info?.isFallbackAdapter ?? false;
  return isPretended ? ['wasm', 'webgpu'] : ['webgpu', 'wasm'];
}

interface GpuAdapter {
  isFallbackAdapter?: boolean;
  info?: { isFallbackAdapter?: boolean };
}

/**
 * Opens a network of the server in a worker.
 *
 * @param network its number
 * @throws Error where the runtime cannot be opened
 */
export async function openPainter(network: number, provider: Provider): Promise<Painter> {
  const worker = new PaintingThread();
  const waiting = new Map<number, { resolve: (reply: Reply) => void; reject: (error: Error) => void }>();
  let orders = 0;
  const fail = (message: string) => {
    for (const { reject } of waiting.values()) reject(new Error(message));
    waiting.clear();
  };
  worker.onmessage = ({ data }: MessageEvent<Reply>) => {
    const order = waiting.get(data.id);
    waiting.delete(data.id);
    if (data.error === undefined) order?.resolve(data);
    else order?.reject(new Error(data.error));
  };
  worker.onerror = ({ message }) => fail(message || 'The worker does not start.');
  const ask = (order: OpenOrder | Omit<PaintOrder, 'picture'>) =>
    new Promise<Reply>((resolve, reject) => {
      const id = orders++;
      waiting.set(id, { resolve, reject });
      worker.postMessage({ ...order, id } satisfies Order);
    });
  const close = () => {
    worker.terminate();
    fail('It is closed.');
  };
  const address = (path: string) => new URL(`api/fast/${path}`, document.baseURI).href;
  try {
    await ask({
      type: 'open',
      provider,
      runtime: address('runtime/'),
      network: address(`networks/${network}.onnx`),
      threads: THREADS,
    });
  } catch (error) {
    close();
    throw error;
  }
  return {
    provider,
    threads: THREADS,
    close,
    paint: async (order) => (await ask({ type: 'paint', ...order })).picture as Picture,
  };
}
