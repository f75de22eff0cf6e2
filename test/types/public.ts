/** What the package's types promise to a program. types.test.ts has TypeScript read this; it is not run. */
import * as tf from '@tensorflow/tfjs';
import { expectTypeOf } from 'expect-type';
import {
  type Checkpoint,
  type DeepPicture,
  type FoundWeights,
  type LossTerm,
  type NDArray,
  type NetworkName,
  type OpenNetwork,
  type Picture,
  type SaveOptions,
  type TransferEvent,
  compile,
  contentTerm,
  createProblem,
  downloadWeights,
  findWeights,
  fminLbfgsb,
  loadImage,
  loadModel,
  paint,
  resizePicture,
  saveImage,
  styleTermPerPosition,
  styleTransfer,
} from 'wheatfield';

export async function pictures(picture: Picture): Promise<void> {
  expectTypeOf(loadImage).returns.resolves.toEqualTypeOf<Picture>();
  expectTypeOf(saveImage).parameters.toEqualTypeOf<[Picture | DeepPicture, string, SaveOptions?]>();
  await loadImage('a.png', { resize: 'nearest', size: { width: 1, height: 2 } });
  // @ts-expect-error no such filter
  await loadImage('a.png', { resize: 'bilinear' });
  // @ts-expect-error no such option
  await loadImage('a.png', { filter: 'nearest' });
  // @ts-expect-error the height is missing
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
  const run = styleTransfer({ content: 'a.png', style: new Uint8Array(), height: 300 });
  for await (const event of run) {
    expectTypeOf(event).toEqualTypeOf<TransferEvent>();
    // @ts-expect-error only some events have a loss
    void event.loss;
    if (event.type === 'iteration') expectTypeOf(event.terms).toEqualTypeOf<Record<string, number>>();
  }
  expectTypeOf(await run.picture()).toEqualTypeOf<Picture>();
  expectTypeOf(await run.checkpoint()).toEqualTypeOf<Checkpoint>();
  // @ts-expect-error no such setting
  styleTransfer({ content: 'a.png', style: 'b.png', heigth: 300 });
  // @ts-expect-error height is a number
  styleTransfer({ content: 'a.png', style: 'b.png', height: '300' });
  // @ts-expect-error the style is missing
  styleTransfer({ content: 'a.png' });
}

export async function problems(picture: Picture, network: OpenNetwork): Promise<void> {
  const terms = [
    contentTerm({ weight: 1, layers: { block4_conv2: 1 } }),
    styleTermPerPosition({ name: 'sky', weight: 2, layers: { block1_conv1: 1 }, style: 1 }),
    { name: 'mine', weight: 1, loss: (x: tf.Tensor4D) => x.square().sum<tf.Scalar>() },
  ];
  expectTypeOf(terms).toExtend<LossTerm[]>();
  const problem = await createProblem({
    content: picture,
    styles: [picture, 'b.png'],
    terms,
    openNetwork: network,
  });
  const { value, terms: values, grad } = await problem.lossAndGrads(problem.z0);
  expectTypeOf(value).toEqualTypeOf<NDArray>();
  expectTypeOf(values).toEqualTypeOf<Record<string, NDArray>>();
  expectTypeOf(grad).toEqualTypeOf<NDArray>();
  await problem[Symbol.asyncDispose]();
  // @ts-expect-error a term needs a weight
  contentTerm({ layers: { block4_conv2: 1 } });
  expectTypeOf(
    await paint({ content: picture, styles: [picture], evaluations: 20 }),
  ).toEqualTypeOf<Picture>();
}
