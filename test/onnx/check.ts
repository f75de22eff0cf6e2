/**
 * Exports compiled functions and fast style networks, and has Python's onnxruntime run them: PYTHON (default python3) needs the packages onnx and onnxruntime.
 *
 *     npx tsx test/onnx/check.ts [PYTHON]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { type NDArray, compile } from '../../src/compile';
import type { ArchitectureName } from '../../src/fastStyle/architecture';
import { fastStyleOnnx, readFastStyleOnnx } from '../../src/fastStyle/onnx';
import { type FeatureExtractor, featureExtractor } from '../../src/losses/features';
import { CHAPTER_TERMS, layersOf } from '../../src/losses/terms';
import { lossAndGrads } from '../../src/losses/transferLoss';
import { openNetwork } from '../../src/network/network';
import { features } from '../../src/network/vgg19';
import { chapterLoss } from '../helpers/chapterLoss';
import { levels, planes, randomModel, randomPicture, stylised } from '../helpers/randomFastStyle';
import { tinyPicture, tinyVgg19 } from '../helpers/tinyVgg19';

const SIZE = { height: 96, width: 128 };
const ODD_SIZE = { height: 75, width: 102 };

/** Writes NAME.onnx, and its inputs and outputs: for each array a file of its elements, little-endian, and its shape. */
function writeModel(folder: string, name: string, model: Uint8Array, arrays: Record<string, NDArray>): void {
  for (const [array, { data }] of Object.entries(arrays)) {
    writeFileSync(path.join(folder, `${name}.${array}.bin`), data);
  }
  const shapes = Object.fromEntries(Object.entries(arrays).map(([array, { shape }]) => [array, shape]));
  writeFileSync(path.join(folder, `${name}.json`), JSON.stringify(shapes));
  writeFileSync(path.join(folder, `${name}.onnx`), model);
}

/** A loss and its gradient. */
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
  writeModel(folder, name, compiled.toOnnx(), arrays);
  await compiled.dispose();
}

/** A fast style network, with one style and with the style as an input, in both precisions. */
async function exportFastStyle(folder: string, architecture: ArchitectureName): Promise<void> {
  const model = randomModel(architecture);
  const picture = randomPicture(ODD_SIZE.height, ODD_SIZE.width);
  const image = { data: planes(levels(picture)), shape: [1, 3, picture.height, picture.width] };
  for (const precision of ['float32', 'float16'] as const) {
    const bytes = await fastStyleOnnx(model, 'one', { precision });
    const held = await readFastStyleOnnx(bytes, 'one');
    const stylized = { data: await stylised(held, held.styles.one, picture), shape: image.shape };
    writeModel(folder, `${architecture}-${precision}`, bytes, { image, stylized });
  }
  const { two } = model.styles;
  const all = await fastStyleOnnx(model, undefined, { precision: 'float32' });
  const stylized = { data: await stylised(model, two, picture), shape: image.shape };
  const style = { data: two, shape: [two.length] };
  writeModel(folder, `${architecture}-styles`, all, { image, style, stylized });
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
    await exportFastStyle(folder, 'quality');
    await exportFastStyle(folder, 'webcam');
    const script = path.join(__dirname, 'check.py');
    process.exitCode = spawnSync(python, [script, folder], { stdio: 'inherit' }).status ?? 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

void main();
