import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { featureExtractor } from '../src/losses/features';
import { features } from '../src/network/vgg19';
import { convLayers } from '../src/network/vgg19Slim';
import { IMAGENET_MEANS_BGR } from '../src/picture/preprocess';
import { adamStep, startAdam } from '../src/train/adam';
import { selectChannels } from '../src/distil/channelSelection';
import { disturbed, preprocessed, randomCrop } from '../src/distil/data';
import { listPictures } from '../src/train/listPictures';
import { distillationLoss, relativeErrors } from '../src/distil/distillationLoss';
import { layerFigures } from '../src/distil/heldOut';
import { accumulate, solveLeastSquares, startNormalEquations } from '../src/distil/leastSquares';
import { learningRate } from '../src/train/loop';
import { parameter, slimTensors } from '../src/train/parameters';
import { Random } from '../src/train/random';
import { TRANSFER_LAYERS, compileStyliser } from '../src/distil/stylised';
import { compileTrainingStep } from '../src/distil/trainingStep';
import { warmStart } from '../src/distil/warmStart';
import { tinySlim } from './helpers/tinySlim';
import { TINY_SLIM_WIDTHS, picture } from './helpers/tinyTraining';
import { TINY_WIDTHS, tinyPicture, tinyVgg19 } from './helpers/tinyVgg19';

/** Made by NumPy and PyTorch: fixtures/train/make.py. */
const reference = JSON.parse(
  readFileSync(path.join(__dirname, 'fixtures', 'train', 'reference.json'), 'utf8'),
) as {
  leastSquares: Record<'features' | 'targets' | 'weights' | 'ridged', number[]> & {
    samples: number;
    ridge: number;
  };
  adam: { rate: number; start: number[]; gradients: number[][]; trajectory: number[][] };
};

function close(came: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  assert.equal(came.length, expected.length);
  expected.forEach((x, i) => {
    assert.ok(Math.abs(came[i] - x) <= tolerance * Math.max(1, Math.abs(x)), `${i}: ${x}, came ${came[i]}`);
  });
}

describe('training: least squares', () => {
  const { features: f, targets: t, samples, weights, ridge, ridged } = reference.leastSquares;
  const [n, m] = [f.length / samples, t.length / samples];
  const equations = startNormalEquations(n, m);
  for (let s = 0; s < samples; s++) {
    const [row, target] = [f.slice(s * n, (s + 1) * n), t.slice(s * m, (s + 1) * m)];
    accumulate(
      equations,
      row.flatMap((a) => row.map((b) => a * b)),
      row.flatMap((a) => target.map((b) => a * b)),
    );
  }

  it("is NumPy's lstsq, for features of different sizes that nearly depend on each other", () => {
    close(solveLeastSquares(equations, 0), weights, 1e-6);
  });

  it('with a ridge is what NumPy solves', () => {
    close(solveLeastSquares(equations, ridge), ridged, 1e-10);
  });

  it('says so where features depend on each other', () => {
    const singular = { ...equations, ff: equations.ff.slice().fill(1), features: n };
    assert.throws(() => solveLeastSquares(singular, 0), /not positive definite/);
  });
});

describe('training: parts', () => {
  before(() => tf.setBackend('cpu'));

  it("takes PyTorch's Adam steps, at a rate relative to the size of the numbers", () => {
    const { rate, start, gradients, trajectory } = reference.adam;
    const parameters = { x: parameter([start.length], start) };
    const state = startAdam(parameters);
    gradients.forEach((gradient, i) => {
      adamStep(state, parameters, { x: Float32Array.from(gradient) }, rate);
      close(parameters.x.data, trajectory[i], 2e-6);
    });
    assert.equal(state.step, gradients.length);
  });

  it('raises the learning rate from nothing and lowers it to nothing', () => {
    const rates = Array.from(
      { length: 1000 },
      (_, step) => learningRate(step, { steps: 1000, rate: 2 }) as number,
    );
    assert.equal(learningRate(1000, { steps: 1000, rate: 2 }), undefined);
    assert.ok(rates[0] < 0.03 && rates[999] < 0.001);
    assert.ok(Math.max(...rates) > 1.9 && Math.max(...rates) <= 2);
  });

  it('selects the channels that explain the others', () => {
    // Channels 0 and 3 are independent; 1 = 2 x 0, 2 = 0 + 3, 4 = 0 - 3.
    const rows = [
      [1, 0],
      [2, 0],
      [1, 1],
      [0, 1],
      [1, -1],
    ];
    const moments = rows.flatMap((a) => rows.map((b) => a[0] * b[0] + a[1] * b[1]));
    const chosen = selectChannels(moments, 5, 2);
    const [a, b] = chosen.map((i) => rows[i]);
    assert.notEqual(a[0] * b[1] - a[1] * b[0], 0);
    assert.deepEqual([...selectChannels(moments, 5, 5)].sort(), [0, 1, 2, 3, 4]);
  });

  it('draws the same numbers for the same seed and step, and others for others', () => {
    const draw = (...keys: number[]) => {
      const random = new Random(...keys);
      return Array.from({ length: 2000 }, () => random.next());
    };
    assert.deepEqual(draw(1, 2), draw(1, 2));
    assert.notDeepEqual(draw(1, 2), draw(1, 3));
    assert.notDeepEqual(draw(1, 2), draw(2, 1));
    const mean = draw(5).reduce((sum, x) => sum + x, 0) / 2000;
    assert.ok(Math.abs(mean - 0.5) < 0.03);
    const random = new Random(9);
    const normal = Array.from({ length: 4000 }, () => random.normal());
    const square = normal.reduce((sum, x) => sum + x * x, 0) / 4000;
    assert.ok(Math.abs(square - 1) < 0.1);
  });

  it('crops: displayable, of the size asked for, from anywhere in the picture', async () => {
    const source = picture(1, 90, 120);
    const means = new Set<number>();
    for (let i = 0; i < 5; i++) {
      const crop = await randomCrop(source, 32, new Random(1, i));
      assert.equal(crop.length, 32 * 32 * 3);
      crop.forEach((x, k) => assert.ok(x + (IMAGENET_MEANS_BGR[k % 3] as number) >= -1e-4));
      means.add(crop.reduce((sum, x) => sum + x, 0));
    }
    assert.equal(means.size, 5);
  });

  it('disturbs pictures and keeps them displayable', () => {
    const [a, b] = [picture(1, 16, 16), picture(2, 16, 16)].map(({ data }) => preprocessed(data, 16));
    const made = disturbed(a, b, new Random(4));
    assert.notDeepEqual(made, a);
    made.forEach((x, i) => {
      const level = x + (IMAGENET_MEANS_BGR[i % 3] as number);
      assert.ok(level > -1e-3 && level < 255.001);
    });
  });

  it('says which folder or held-out picture is missing', async () => {
    await assert.rejects(listPictures(['/no/such/folder'], []), /folder of pictures \/no\/such\/folder/);
    await assert.rejects(listPictures([__dirname], []), /^UserError: There are no pictures in .*test\. /);
    const images = path.join(__dirname, '..', 'img');
    await assert.rejects(listPictures([images], ['absent.png']), /not among the pictures: absent\.png\. /);
    const { training, heldOut } = await listPictures([images], ['black-canyon.jpg']);
    assert.deepEqual(
      heldOut.map((file) => path.basename(file)),
      ['black-canyon.jpg'],
    );
    assert.ok(training.length > 3 && !training.some((file) => file.endsWith('black-canyon.jpg')));
  });
});

