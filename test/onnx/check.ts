/**
 * Exports compiled functions and has Python's onnxruntime run them: PYTHON (default python3) needs the packages onnx and onnxruntime.
 *
 *     npx tsx test/onnx/check.ts [PYTHON]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { type NDArray, compile } from '../../src/compile';
import { type FeatureExtractor, featureExtractor } from '../../src/losses/features';
import { CHAPTER_TERMS, layersOf } from '../../src/losses/terms';
import { lossAndGrads } from '../../src/losses/transferLoss';
import { openNetwork } from '../../src/network/network';
import { features } from '../../src/network/vgg19';
import { chapterLoss } from '../helpers/chapterLoss';
import { tinyPicture, tinyVgg19 } from '../helpers/tinyVgg19';

const SIZE = { height: 96, width: 128 };

/** Writes NAME.onnx, the input, and what compile computes: for each array a file of its elements, little-endian, and its shape. */
async function exportTo(folder: string, name: string, network: FeatureExtractor): Promise<void> {
  const x = tinyPicture(SIZE.height, SIZE.width, 3);
  const loss = lossAndGrads(chapterLoss(network, SIZE.height, SIZE.width));
  const fn = (picture: tf.Tensor4D) => {
    const { value, grad } = loss(picture);
    return { value, grad };
  };
  const compiled = await compile(fn, x.shape);
  const data = await x.data<'float32'>();
  const arrays: Record<string, NDArray> = { input: { data, shape: x.shape }, ...(await compiled(x)) };
  for (const [array, { data: elements }] of Object.entries(arrays)) {
    writeFileSync(path.join(folder, `${name}.${array}.bin`), elements);
  }
  const shapes = Object.fromEntries(Object.entries(arrays).map(([array, { shape }]) => [array, shape]));
  writeFileSync(path.join(folder, `${name}.json`), JSON.stringify(shapes));
  writeFileSync(path.join(folder, `${name}.onnx`), compiled.toOnnx());
  await compiled.dispose();
}

async function main(): Promise<void> {
  const python = process.argv[2] ?? 'python3';
  const folder = mkdtempSync(path.join(tmpdir(), 'wheatfield-onnx-'));
  try {
    await tf.setBackend('cpu');
    const layers = layersOf(CHAPTER_TERMS);
    await exportTo(folder, 'tiny', featureExtractor(features(tinyVgg19(), layers)));
    const slim = await openNetwork({ network: 'vgg19-slim', layers, size: SIZE });
    await exportTo(folder, 'vgg19-slim', slim.extractor);
    const script = path.join(__dirname, 'check.py');
    process.exitCode = spawnSync(python, [script, folder], { stdio: 'inherit' }).status ?? 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

void main();
