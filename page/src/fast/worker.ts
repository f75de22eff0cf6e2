/** The thread that paints: it holds one network in onnxruntime-web, so that the page never waits. */
import type * as Ort from 'onnxruntime-web';
import type { Picture } from '../../../src/picture/image';
import { noiseOfPictures } from '../../../src/fastStyle/seeds';
import { blended, planesOf } from '../../../src/stylize/planes';
import { steadyPaintings } from '../../../src/stylize/steady';
import type { OpenOrder, Order, PaintOrder, Reply } from './messages';

/** In ONNX Runtime's scale of how much is said. */
const ERRORS = 3;

let ort: typeof Ort;
let session: Ort.InferenceSession;
const noiseFor = noiseOfPictures();
let last: { picture: Picture; style: string; painted: Float32Array } | undefined;
let film: { hold: number; show: ReturnType<typeof steadyPaintings> } | undefined;

let orders: Promise<unknown> = Promise.resolve();
addEventListener('message', ({ data }: MessageEvent<Order>) => {
  orders = orders.then(() => answer(data));
});

async function answer(order: Order): Promise<void> {
  const reply: Reply = { id: order.id };
  try {
    if (order.type === 'open') await open(order);
    else reply.picture = await paint(order);
  } catch (error) {
    reply.error = error instanceof Error ? error.message : String(error);
  }
  postMessage(reply, { transfer: reply.picture ? [reply.picture.data.buffer as ArrayBuffer] : [] });
}

async function open({ provider, runtime, network, threads }: OpenOrder): Promise<void> {
  ort = (await import(/* @vite-ignore */ `${runtime}ort.${provider}.min.mjs`)) as typeof Ort;
  ort.env.wasm.numThreads = threads;
  session = await ort.InferenceSession.create(network, {
    executionProviders: [provider],
    // It warns of what it does well: sizes are computed by the processor.
    logSeverityLevel: ERRORS,
  });
}

async function paint({ picture: given, style, strength, steady, isBeside }: PaintOrder): Promise<Picture> {
  const picture = given ?? last?.picture;
  if (!picture) throw new Error('There is no picture to paint yet.');
  // The network's own painting is kept, because a change of the strength does not change it.
  const key = style.join();
  const isKnown = last?.picture === picture && last.style === key;
  const painted = isKnown && last ? last.painted : await computed(picture, style);
  if (!isBeside) last = { picture, style: key, painted };
  const painting = blended(picture, painted, strength);
  if (steady === undefined) return painting;
  if (film?.hold !== steady) film = { hold: steady, show: steadyPaintings(steady) };
  return film.show(picture, painting);
}

async function computed(picture: Picture, style: Float32Array): Promise<Float32Array> {
  const { width, height } = picture;
  const { stylized } = await session.run({
    image: new ort.Tensor('float32', planesOf(picture, noiseFor(picture)), [1, 3, height, width]),
    style: new ort.Tensor('float32', style, [style.length]),
  });
  return (await stylized?.getData()) as Float32Array;
}