describe('training: loss and warm start', () => {
  const names = convLayers().map(({ name }) => name);
  const x = Float32Array.from(
    { length: 32 * 32 * 3 },
    (_, i) => 60 * Math.sin(i / 7) + 40 * Math.cos(i / 131),
  );
  before(() => tf.setBackend('cpu'));

  it('is the same compiled as eager, with the gradient in every parameter', async () => {
    const teacher = featureExtractor(features(tinyVgg19(), names));
    const parameters = tinySlim(TINY_SLIM_WIDTHS, TINY_WIDTHS);
    const weights = { activations: names.map((_, i) => 1 + i), grams: names.map((_, i) => 20 - i) };
    const step = await compileTrainingStep(teacher, weights, parameters, 32, 1);
    const result = await step.run(x, parameters);
    await step.dispose();

    const lossOf = (current: typeof parameters) =>
      tf.tidy(() => {
        const student = slimTensors(current);
        const errors = relativeErrors(teacher, student.network, tf.tensor4d(x, [1, 32, 32, 3]));
        return distillationLoss(errors, weights).dataSync()[0];
      });
    const loss = lossOf(parameters);
    close([result.loss], [loss], 1e-4);
    // A step against the gradient of one parameter lowers the loss by its squared length, to first order.
    for (const [name, { shape, data }] of Object.entries(parameters)) {
      const gradient = result.gradients[name];
      const squared = gradient.reduce((sum, g) => sum + g * g, 0);
      const length = (1e-3 * loss) / squared;
      const moved = (sign: number) =>
        lossOf({
          ...parameters,
          [name]: { shape, data: data.map((v, i) => v + sign * length * gradient[i]) },
        });
      const change = (moved(1) - moved(-1)) / (2e-3 * loss);
      assert.ok(Math.abs(change - 1) < 0.05, `${name}: a change of ${change} instead of 1`);
    }
  }).timeout(120_000);

  it('stylises; where nothing can be gained, as with two pictures of one colour, the content stays', async () => {
    const compared = featureExtractor(features(tinyVgg19(), TRANSFER_LAYERS));
    const styliser = await compileStyliser(() => compared, {}, 32, 1);
    const [content, style] = [3, 4].map((seed) => tinyPicture(32, 32, seed).dataSync<'float32'>());
    const steps = await styliser.run(content, style, 5, {});
    assert.ok(steps.length > 1);
    assert.notDeepEqual(steps.at(-1), content);
    const white = preprocessed(new Uint8Array(32 * 32 * 3).fill(255), 32);
    assert.deepEqual(await styliser.run(white, white, 5, {}), [white]);
    await styliser.dispose();
  });

  it('starts as the teacher itself where the student is as wide', async () => {
    const teacher = tinyVgg19();
    const pictures = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => tinyPicture(64, 64, seed).dataSync<'float32'>());
    const tensors = tf.memory().numTensors;
    const layers = warmStart({ teacher, widths: TINY_WIDTHS, pictures, size: 64, threads: 1 });
    const solved: string[] = [];
    let next = await layers.next();
    for (; !next.done; next = await layers.next()) solved.push(next.value);
    const parameters = next.value;
    assert.deepEqual(
      solved,
      convLayers().map(({ name }) => name),
    );
    assert.equal(tf.memory().numTensors, tensors);
    const student = slimTensors(parameters);
    const held = { data: tinyPicture(64, 64, 20).dataSync<'float32'>(), height: 64, width: 64 };
    const [figures] = await layerFigures(
      featureExtractor(features(teacher, names)),
      student.network,
      [held],
      1,
    );
    // The four deepest layers see too few pixels here to be determined.
    for (const name of names.slice(0, 12)) {
      const { cosine, gramError } = figures[name];
      assert.ok(cosine > 0.995 && gramError < 0.05, `${name}: cosine ${cosine}, Gram error ${gramError}`);
    }
    student.dispose();
  }).timeout(120_000);
});
