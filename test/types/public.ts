/** What the package's types promise to a program. types.test.ts has TypeScript read this; it is not run. */
import * as tf from '@tensorflow/tfjs';
import { expectTypeOf } from 'expect-type';
import {
  type FoundWeights,
  type NDArray,
  type NetworkName,
  type Picture,
  type TransferEvent,
  compile,
  downloadWeights,
  findWeights,
  fminLbfgsb,
  loadImage,
  loadModel,
  resizePicture,
  saveImage,
  styleTransfer,
} from 'wheatfield';

export async function pictures(picture: Picture): Promise<void> {
  expectTypeOf(loadImage).returns.resolves.toEqualTypeOf<Picture>();
  expectTypeOf(saveImage).parameters.toEqualTypeOf<[Picture, string]>();
  await loadImage('a.png', { resize: 'nearest', size: { width: 1, height: 2 } });
  // @ts-expect-error no such filter
  await loadImage('a.png', { resize: 'bilinear' });
  // @ts-expect-error no such option
  await loadImage('a.png', { filter: 'nearest' });
  // @ts-expect-error there is no height
  await resizePicture(picture, { width: 1 }, 'nearest');
  // @ts-expect-error the picture comes first
  await saveImage('a.png', picture);
}

export async function compiled(x: Float32Array): Promise<void> {
  const run = await compile(
    tf.valueAndGrad((picture: tf.Tensor) => picture.sum<tf.Scalar>()),
    [1, 2, 3, 3],
  );
  expectTypeOf(run).returns.resolves.toEqualTypeOf<{ value: NDArray; grad: NDArray }>();
  expectTypeOf(run.ops).toEqualTypeOf<Readonly<Record<string, number>>>();
  await run(x);
  // @ts-expect-error not a number
  await run(1);
  // @ts-expect-error a shape is a list
  await compile((picture: tf.Tensor) => picture.sum(), 12);
  // @ts-expect-error no such option
  await compile((picture: tf.Tensor) => picture.sum(), [12], { cores: 2 });
}

export async function optimised(): Promise<void> {
  const [x, minVal, info] = await fminLbfgsb((at: Float64Array) => at.length, new Float64Array(3), {
    fprime: (at: Float64Array) => at,
    bounds: { lower: 0, upper: 255 },
  });
  expectTypeOf(x).toEqualTypeOf<Float64Array>();
  expectTypeOf(minVal).toEqualTypeOf<number>();
  expectTypeOf(info.warnflag).toExtend<number>();
  // @ts-expect-error no such option
  await fminLbfgsb(() => 0, new Float64Array(3), { maxiterations: 3 });
  // @ts-expect-error bounds are numbers
  await fminLbfgsb(() => 0, new Float64Array(3), { bounds: { lower: '0', upper: '255' } });
}

export async function networks(signal: AbortSignal): Promise<void> {
  expectTypeOf(findWeights).returns.toEqualTypeOf<FoundWeights | undefined>();
  expectTypeOf<NetworkName>().toEqualTypeOf<'vgg19' | 'vgg19-slim'>();
  await downloadWeights({ signal, onProgress: ({ received }) => received.toFixed() });
  const { model } = await loadModel('auto', { pooling: 'avg', signal });
  expectTypeOf(model).toEqualTypeOf<tf.LayersModel>();
  // @ts-expect-error no such network
  await loadModel('vgg16');
}

export async function transferred(): Promise<void> {
  for await (const event of styleTransfer({ content: 'a.png', style: 'b.png' })) {
    expectTypeOf(event).toEqualTypeOf<TransferEvent>();
    // @ts-expect-error only some events have a picture
    void event.picture;
    if (event.type === 'iteration') expectTypeOf(event.picture).toEqualTypeOf<Picture>();
  }
}
