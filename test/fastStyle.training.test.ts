import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { middleCrop, randomCrop } from '../src/fastStyle/crops';
import { initialParameters, initialStyle } from '../src/fastStyle/initial';
import { limitGradients } from '../src/fastStyle/limitGradients';
import { type Objective, pairs, perceptual } from '../src/fastStyle/objective';
import { drawSamples, heldOutSamples } from '../src/fastStyle/samples';
import { compileScorer } from '../src/fastStyle/score';
import { targetsOfStyle } from '../src/fastStyle/styleTargets';
import { fastStyleTerms } from '../src/fastStyle/terms';
import { type TrainingEvent, type TrainingOptions, trainFastStyle } from '../src/fastStyle/training';
import { loadTraining, startTraining } from '../src/fastStyle/trainingState';
import { type Sample, compileStep, styleParameter } from '../src/fastStyle/trainingStep';
import { batchExtractor } from '../src/losses/features';
import { relativeDistance } from '../src/losses/lossFunctions';
import { layersOf, contentTermRelative, styleTermRelative } from '../src/losses/terms';
import { features } from '../src/network/vgg19';
import { deprocess } from '../src/picture/preprocess';
import { type Parameters, parameter } from '../src/train/parameters';
import { Random } from '../src/train/random';
import { tinyPicture, tinyVgg19 } from './helpers/tinyVgg19';

const TINY = { widths: [4, 4, 6], blocks: 1 } as const;
const SIZE = 64;
const terms = fastStyleTerms();

function picture(seed: number, height = 72, width = 80) {
  return deprocess(tinyPicture(height, width, seed));
}

function parametersFor(styles: readonly string[]): Parameters {
  const vectors = styles.map((name, i) => {
    const data = initialStyle(TINY).map((x, k) => x + 0.2 * Math.sin(k + i));
    return [styleParameter(name), parameter([data.length], data)] as const;
  });
  return { ...initialParameters(TINY, 1), ...Object.fromEntries(vectors) };
}

