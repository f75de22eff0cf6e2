/**
 * Graphs for a GPU, run on one: `npx tsx test/webgpu/check.ts`. Their values are compared with the processor's, and no node may run there.
 * Where there is no GPU, SwiftShader stands in for one: VK_DRIVER_FILES=/usr/lib/chromium/vk_swiftshader_icd.json, with Debian's
 * packages chromium and libvulkan1.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import '../../src/greeting';
import { type NDArray, type SessionOptions, compile } from '../../src/compile';
import { chooseDevice } from '../../src/device';
import { type FeatureExtractor, featureExtractor } from '../../src/losses/features';
import { CHAPTER_TERMS, layersOf } from '../../src/losses/terms';
import { lossAndGrads } from '../../src/losses/transferLoss';
import { VGG19_WIDTHS, features } from '../../src/network/vgg19';
import { slimFeatures } from '../../src/network/vgg19Slim';
import { loadSlimWeights } from '../../src/network/vgg19SlimWeights';
import { createProblem } from '../../src/problem/problem';
import { pixels } from '../../src/variables/pixels';
import { pyramid } from '../../src/variables/pyramid';
import { chapterLoss } from '../helpers/chapterLoss';
import { OPS, checkOp } from '../helpers/opTable';
import { openTinyVgg19, seededVgg19, tinyPicture, tinyPictures, tinyVgg19 } from '../helpers/tinyVgg19';

/** Of the greatest value. Shading languages ask for no more of sines. */
const TOLERANCE = 1e-3;
const layers = layersOf(CHAPTER_TERMS);

async function checkOps(): Promise<void> {
  const list = Object.entries(OPS).flatMap(([group, cases]) => cases.map((each) => ({ group, each })));
  for (const { group, each } of list) {
    await checkOp(each, { device: 'webgpu' }, TOLERANCE).catch((cause: unknown) => {
      throw new Error(`The op ${each.name} (${group}) does not come out right.`, { cause });
    });
  }
  console.log(`${list.length} functions of one op, and their gradients`);
}

/** The loss of a transfer, its terms and its gradient, as a function of the variables. */
async function checkTransfer(name: string, extractor: FeatureExtractor, height: number, width: number) {
  const variables = pyramid({ height, width });
  const loss = chapterLoss(extractor, height, width);
  const evaluation = lossAndGrads((z: tf.Tensor1D) => loss(variables.picture(z)));
  const z = variables.from(tinyPicture(height, width, 3).dataSync());

  const results: NDArray[][] = [];
  for (const device of ['cpu', 'webgpu'] as const) {
    const run = async (options: SessionOptions) => {
      const compiled = await compile(evaluation, [variables.length], { device, ...options });
      const { value, terms, grad } = await compiled(z);
      await compiled.dispose();
      results.push([value, ...Object.values(terms), grad]);
    };
    await (device === 'cpu' ? run({}) : onlyOn('WebGpuExecutionProvider', run));
  }
  const [expected, came] = results;
  const errors = expected.map((array, i) => difference(array, came[i]));
  assert.ok(
    Math.max(...errors) <= TOLERANCE,
    `${name}: errors of ${errors.map((x) => x.toExponential(1)).join()}`,
  );
  console.log(
    `${name}, ${width} x ${height}: greatest error ${Math.max(...errors).toExponential(1)} of the greatest value`,
  );
}

/** The greatest difference as a part of the greatest value. */
function difference({ data: expected }: NDArray, { data: came }: NDArray): number {
  let [most, greatest] = [0, 0];
  expected.forEach((value, i) => {
    const apart = Math.abs(value - came[i]);
    most = Number.isNaN(apart) ? Infinity : Math.max(most, apart);
    greatest = Math.max(greatest, Math.abs(value));
  });
  return most / greatest;
}

/** Runs with ONNX Runtime's profile, which says for each node which provider it ran on. */
async function onlyOn(provider: string, run: (options: SessionOptions) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'wheatfield-webgpu-'));
  try {
    await run({ profilePrefix: path.join(folder, 'profile') });
    const [file] = await readdir(folder);
    const events = JSON.parse(await readFile(path.join(folder, file), 'utf8')) as {
      args?: { provider?: string; op_name?: string };
    }[];
    const nodes = events.flatMap(({ args }) => (args?.provider === undefined ? [] : [args]));
    const elsewhere = nodes.filter((node) => node.provider !== provider);
    const names = new Set(elsewhere.map((node) => `${node.op_name} on ${node.provider}`));
    assert.ok(nodes.length > 0, 'The profile names no provider.');
    assert.deepEqual([...names], []);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A graph that the provider cannot take whole is refused: indices that are computed are 64-bit integers. */
async function checkRefusal(): Promise<void> {
  const fn = (x: tf.Tensor) => tf.unsortedSegmentSum(x, x.sum(1).cast<tf.Tensor1D>('int32'), 3);
  await assert.rejects(compile(fn, [3, 2], { device: 'webgpu' }), /cannot run on the GPU.*lacks its op/);
  console.log('a graph with 64-bit integers is refused');
}

/** The whole way from pictures to an evaluation; auto takes what computes at least as fast. */
async function checkProblem(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'wheatfield-webgpu-'));
  const { content, style } = await tinyPictures(folder);
  const evaluations = [];
  for (const device of ['cpu', 'webgpu'] as const) {
    const given = { content, styles: [style], height: 32, variables: pixels, openNetwork: openTinyVgg19 };
    await using problem = await createProblem({ ...given, device });
    assert.equal(problem.source.device, device);
    evaluations.push(await problem.lossAndGrads(problem.z0));
  }
  const [cpu, gpu] = evaluations;
  assert.ok(difference(cpu.grad, gpu.grad) <= TOLERANCE && difference(cpu.value, gpu.value) <= TOLERANCE);
  await rm(folder, { recursive: true });
  console.log('a problem from pictures');
  const { name, why } = await chooseDevice('auto');
  if (process.env.VK_DRIVER_FILES?.includes('swiftshader')) assert.equal(name, 'cpu');
  console.log(`auto: ${why}`);
}

async function main(): Promise<void> {
  await tf.setBackend('cpu');
  await checkOps();
  await checkRefusal();
  await checkTransfer('a tiny VGG19', featureExtractor(features(tinyVgg19(), layers)), 64, 80);
  await checkTransfer('vgg19-slim', slimFeatures(await loadSlimWeights(), layers), 32, 40);
  const wide = seededVgg19(VGG19_WIDTHS, 1);
  // Not 32 x 32: there one maximum of a pool is so close to another that a change of 1e-6 in the picture moves a gradient by 1e-3.
  await checkTransfer("VGG19's widths", featureExtractor(features(wide, layers)), 32, 40);
  await checkProblem();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
