import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type * as h5wasm from 'h5wasm/node' with { 'resolution-mode': 'import' };
import { UserError } from '../src/errors';
import { loadKerasWeights } from '../src/network/kerasWeights';
import { vgg19 } from '../src/network/vgg19';
import { WEIGHTS_FILE, cacheFolder, findWeights, weightsUrl } from '../src/network/weights';
import { TINY_WEIGHTS, TINY_WIDTHS } from './fixtures/vgg19/reference';

const folder = mkdtempSync(path.join(tmpdir(), 'wheatfield-weights-'));
const at = (...parts: string[]) => path.join(folder, ...parts);
after(() => rmSync(folder, { recursive: true }));

describe('findWeights', () => {
  const place = (...parts: string[]) => {
    mkdirSync(at(...parts), { recursive: true });
    writeFileSync(at(...parts, WEIGHTS_FILE), 'weights');
    return at(...parts, WEIGHTS_FILE);
  };

  it('looks at the path, the environment, the cache and then in Keras', () => {
    const env = { WHEATFIELD_CACHE: at('cache'), KERAS_HOME: at('keras') };
    assert.equal(findWeights(undefined, env), undefined);
    const keras = place('keras', 'models');
    assert.deepEqual(findWeights(undefined, env), { path: keras, origin: 'keras' });
    const cached = place('cache');
    assert.deepEqual(findWeights(undefined, env), { path: cached, origin: 'cache' });
    const named = place('named');
    const named2 = { ...env, WHEATFIELD_WEIGHTS: named };
    assert.deepEqual(findWeights(undefined, named2), { path: named, origin: 'environment' });
    const given = place('given');
    assert.deepEqual(findWeights(given, named2), { path: given, origin: 'path' });
  });

  it('does not look further where a path that was given is wrong', () => {
    const env = { WHEATFIELD_CACHE: at('cache') };
    assert.throws(
      () => findWeights(at('nothing.h5'), env),
      /^UserError: The weights file .*nothing\.h5 does not exist\. Change the path given\.$/,
    );
    assert.throws(() => findWeights(folder, env), UserError);
    const wrong = { ...env, WHEATFIELD_WEIGHTS: at('nothing.h5') };
    assert.throws(() => findWeights(undefined, wrong), /WHEATFIELD_WEIGHTS/);
  });

  it("puts the cache where the environment says, or in the system's place", () => {
    assert.equal(cacheFolder({ WHEATFIELD_CACHE: '/x' }), '/x');
    assert.equal(cacheFolder({ XDG_CACHE_HOME: '/x' }), path.join('/x', 'wheatfield'));
    assert.match(cacheFolder({}), /wheatfield/);
  });

  it('downloads from a mirror where one is set', () => {
    assert.equal(
      weightsUrl({ WHEATFIELD_MIRROR: 'http://a.example/b/' }),
      `http://a.example/b/${WEIGHTS_FILE}`,
    );
    assert.equal(weightsUrl({ WHEATFIELD_MIRROR: '' }), weightsUrl({}));
    assert.match(
      weightsUrl({}),
      /^https:\/\/storage\.googleapis\.com\/tensorflow\/keras-applications\/vgg19\//,
    );
  });
});

