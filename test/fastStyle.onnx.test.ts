import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { compile } from '../src/compile';
import { readOnnx } from '../src/compile/readOnnx';
import { fastStyleOnnx, readFastStyleOnnx } from '../src/fastStyle/onnx';
import type { Picture } from '../src/picture/image';
import { levels, planes, randomModel, randomPicture, stylised } from './helpers/randomFastStyle';

/** Of 255. */
const SAME = 1e-5;
/** What rounding the network's numbers to float16 may change, in a network of random numbers. */
const HALVED = 0.01;
/** Height and width: even, odd, and the smallest. */
const SIZES = [
  [64, 48],
  [37, 50],
  [38, 61],
  [5, 5],
  [6, 9],
] as const;

/** The greatest difference, of 255. */
function apart(a: Float32Array, b: Float32Array): number {
  assert.equal(a.length, b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0) / 255;
}

async function computed(session: InferenceSession, picture: Picture, style?: Float32Array) {
  const { height, width } = picture;
  const image = new Tensor('float32', planes(levels(picture)), [1, 3, height, width]);
  const { stylized } = await session.run(
    style ? { image, style: new Tensor('float32', style, [style.length]) } : { image },
  );
  assert.deepEqual(stylized?.dims, [1, 3, height, width]);
  return stylized.data as Float32Array;
}

describe('a fast style network as ONNX', () => {
  before(() => tf.setBackend('cpu'));

  for (const architecture of ['quality', 'webcam'] as const) {
    it(`${architecture}: computes what the traced function does, at any size`, async () => {
      const model = randomModel(architecture);
      const whole = await InferenceSession.create(
        await fastStyleOnnx(model, 'one', { precision: 'float32' }),
      );
      const half = await InferenceSession.create(await fastStyleOnnx(model, 'one'));
      const all = await InferenceSession.create(
        await fastStyleOnnx(model, undefined, { precision: 'float32' }),
      );
      for (const [height, width] of SIZES) {
        const picture = randomPicture(height, width);
        const right = await stylised(model, model.styles.one, picture);
        assert.ok(apart(await computed(whole, picture), right) < SAME);
        assert.ok(apart(await computed(half, picture), right) < HALVED);
        const other = await stylised(model, model.styles.two, picture);
        assert.ok(apart(await computed(all, picture, model.styles.two), other) < SAME);
        assert.ok(apart(right, other) > 0.1, 'the two styles differ');
      }
      await Promise.all([whole, half, all].map((session) => session.release()));
    });
  }

  it('names its inputs, leaves their sizes open, and says what it is', async () => {
    const model = randomModel('webcam');
    const bytes = await fastStyleOnnx(model, 'one');
    const session = await InferenceSession.create(bytes);
    assert.deepEqual([session.inputNames, session.outputNames], [['image'], ['stylized']]);
    const [image] = session.inputMetadata;
    assert.ok(image?.isTensor);
    assert.deepEqual([image.type, image.shape], ['float32', [1, 3, 'height', 'width']]);
    await session.release();
    assert.deepEqual(readOnnx(bytes).metadata, {
      licence: 'CC0',
      training: 'none',
      network: 'wheatfield-fast-style',
      architecture: 'webcam',
      style: 'one',
    });
  });

  it('can be read back: exactly in float32, and as the file has it in float16', async () => {
    const model = randomModel('webcam');
    const { one } = model.styles;
    const back = await readFastStyleOnnx(
      await fastStyleOnnx(model, 'one', { precision: 'float32' }),
      'a.onnx',
    );
    assert.deepEqual(back, { ...model, styles: { one } });
    const bytes = await fastStyleOnnx(model, 'one');
    assert.deepEqual(await fastStyleOnnx(await readFastStyleOnnx(bytes, 'a.onnx'), 'one'), bytes);
    assert.ok(bytes.length < 200_000);
  });

  it('is refused where it is another model, or damaged', async () => {
    const model = randomModel('webcam');
    const other = await compile((x: tf.Tensor) => x.mul(2), [3]);
    await assert.rejects(
      async () => readFastStyleOnnx(other.toOnnx(), 'other.onnx'),
      /^UserError: other\.onnx is not a fast style network of Wheatfield\. Name a file/,
    );
    await other.dispose();
    const bytes = await fastStyleOnnx(model, 'one');
    await assert.rejects(
      async () => readFastStyleOnnx(bytes.subarray(0, 5000), 'cut.onnx'),
      /^UserError: cut\.onnx is not a whole ONNX file\. Fetch it again/,
    );
    const { 'encoder1/kernel': kernel } = model.parameters;
    const narrow = { ...model.parameters, 'encoder1/kernel': { ...kernel, data: kernel.data.slice(1) } };
    await assert.rejects(
      async () =>
        readFastStyleOnnx(await fastStyleOnnx({ ...model, parameters: narrow }, 'one'), 'narrow.onnx'),
      /^UserError: narrow\.onnx is not a whole fast style network: encoder1\/kernel/,
    );
    await assert.rejects(
      async () => fastStyleOnnx(model, 'three'),
      /no style 'three'\. Choose one of one, two\./,
    );
  });
});
