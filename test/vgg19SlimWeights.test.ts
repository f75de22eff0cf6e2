import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {
  decodeSafetensors,
  encodeSafetensors,
  readSafetensors,
  writeSafetensors,
} from '../src/network/safetensors';
import { convLayers } from '../src/network/vgg19Slim';
import {
  dequantised,
  disposeSlim,
  loadSlimWeights,
  quantised,
  saveSlimWeights,
} from '../src/network/vgg19SlimWeights';
import { tinySlim } from './helpers/tinySlim';

describe('safetensors', () => {
  const content = {
    tensors: {
      bytes: { shape: [3], data: Int8Array.of(-1, 0, 127) },
      numbers: { shape: [2, 2], data: Float32Array.of(1.5, -2, 3, 4) },
    },
    metadata: { made: 'here' },
  };

  it('gives back what was written', () => {
    assert.deepEqual(decodeSafetensors(encodeSafetensors(content), 'file'), content);
  });

  it('writes the published layout: length, JSON header, aligned little-endian arrays', () => {
    const bytes = encodeSafetensors(content);
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = JSON.parse(Buffer.from(bytes.subarray(8, 8 + length)).toString());
    assert.deepEqual(header, {
      __metadata__: { made: 'here' },
      numbers: { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] },
      bytes: { dtype: 'I8', shape: [3], data_offsets: [16, 19] },
    });
    assert.equal(length % 8, 0);
    assert.equal(new DataView(bytes.buffer).getFloat32(8 + length, true), 1.5);
    assert.equal(bytes.length, 8 + length + 19);
  });

  it('refuses a file that is cut short, or another kind', () => {
    const bytes = encodeSafetensors(content);
    const damaged = /cut short, damaged or another kind/;
    assert.throws(() => decodeSafetensors(bytes.subarray(0, bytes.length - 1), 'file'), damaged);
    assert.throws(() => decodeSafetensors(bytes.subarray(0, 20), 'file'), damaged);
    assert.throws(() => decodeSafetensors(Buffer.from('not a safetensors file'), 'file'), damaged);
  });
});

describe("vgg19-slim's weights file", () => {
  let folder: string;
  before(() => tf.setBackend('cpu'));
  beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), 'wheatfield-slim-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('keeps kernels and heads to half a step of 8 bits of their channel, and biases exactly', () => {
    const parameters = tinySlim();
    const back = dequantised(quantised(parameters));
    for (const [name, { data, shape }] of Object.entries(parameters)) {
      const came = back[name]?.data as Float32Array;
      const channels = shape.at(-1) as number;
      data.forEach((x, i) => {
        const channel = data.filter((_, k) => k % channels === i % channels);
        const step = name.toLowerCase().endsWith('bias') ? 0 : Math.max(...channel.map(Math.abs)) / 127;
        assert.ok(Math.abs(x - (came[i] as number)) <= step * 0.501, `${name} ${i}: ${x}, came ${came[i]}`);
      });
    }
  }).timeout(120_000);

  it('is loaded as it was saved', async () => {
    const file = path.join(folder, 'slim.safetensors');
    const parameters = tinySlim();
    await saveSlimWeights(file, parameters);
    const network = await loadSlimWeights(file);
    assert.deepEqual(
      Object.keys(network),
      convLayers().map(({ name }) => name),
    );
    const expected = dequantised(quantised(parameters))['block4_conv2/head'];
    assert.deepEqual(network.block4_conv2?.head.dataSync(), expected?.data);
    assert.deepEqual(network.block4_conv2?.head.shape, [6, 512]);
    disposeSlim(network);
    assert.throws(() => network.block4_conv2?.head.dataSync(), /disposed/);
  });

  it('is refused where it is missing, damaged, or of another network', async () => {
    const file = path.join(folder, 'slim.safetensors');
    await assert.rejects(loadSlimWeights(file), /Expected weights at .*no such file/);
    await saveSlimWeights(file, tinySlim());
    writeFileSync(file, readFileSync(file).subarray(0, 1000));
    await assert.rejects(loadSlimWeights(file), /cut short/);
    const { tensors } = { tensors: quantised(tinySlim()) };
    const { 'block3_conv1/head': head, ...rest } = tensors;
    assert.ok(head);
    await writeSafetensors(file, { tensors: rest, metadata: {} });
    await assert.rejects(loadSlimWeights(file), /of vgg19-slim .* has no block3_conv1\/head/);
    const swapped = { ...tensors, 'block3_conv1/head': { ...head, shape: [...head.shape].reverse() } };
    await writeSafetensors(file, { tensors: swapped, metadata: {} });
    await assert.rejects(loadSlimWeights(file), /block3_conv1 has the shapes/);
    assert.ok((await readSafetensors(file)).tensors['block1_conv1/kernel']);
  });
});
