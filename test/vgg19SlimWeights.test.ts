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
import { UserError } from '../src/errors';
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
    const header: unknown = JSON.parse(Buffer.from(bytes.subarray(8, 8 + length)).toString());
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
    const refuses = (part: Uint8Array, why: string) =>
      assert.throws(() => decodeSafetensors(part, 'file'), {
        name: 'UserError',
        message: `file is not a whole safetensors file: ${why}. Fetch it again, or name another file.`,
      });
    refuses(bytes.subarray(0, bytes.length - 1), 'it has 18 of the 19 bytes that its header names');
    refuses(bytes.subarray(0, 20), 'its header is cut short');
    refuses(bytes.subarray(0, 7), 'it has 7 bytes');
    refuses(Buffer.from('not a safetensors file'), 'its header is cut short');
  });

  /** A file with this header and so many bytes after it. */
  const withHeader = (header: unknown, length: number) => {
    const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
    const start = Buffer.alloc(8);
    start.writeBigUInt64LE(BigInt(json.length));
    return Buffer.concat([start, json, Buffer.alloc(length)]);
  };
  const f32 = (from: unknown, to: unknown, shape: unknown = [1]) => ({
    dtype: 'F32',
    shape,
    data_offsets: [from, to],
  });

  it('reads scalars, empty arrays, names of any kind, and a header without metadata', () => {
    const header = `{"a":${JSON.stringify(f32(0, 4, []))},"__proto__":${JSON.stringify(f32(4, 4, [3, 0]))}}  `;
    const { tensors, metadata } = decodeSafetensors(withHeader(header, 4), 'file');
    assert.deepEqual(Object.keys(tensors), ['a', '__proto__']);
    assert.deepEqual(tensors.a, { shape: [], data: Float32Array.of(0) });
    assert.deepEqual(metadata, {});
  });

  for (const [what, header, why] of [
    ['text that is not JSON', '{"a":', /its header is not JSON/],
    ['null', 'null', /its header is not a list of names and values/],
    ['a list', '[1]', /its header is not a list of names and values/],
    ['an array that is null', { a: null }, /a is not a list of names and values/],
    ['an array that is a number', { a: 1 }, /a is not a list of names and values/],
    ['no type', { a: { shape: [1], data_offsets: [0, 4] } }, /a is of the unknown type undefined/],
    ['a type that is a list', { a: { ...f32(0, 4), dtype: ['F32'] } }, /a is of the unknown type \["F32"\]/],
    ['an inherited type', { a: { ...f32(0, 4), dtype: 'toString' } }, /a is of the unknown type "toString"/],
    ['no shape', { a: { dtype: 'F32', data_offsets: [0, 4] } }, /a has the shape undefined/],
    ['a shape that is a number', { a: f32(0, 4, 1) }, /a has the shape 1/],
    ['a negative side', { a: f32(0, 4, [-1, -1]) }, /a has the shape \[-1,-1\]/],
    ['half a side', { a: f32(0, 4, [0.5, 2]) }, /a has the shape \[0\.5,2\]/],
    ['a side in words', { a: f32(0, 4, ['1']) }, /a has the shape \["1"\]/],
    ['a shape beyond all numbers', { a: f32(0, 4, [2 ** 52, 2 ** 52]) }, /a needs .* bytes/],
    ['no offsets', { a: { dtype: 'F32', shape: [1] } }, /a has the offsets undefined/],
    ['one offset', { a: { ...f32(0, 4), data_offsets: [4] } }, /a has the offsets \[4\]/],
    ['three offsets', { a: { ...f32(0, 4), data_offsets: [0, 4, 8] } }, /a has the offsets \[0,4,8\]/],
    ['offsets in words', { a: f32('0', '4') }, /a has the offsets \["0","4"\]/],
    ['negative offsets', { a: f32(-4, 0) }, /a has the offsets \[-4,0\]/],
    ['offsets the wrong way round', { a: f32(4, 0) }, /a needs 4 bytes and has the offsets 4 to 0/],
    ['too little room', { a: f32(0, 4, [2]) }, /a needs 8 bytes and has the offsets 0 to 4/],
    ['an overlap', { a: f32(0, 4), b: f32(2, 6) }, /b overlaps the array before it/],
    ['the same bytes twice', { a: f32(0, 4), b: f32(0, 4) }, /b overlaps the array before it/],
    ['a hole', { a: f32(0, 4), b: f32(6, 10) }, /its bytes 4 to 6, before b, belong to no array/],
    ['a hole at the beginning', { a: f32(4, 8) }, /its bytes 0 to 4, before a, belong to no array/],
    ['bytes after the last array', { a: f32(0, 4) }, /its bytes 4 to 12 belong to no array/],
    ['too few bytes', { a: f32(0, 16, [4]) }, /it has 12 of the 16 bytes that its header names/],
    ['metadata that is a list', { __metadata__: [] }, /__metadata__ is not a list of names and values/],
    ['metadata with a number', { __metadata__: { a: 1 } }, /__metadata__ holds something else than text/],
  ] as const) {
    it(`refuses ${what} in the header`, () => {
      assert.throws(
        () => decodeSafetensors(withHeader(header, 12), 'file'),
        (error: Error) => error instanceof UserError && why.test(error.message),
      );
    });
  }

  it('names a type that it does not read', () => {
    const header = { a: { dtype: 'BF16', shape: [2], data_offsets: [0, 4] } };
    assert.throws(
      () => decodeSafetensors(withHeader(header, 4), 'file'),
      /^UserError: a in file is of the type BF16, which Wheatfield does not read\. Convert it to one of F16, F32, F64, I8, U8, I32\.$/,
    );
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
      const came = back[name]?.data;
      const channels = shape.at(-1) as number;
      data.forEach((x, i) => {
        const channel = data.filter((_, k) => k % channels === i % channels);
        const step = name.toLowerCase().endsWith('bias') ? 0 : Math.max(...channel.map(Math.abs)) / 127;
        assert.ok(Math.abs(x - came[i]) <= step * 0.501, `${name} ${i}: ${x}, came ${came[i]}`);
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
    await assert.rejects(loadSlimWeights(file), /Cannot read the weights .*no such file/);
    await saveSlimWeights(file, tinySlim());
    writeFileSync(file, readFileSync(file).subarray(0, 1000));
    await assert.rejects(loadSlimWeights(file), /is not a whole safetensors file/);
    await assert.rejects(loadSlimWeights(folder), /Cannot read the weights .*EISDIR/);
    const { tensors } = { tensors: quantised(tinySlim()) };
    const { 'block3_conv1/head': head, ...rest } = tensors;
    assert.ok(head);
    await writeSafetensors(file, { tensors: rest, metadata: {} });
    await assert.rejects(loadSlimWeights(file), /of vgg19-slim: it has no block3_conv1\/head\. /);
    const swapped = { ...tensors, 'block3_conv1/head': { ...head, shape: [...head.shape].reverse() } };
    await writeSafetensors(file, { tensors: swapped, metadata: {} });
    await assert.rejects(loadSlimWeights(file), /block3_conv1 has the shapes/);
    assert.ok((await readSafetensors(file)).tensors['block1_conv1/kernel']);
  });
});
