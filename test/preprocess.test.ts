import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { IMAGENET_MEANS_BGR, deprocess, preprocess } from '../src/picture/preprocess';

/** What NumPy leaves of each of the 256 levels. */
const caffe = JSON.parse(readFileSync(path.join(__dirname, 'fixtures/image/caffe.json'), 'utf8')) as Record<
  'blue' | 'green' | 'red',
  number[]
>;
/** Every level of red, with others of green and blue. */
const levels = {
  width: 128,
  height: 2,
  data: Uint8Array.from({ length: 768 }, (_, i) => (Math.floor(i / 3) * (1 + 6 * (i % 3))) % 256),
};

describe('preprocess', () => {
  before(() => tf.setBackend('cpu'));

  it("gives Keras's float32 values, bit for bit, as blue, green and red", () => {
    const x = preprocess(levels);
    assert.deepEqual([x.shape, x.dtype], [[1, 2, 128, 3], 'float32']);
    const came = x.dataSync<'float32'>();
    const { data } = levels;
    for (let i = 0; i < data.length; i += 3) {
      const [red, green, blue] = data.subarray(i, i + 3) as unknown as [number, number, number];
      assert.deepEqual(
        [...came.subarray(i, i + 3)],
        [caffe.blue[blue], caffe.green[green], caffe.red[red]],
        `pixel ${i / 3}`,
      );
    }
    x.dispose();
  });
});

describe('deprocess', () => {
  before(() => tf.setBackend('cpu'));
  /** One pixel whose displayable values are these, as red, green and blue. */
  const pixel = ([red, green, blue]: [number, number, number]) =>
    Float64Array.of(blue, green, red).map((level, i) => level - IMAGENET_MEANS_BGR[i as 0 | 1 | 2]);

  it('turns back what preprocess made, from a tensor and from an array', () => {
    const x = preprocess(levels);
    assert.deepEqual(deprocess(x), levels);
    assert.deepEqual(deprocess({ data: Float64Array.from(x.dataSync()), width: 128, height: 2 }), levels);
    x.dispose();
  });

  it('rounds, or truncates as the chapter does', () => {
    const data = pixel([10.4, 10.6, 254.9]);
    const size = { width: 1, height: 1 };
    assert.deepEqual([...deprocess({ data, ...size }, 'round').data], [10, 11, 255]);
    assert.deepEqual([...deprocess({ data, ...size }, 'truncate').data], [10, 10, 254]);
  });

  it('clips to 0..255 and leaves what it was given as it is', () => {
    const data = pixel([-0.7, 255.9, 1e9]);
    const before = data.slice();
    for (const rounding of ['round', 'truncate'] as const)
      assert.deepEqual([...deprocess({ data, width: 1, height: 1 }, rounding).data], [0, 255, 255]);
    assert.deepEqual(data, before);
  });
});