describe('the training of fast style networks', () => {
  let extractor: ReturnType<typeof batchExtractor>;
  let objective: Objective;
  let samples: Sample[];
  let folder: string;

  before(async () => {
    await tf.setBackend('cpu');
    extractor = batchExtractor(features(tinyVgg19(), layersOf(terms)));
    const styles = [];
    let targets: readonly (readonly number[])[] = [];
    for (const name of ['a', 'b']) {
      const arrays = await targetsOfStyle(terms, extractor, picture(name.charCodeAt(0)));
      targets = arrays.map(({ shape }) => shape);
      styles.push({ name, targets: arrays.map(({ data }) => data as Float32Array) });
    }
    objective = perceptual({ terms, extractor, targets });
    samples = heldOutSamples([picture(1), picture(2)], styles, SIZE, 2);
    folder = mkdtempSync(path.join(tmpdir(), 'wheatfield-fast-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('measures how far arrays are from each other, relative to the first', () => {
    const [a, b] = [tf.tensor1d([3, 0, 4]), tf.tensor1d([0, 0, 4])];
    assert.ok(Math.abs(relativeDistance(a, b).dataSync()[0] - 9 / 25) < 1e-4);
    assert.equal(relativeDistance(a, a).dataSync()[0], 0);
    assert.ok(Number.isFinite(relativeDistance(tf.zeros([3]), b).dataSync()[0]));
  });

  it('takes the mean of a batch: loss, terms and gradients', async () => {
    const parameters = parametersFor(['a', 'b']);
    const options = { architecture: TINY, objective, size: SIZE, trains: 'everything' } as const;
    const [one, two] = await Promise.all([1, 2].map((batch) => compileStep({ ...options, batch })));
    const each = await Promise.all(samples.map((sample) => one.run([sample], parameters)));
    const both = await two.run(samples, parameters);
    assert.ok(Math.abs(both.loss - (each[0].loss + each[1].loss) / 2) < 1e-4 * both.loss);
    assert.deepEqual(Object.keys(both.terms), ['content', 'style', 'totalVariation', 'clipping']);
    for (const [name, gradient] of Object.entries(both.gradients)) {
      const size = Math.max(...gradient.map(Math.abs), 1e-3);
      gradient.forEach((x, i) => {
        const sum = each.reduce((total, { gradients }) => total + (gradients[name]?.[i] ?? 0), 0);
        assert.ok(Math.abs(x - sum / 2) < 2e-3 * size, `${name}[${i}]: ${x}, ${sum / 2}`);
      });
    }
    await Promise.all([one.dispose(), two.dispose()]);
  });

  it('has the gradients of finite differences', async () => {
    const parameters = parametersFor(['a', 'b']);
    const options = { architecture: TINY, objective, size: SIZE } as const;
    const step = await compileStep({ ...options, batch: 1, trains: 'everything' });
    const scorer = await compileScorer(options);
    const { loss, gradients } = await step.run(samples.slice(0, 1), parameters);
    assert.ok(Math.abs((await scorer.loss(samples[0], parameters)) - loss) < 1e-5 * loss);
    for (const name of ['style/a', 'encoder1/kernel', 'residual1a/kernel', 'output/bias', 'output/kernel']) {
      const { data } = parameters[name];
      const slope = Math.hypot(...gradients[name]);
      const by = (1e-4 * Math.hypot(...data, 0.1)) / slope;
      const moved = (sign: number) => {
        const there = {
          ...parameters,
          [name]: { ...parameters[name], data: data.map((x, i) => x + sign * by * gradients[name][i]) },
        };
        return scorer.loss(samples[0], there);
      };
      const difference = ((await moved(1)) - (await moved(-1))) / 2;
      assert.ok(
        Math.abs(difference / (by * slope ** 2) - 1) < 0.05,
        `${name}: ${difference / (by * slope ** 2)}`,
      );
    }
    await step.dispose();
    await scorer.dispose();
  });

  it('trains style vectors alone where it is told to', async () => {
    const options = { architecture: TINY, objective, size: SIZE, batch: 1, trains: 'styles' } as const;
    const step = await compileStep(options);
    const { gradients } = await step.run(samples.slice(1), parametersFor(['a', 'b']));
    assert.deepEqual(Object.keys(gradients), ['style/b']);
    await step.dispose();
  });

  it('compares with a painted target: pixels, and what a network sees', () => {
    const compared = [
      contentTermRelative({ weight: 1, layers: { block2_conv1: 1 } }),
      styleTermRelative({ weight: 1, layers: { block1_conv1: 1 } }),
    ];
    const judged = batchExtractor(features(tinyVgg19(), layersOf(compared)));
    const both = pairs({ terms: compared, extractor: judged, pixelWeight: 2, size: SIZE });
    assert.deepEqual(both.extras, [[SIZE, SIZE, 3]]);
    const x = tf.zeros<tf.Rank.R4>([1, SIZE, SIZE, 3]);
    const target = tf.fill<tf.Rank.R4>([1, SIZE, SIZE, 3], 51);
    const values = both.loss(x, x, [target]);
    assert.deepEqual(Object.keys(values), ['pixels', 'content', 'style']);
    assert.ok(Math.abs(values.pixels.dataSync()[0] - 2 * 0.2 ** 2) < 1e-6);
    assert.ok(Object.values(both.loss(target, x, [target])).every((value) => value.dataSync()[0] === 0));
    const pixels = pairs({ terms: [], extractor: judged, pixelWeight: 1, size: SIZE }).loss(x, x, [target]);
    assert.deepEqual(Object.keys(pixels), ['pixels']);
  });

  function training(more: Partial<TrainingOptions> = {}): TrainingOptions {
    const photographs = [picture(3), picture(4)];
    const styles = samples.map(({ style, extras }) => ({ name: style, targets: extras }));
    return {
      architecture: TINY,
      phases: [
        { share: 0.25, size: SIZE, batch: 2, trains: 'styles', rate: 0.05 },
        { share: 0.75, size: SIZE, batch: 1, trains: 'everything', rate: 0.05 },
      ],
      objective: () => objective,
      draw: drawSamples(photographs, styles, 0),
      heldOut: { size: SIZE, samples },
      budget: { steps: 24 },
      state: startTraining(parametersFor(['a', 'b'])),
      interval: 1e6,
      decay: 0.9,
      threads: 1,
      ...more,
    };
  }

  async function collect(options: TrainingOptions): Promise<TrainingEvent[]> {
    const events = [];
    for await (const event of trainFastStyle(options)) events.push(event);
    return events;
  }

  it('gets better on held-out pictures, style vectors first, and keeps the best', async () => {
    const scores = [0, 60].map((steps) => training({ budget: { steps } }));
    const [first, last] = await Promise.all(
      scores.map((options) => collect(options).then((all) => all.at(-1))),
    );
    assert.ok(first?.type === 'score' && last?.type === 'score');
    assert.ok(last.score < 0.9 * first.score, `${first.score} ${last.score}`);
    const events = await collect(training({ interval: 0 }));
    const steps = events.filter((event) => event.type === 'step');
    assert.deepEqual(
      steps.map(({ phase }) => phase.trains),
      [...Array<string>(6).fill('styles'), ...Array<string>(18).fill('everything')],
    );
    assert.ok(steps.every(({ secondsLeft }) => secondsLeft >= 0));
    const scored = events.filter((event) => event.type === 'score');
    assert.equal(scored.length, 24);
    let best = Infinity;
    for (const { score, isBest } of scored) {
      assert.equal(isBest, score <= best);
      best = Math.min(best, score);
    }
  });

  it('goes on after a kill with the numbers that it would have had', async () => {
    const whole = training();
    await collect(whole);
    const checkpoint = path.join(folder, 'checkpoint');
    const parted = training({ checkpoint, interval: 0 });
    for await (const event of trainFastStyle(parted)) if (event.type === 'score' && event.step === 10) break;
    const state = await loadTraining(checkpoint, parametersFor(['a', 'b']));
    assert.equal(state?.adam.step, 10);
    await collect(training({ state }));
    assert.deepEqual(state.parameters, whole.state.parameters);
    assert.deepEqual(state.average, whole.state.average);
  });

  it('ends at a signal, after a checkpoint', async () => {
    const checkpoint = path.join(folder, 'aborted');
    const controller = new AbortController();
    const run = async () => {
      for await (const event of trainFastStyle(training({ checkpoint, signal: controller.signal }))) {
        if (event.step === 5) controller.abort(new Error('enough'));
      }
    };
    await assert.rejects(run(), /enough/);
    assert.equal((await loadTraining(checkpoint, parametersFor(['a', 'b'])))?.adam.step, 5);
  });

  it('refuses a checkpoint of something else, and finds none where there is none', async () => {
    const expected = parametersFor(['a', 'b']);
    assert.equal(await loadTraining(path.join(folder, 'nothing'), expected), undefined);
    const file = path.join(folder, 'aborted');
    await assert.rejects(
      loadTraining(file, parametersFor(['a', 'c'])),
      /holds another training: it has no parameters\/style\/c/,
    );
    const other = path.join(folder, 'other');
    await writeFile(other, 'no checkpoint');
    await assert.rejects(loadTraining(other, expected), /is not a whole safetensors file/);
  });

  it('shortens a gradient that is far longer than those before', () => {
    const limit = limitGradients();
    const long = (x: number) => ({
      loss: 1,
      terms: {},
      gradients: { a: Float32Array.of(3 * x), b: Float32Array.of(4 * x) },
    });
    for (let i = 0; i < 5; i++) assert.deepEqual(limit(long(1)), long(1));
    const { a, b } = limit(long(10)).gradients;
    assert.ok(Math.abs(Math.hypot(a[0], b[0]) - 15) < 1e-3 && Math.abs(a[0] / b[0] - 0.75) < 1e-6);
  });
});

describe('crops for training', () => {
  it('average what they cover, wherever they lie, and keep a plain picture plain', () => {
    const plain = { width: 50, height: 40, data: new Uint8Array(50 * 40 * 3).fill(77) };
    for (let i = 0; i < 4; i++) {
      const crop = randomCrop(plain, 32, new Random(i));
      assert.equal(crop.length, 32 * 32 * 3);
      crop.forEach((x) => assert.ok(Math.abs(x - 77) < 1e-3));
    }
    const source = picture(1, 64, 64);
    const half = middleCrop(source, 32);
    const mean = (y: number, x: number, channel: number) =>
      [0, 1]
        .flatMap((dy) => [0, 1].map((dx) => source.data[((2 * y + dy) * 64 + 2 * x + dx) * 3 + channel]))
        .reduce((a, b) => a + b) / 4;
    for (let i = 0; i < half.length; i++) {
      const [y, x, channel] = [Math.floor(i / 96), Math.floor(i / 3) % 32, i % 3];
      assert.ok(Math.abs(half[i] - mean(y, x, channel)) < 1e-3);
    }
  });

  it('turn some to the left', () => {
    const source = {
      width: 32,
      height: 32,
      data: Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => Math.floor(i / 3) % 32),
    };
    const rising = Array.from({ length: 20 }, (_, i) => randomCrop(source, 32, new Random(i))).map(
      (crop) => crop[3] > crop[0],
    );
    assert.ok(rising.includes(true) && rising.includes(false));
  });
});