describe('loadKerasWeights refuses', () => {
  const tiny = () => vgg19({ widths: TINY_WIDTHS });
  const rejects = (file: string, message: RegExp, model = tiny()) =>
    assert.rejects(
      loadKerasWeights(model, file),
      (error: Error) => error instanceof UserError && message.test(error.message),
    );
  /** The tiny network's file, changed by h5wasm. */
  const changed = async (name: string, change: (file: h5wasm.File) => void) => {
    copyFileSync(TINY_WEIGHTS, at(name));
    const h5 = await import('h5wasm/node');
    await h5.ready;
    const file = new h5.File(at(name), 'a');
    change(file);
    file.close();
    return at(name);
  };

  before(() => tf.setBackend('cpu'));

  it('what is not HDF5', async () => {
    writeFileSync(at('text.h5'), 'PK not weights');
    await rejects(at('text.h5'), /is not an HDF5 file/);
  });

  it('an empty file', async () => {
    writeFileSync(at('empty.h5'), '');
    await rejects(at('empty.h5'), /is not an HDF5 file/);
  });

  it('a file that is cut short, wherever', async () => {
    const whole = readFileSync(TINY_WEIGHTS);
    for (const part of [0.1, 0.5, 0.9, 0.999]) {
      writeFileSync(at('cut.h5'), whole.subarray(0, Math.floor(whole.length * part)));
      await rejects(at('cut.h5'), /cut short or damaged/);
    }
  });

  it("without the HDF5 library's own words in the terminal", () => {
    writeFileSync(at('half.h5'), readFileSync(TINY_WEIGHTS).subarray(0, 30_000));
    const program = `
      require('@tensorflow/tfjs').setBackend('cpu');
      const { loadKerasWeights } = require('./src/network/kerasWeights');
      const { vgg19 } = require('./src/network/vgg19');
      loadKerasWeights(vgg19({ upTo: 'block1_conv1' }), ${JSON.stringify(at('half.h5'))})
        .catch((error) => console.log(error.name));`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '-e', program], {
      cwd: path.join(__dirname, '..'),
      encoding: 'utf8',
    });
    assert.equal(stdout.trim(), 'UserError', stderr);
    assert.ok(!stderr.includes('HDF5'), stderr);
  });

  it('a file of another program', async () => {
    const file = await changed('foreign.h5', (opened) => opened.delete_attribute('layer_names'));
    await rejects(file, /has no attribute layer_names/);
  });

  it('a network without a layer', async () => {
    const file = await changed('other.h5', (opened) => {
      opened.delete_attribute('layer_names');
      opened.create_attribute('layer_names', ['conv1', 'conv2']);
    });
    await rejects(file, /no layer block1_conv1, only conv1, conv2\. /);
  });

  it('a network of other widths', () =>
    rejects(
      TINY_WEIGHTS,
      /block1_conv1 has weights of shapes 3 x 3 x 3 x 64 and 64.*3 x 3 x 3 x 2 and 2.*another network/,
      vgg19(),
    ));

  /** The tiny file, with another bias for block2_conv1. */
  const withBias = (name: string, data: Float32Array | Float64Array) =>
    changed(name, (opened) => {
      const group = opened.get('block2_conv1') as h5wasm.Group;
      group.delete_attribute('weight_names');
      group.create_dataset({ name: 'bias', data, shape: [data.length] });
      group.create_attribute('weight_names', ['block2_conv1_W_1:0', 'bias']);
    });

  it('a NaN or an infinity, wherever', async () => {
    await rejects(
      await withBias('nan.h5', Float32Array.of(1, NaN, 2)),
      /^block2_conv1 in .* holds a NaN or an infinity/,
    );
    await rejects(
      await withBias('inf.h5', Float32Array.of(1, 2, -Infinity)),
      /^block2_conv1 in .* holds a NaN or an infinity/,
    );
  });

  it('a shape that differs in one layer', async () => {
    const file = await withBias('long.h5', Float32Array.of(1, 2, 3, 4));
    await rejects(file, /block2_conv1 has weights of shapes 3 x 3 x 2 x 3 and 3, but .* 3 x 3 x 2 x 3 and 4/);
  });

  it('numbers that are not float32', async () => {
    const file = await withBias('double.h5', Float64Array.of(1, 2, 3));
    await rejects(file, /^block2_conv1 in .* holds numbers that are not float32/);
  });

  it('a layer without its arrays', async () => {
    const file = await changed('gone.h5', (opened) => {
      const group = opened.get('block2_conv1') as h5wasm.Group;
      group.delete_attribute('weight_names');
      group.create_attribute('weight_names', ['block2_conv1_W_1:0', 'nowhere']);
    });
    await rejects(file, /cut short or damaged/);
  });

  it('a file that is not there, and a folder', async () => {
    await rejects(at('none.h5'), /^Cannot read the weights .*: ENOENT/);
    await rejects(folder, /^Cannot read the weights /);
  });
});
