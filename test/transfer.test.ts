import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deserialize, serialize } from 'node:v8';
import * as tf from '@tensorflow/tfjs';
import type { InputArray } from '../src/compile';
import { Evaluator } from '../src/evaluator';
import { fminLbfgsb } from '../src/lbfgsb';
import { type Picture, loadImage, resizePicture, saveImage } from '../src/picture/image';
import { IMAGENET_MEANS_BGR, deprocess, preprocess } from '../src/picture/preprocess';
import { type PreparedTransfer, firstPicture, lossWeights, noise, prepareTransfer } from '../src/prepare';
import { type SettingName, readSettings } from '../src/settings';
import { styleTransfer } from '../src/styleTransfer';
import {
  type EndEvent,
  type IterationEvent,
  type StepEvent,
  type TransferEvent,
  type TransferOptions,
  type TransferProblem,
  transfer,
} from '../src/transfer';
import { openTinyVgg19, tinyPictures } from './helpers/tinyVgg19';

const OPTIONS: TransferOptions = {
  iterations: 3,
  evaluations: 5,
  restart: false,
  bounds: true,
  rounding: 'round',
};

/** All events, with the checkpoints as they were when the event was given. */
async function eventsOf(events: AsyncIterable<TransferEvent>): Promise<TransferEvent[]> {
  const list: TransferEvent[] = [];
  for await (const event of events) list.push(deserialize(serialize(event)) as TransferEvent);
  return list;
}

function iterations(events: TransferEvent[]): IterationEvent[] {
  return events.filter((event) => event.type === 'iteration');
}

function steps(events: TransferEvent[]): StepEvent[] {
  return events.filter((event) => event.type === 'step');
}

/** Events as they repeat: without what the clock says. */
function timeless(events: TransferEvent[]): unknown[] {
  return events.map((event) => {
    const { seconds, ...rest } = { checkpoint: undefined, ...event };
    assert.ok(seconds >= 0);
    return { ...rest, checkpoint: rest.checkpoint && { ...rest.checkpoint, seconds: 0 } };
  });
}

interface DistanceOptions {
  /** What the loss becomes, and the sign of the gradient, at an evaluation. */
  spoil?: (value: number, evaluation: number) => number;
  sign?: (evaluation: number) => number;
}

/** A small problem with a known answer: the distance to a picture, each element with its own scale. */
function distanceTo(
  target: (i: number) => number,
  { spoil = (value) => value, sign = () => 1 }: DistanceOptions = {},
): TransferProblem & { evaluations: number } {
  const [height, width] = [4, 5];
  const n = height * width * 3;
  const scale = (i: number) => 1 + (i % 7);
  const problem = {
    height,
    width,
    x0: Float64Array.from({ length: n }, (_, i) => ((i * 31) % 17) - 8),
    evaluations: 0,
    lossAndGrads: (input: InputArray) => {
      const at = ++problem.evaluations;
      const x = Float32Array.from(input instanceof tf.Tensor ? input.dataSync<'float32'>() : input);
      const distance = x.reduce((sum, xi, i) => sum + scale(i) * (xi - target(i)) ** 2, 0);
      const scalar = (y: number) => ({ data: Float32Array.of(y), shape: [] });
      return Promise.resolve({
        value: scalar(spoil(distance, at)),
        content: scalar(spoil(distance, at)),
        style: scalar(0),
        totalVariation: scalar(0),
        grad: { data: x.map((xi, i) => sign(at) * 2 * scale(i) * (xi - target(i))), shape: [n] },
      });
    },
  };
  return problem;
}

describe('transfer', () => {
  let folder: string;
  let files: { content: string; style: string };
  let prepared: PreparedTransfer;

  async function prepare(given: Partial<Record<SettingName, unknown>> = {}): Promise<PreparedTransfer> {
    const settings = readSettings({ ...files, height: 32, threads: 1, ...given });
    return prepareTransfer(settings, { openNetwork: openTinyVgg19 });
  }

  before(async () => {
    await tf.setBackend('cpu');
    folder = await mkdtemp(path.join(tmpdir(), 'wheatfield-transfer-'));
    files = await tinyPictures(folder);
    prepared = await prepare();
  });

  after(async () => {
    await prepared.dispose();
    await rm(folder, { recursive: true });
  });

  it('gives a start, steps and an iteration for each iteration, and an end', async () => {
    const events = await eventsOf(transfer(prepared, OPTIONS));
    const types = events.map(({ type }) => type).join(' ');
    assert.match(types, /^(start (step )+iteration ){3}end$/);
    assert.deepEqual(
      iterations(events).map(({ iteration }) => iteration),
      [0, 1, 2],
    );
    for (const { loss, content, style, totalVariation } of [...steps(events), ...iterations(events)]) {
      assert.ok(Math.abs(content + style + totalVariation - loss) <= 1e-6 * loss);
    }
    const losses = steps(events).map(({ loss }) => loss);
    assert.deepEqual(
      losses,
      [...losses].sort((a, b) => b - a),
      'the loss never rises',
    );
    assert.deepEqual((events.at(-1) as EndEvent).reason, 'iterations');
  });

  it('ends an iteration with the step whose evaluations exceed the setting', async () => {
    for (const restart of [false, true]) {
      const events = await eventsOf(transfer(prepared, { ...OPTIONS, restart }));
      let before = 0;
      for (const { evaluations } of iterations(events)) {
        assert.ok(evaluations - before > 5);
        before = evaluations;
      }
      const within = steps(events).filter(
        (event, i) => events[events.indexOf(event) + 1]?.type === 'step' && i >= 0,
      );
      assert.ok(within.every(({ evaluationsInIteration }) => evaluationsInIteration <= 5));
    }
  });

  for (const bounds of [false, true]) {
    const box = {
      lower: Float64Array.from({ length: 32 * 40 * 3 }, (_, i) => -(IMAGENET_MEANS_BGR[i % 3] as number)),
      upper: Float64Array.from(
        { length: 32 * 40 * 3 },
        (_, i) => 255 - (IMAGENET_MEANS_BGR[i % 3] as number),
      ),
    };

    it(`with restart is a call of fminLbfgsb for each iteration, as in the chapter${bounds ? ', bounded' : ''}`, async () => {
      const events = await eventsOf(transfer(prepared, { ...OPTIONS, restart: true, bounds }));
      const evaluator = new Evaluator(prepared.lossAndGrads);
      let x = prepared.x0;
      let evaluations = 0;
      for (const event of iterations(events)) {
        const [next, minVal, info] = await fminLbfgsb(evaluator.loss, x, {
          fprime: evaluator.grads,
          maxfun: 5,
          bounds: bounds ? box : null,
        });
        evaluations += info.funcalls;
        assert.equal(event.loss, minVal);
        assert.equal(event.evaluations, evaluations);
        assert.deepEqual(event.picture, deprocess({ data: next, height: 32, width: 40 }, 'round'));
        x = next;
      }
    });

    it(`without restart is one call of fminLbfgsb through all iterations${bounds ? ', bounded' : ''}`, async () => {
      const events = await eventsOf(transfer(prepared, { ...OPTIONS, bounds }));
      const last = iterations(events).at(-1) as IterationEvent;
      const evaluator = new Evaluator(prepared.lossAndGrads);
      const iterates: number[] = [];
      let latest = NaN;
      const [x, , info] = await fminLbfgsb(async (at) => (latest = await evaluator.loss(at)), prepared.x0, {
        fprime: evaluator.grads,
        maxfun: last.evaluations - 1,
        bounds: bounds ? box : null,
        callback: () => iterates.push(latest),
      });
      assert.deepEqual(
        steps(events).map(({ loss }) => loss),
        iterates,
      );
      assert.equal(info.funcalls, last.evaluations);
      assert.deepEqual(last.picture, deprocess({ data: x, height: 32, width: 40 }, 'round'));
    });
  }

  it('gives as saved the loss of the picture when it is read back from its file', async () => {
    for (const [rounding, bounds] of [
      ['round', true],
      ['truncate', false],
    ] as const) {
      const events = await eventsOf(transfer(prepared, { ...OPTIONS, iterations: 1, rounding, bounds }));
      const [{ picture, saved }] = iterations(events) as [IterationEvent];
      const file = path.join(folder, `saved-${rounding}.png`);
      await saveImage(picture, file);
      const { value } = await prepared.lossAndGrads(preprocess(await loadImage(file)));
      assert.equal(value.data[0], saved);
    }
  });

  it('bounded, saves what it optimised; unbounded, loses what lies outside 0..255', async () => {
    // A third of the values would best lie at -300 or 300, beyond what a screen can show.
    const target = (i: number) => (i % 3 === 0 ? (i % 2 === 0 ? -300 : 300) : 0);
    const lossesOf = async (bounds: boolean) => {
      const events = await eventsOf(transfer(distanceTo(target), { ...OPTIONS, evaluations: 20, bounds }));
      return iterations(events).at(-1) as IterationEvent;
    };
    const [bounded, free] = [await lossesOf(true), await lossesOf(false)];
    assert.ok(free.loss < 1e-3 * bounded.loss, `unbounded: ${free.loss}, bounded: ${bounded.loss}`);
    // What remains is the rounding to whole levels: at most half a level for each value.
    assert.ok(Math.abs(bounded.saved - bounded.loss) < 60 * 7 * 0.25, `${bounded.saved}, ${bounded.loss}`);
    assert.ok(Math.abs(free.saved - bounded.saved) < 60 * 7 * 0.25, `${free.saved}, ${bounded.saved}`);
  });

  for (const restart of [false, true]) {
    const options = { ...OPTIONS, restart };

    it(`goes on from any checkpoint with the very same numbers${restart ? ', restarting' : ''}`, async () => {
      const whole = await eventsOf(transfer(prepared, options));
      const [first] = iterations(whole) as [IterationEvent];
      const resumed = await eventsOf(transfer(prepared, { ...options, from: first.checkpoint }));
      assert.deepEqual(timeless(resumed), timeless(whole.slice(whole.indexOf(first) + 1)));

      for (let stopAt = 1; stopAt < steps(whole).length; stopAt += 3) {
        const controller = new AbortController();
        const sitting: TransferEvent[] = [];
        let seen = 0;
        for await (const event of transfer(prepared, { ...options, signal: controller.signal })) {
          sitting.push(deserialize(serialize(event)) as TransferEvent);
          if (event.type === 'step' && ++seen === stopAt) controller.abort();
        }
        const end = sitting.at(-1) as EndEvent;
        assert.equal(end.reason, 'stopped');
        const from = end.checkpoint ?? iterations(sitting).at(-1)?.checkpoint;
        const rest = await eventsOf(transfer(prepared, { ...options, from }));
        const isWhole = end.checkpoint === undefined;
        const together = [...sitting.slice(0, -1), ...rest.slice(isWhole ? 0 : 1)];
        assert.deepEqual(timeless(together), timeless(whole), `stopped after step ${stopAt}`);
      }
    });
  }

  it('more iterations can be added to a finished run', async () => {
    const whole = await eventsOf(transfer(prepared, OPTIONS));
    const short = await eventsOf(transfer(prepared, { ...OPTIONS, iterations: 2 }));
    const from = iterations(short).at(-1)?.checkpoint;
    const more = await eventsOf(transfer(prepared, { ...OPTIONS, from }));
    assert.deepEqual(timeless(iterations(more)), timeless(iterations(whole).slice(2)));
  });

  it('begins at the content picture, the style picture, or noise', async () => {
    const size = { height: 32, width: 40 };
    const pictures = {
      content: await loadImage(files.content),
      style: await resizePicture(await loadImage(files.style), size, 'lanczos3'),
    };
    for (const init of ['content', 'style', 'noise'] as const) {
      const problem = await prepare({ init, seed: 5 });
      const picture: Picture = init === 'noise' ? noise(size, 5) : pictures[init];
      const x = preprocess(picture);
      assert.deepEqual([...problem.x0], [...x.dataSync<'float32'>()]);
      await problem.dispose();
    }
  });

  it('draws the same noise from the same seed, uniform over 0..255, also from seed 0', () => {
    const size = { height: 200, width: 100 };
    for (const seed of [0, 1]) {
      const { data } = noise(size, seed);
      assert.deepEqual(noise(size, seed).data, data);
      const counts = new Array<number>(256).fill(0);
      data.forEach((level) => counts[level]++);
      const expected = data.length / 256;
      const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
      // 255 degrees of freedom: 99.9 % lie below 330.5.
      assert.ok(chiSquare < 330.5, `chi-square ${chiSquare}`);
    }
    assert.notDeepEqual(noise(size, 0).data, noise(size, 1).data);
    const x0 = firstPicture({ init: 'noise', seed: 1 }, { content: noise(size, 3), style: noise(size, 4) });
    assert.deepEqual(deprocess({ data: x0, ...size }), noise(size, 1));
  });

  const notFinite: [string, DistanceOptions, RegExp][] = [
    ['the loss becomes NaN', { spoil: (value, at) => (at === 4 ? NaN : value) }, /4 the loss is NaN/],
    [
      'the loss becomes infinite',
      { spoil: (value, at) => (at === 4 ? Infinity : value) },
      /4 the loss is Inf/,
    ],
    ['the gradient alone does', { sign: (at) => (at === 4 ? NaN : 1) }, /4 its gradient is not;/],
  ];
  for (const [what, options, message] of notFinite) {
    it(`stops with the last good picture where ${what}, and says at which evaluation`, async () => {
      const events: TransferEvent[] = [];
      await assert.rejects(
        async () => {
          const problem = distanceTo((i) => (i % 5) * 10, options);
          for await (const event of transfer(problem, OPTIONS)) events.push(event);
        },
        { name: 'UserError', message },
      );
      const end = events.at(-1) as EndEvent;
      assert.equal(end.reason, 'not finite');
      assert.equal(end.picture?.data.length, 60);
    });
  }

  it('says when nothing is left to improve, and stops', async () => {
    const problem = distanceTo((i) => (i % 5) * 10);
    const events = await eventsOf(transfer(problem, { ...OPTIONS, iterations: 50 }));
    const end = events.at(-1) as EndEvent;
    assert.equal(end.reason, 'converged');
    assert.match(end.message, /Nothing is left to improve: CONVERGENCE/);
    const last = iterations(events).at(-1) as IterationEvent;
    assert.ok(last.iteration < 10);
    assert.ok(last.loss < 1e-6);
    const again = await eventsOf(transfer(problem, { ...OPTIONS, iterations: 50, from: last.checkpoint }));
    assert.deepEqual(
      again.map(({ type }) => type),
      ['end'],
    );
  });

  it('says so where the very first picture is already the best', async () => {
    const problem = distanceTo((i) => ((i * 31) % 17) - 8);
    const events = await eventsOf(transfer(problem, OPTIONS));
    assert.deepEqual(
      events.map(({ type }) => type),
      ['start', 'iteration', 'end'],
    );
    assert.equal((events.at(-1) as EndEvent).reason, 'converged');
    assert.equal(iterations(events)[0]?.loss, 0);
  });

  it('reports a line search that gives up, once, and keeps the picture', async () => {
    const problem = distanceTo((i) => (i % 5) * 10, { sign: () => -1 });
    const events = await eventsOf(transfer(problem, { ...OPTIONS, evaluations: 100 }));
    assert.deepEqual(
      events.map(({ type }) => type),
      ['start', 'iteration', 'end'],
    );
    const end = events.at(-1) as EndEvent;
    assert.equal(end.reason, 'line search');
    assert.match(end.message, /ABNORMAL_TERMINATION_IN_LNSRCH/);
    const [{ picture, loss }] = iterations(events) as [IterationEvent];
    assert.deepEqual(picture, deprocess({ ...problem, data: problem.x0 }));
    assert.equal(loss, (await problem.lossAndGrads(problem.x0)).value.data[0]);
  });

  it('ends before the first evaluation where it is stopped already', async () => {
    const problem = distanceTo(() => 0);
    const events = await eventsOf(transfer(problem, { ...OPTIONS, signal: AbortSignal.abort() }));
    assert.deepEqual(
      events.map((event) => event.type === 'end' && event.reason),
      ['stopped'],
    );
    assert.equal(problem.evaluations, 0);
  });

  it('lets timers and signals run between evaluations', async () => {
    const problem = distanceTo((i) => (i % 5) * 10);
    let turns = 0;
    const count = () => {
      turns++;
      handle = setImmediate(count);
    };
    let handle = setImmediate(count);
    await eventsOf(transfer(problem, OPTIONS));
    clearImmediate(handle);
    assert.ok(turns >= problem.evaluations - 3, `${turns} turns in ${problem.evaluations} evaluations`);
  });

  it('in one call gives the same, and leaves no tensors behind', async () => {
    const before = tf.memory().numTensors;
    const given = { ...files, height: 32, threads: 1, iterations: 1, evaluations: 5 };
    const events = await eventsOf(styleTransfer(given, { openNetwork: openTinyVgg19 }));
    const same = await eventsOf(transfer(prepared, { ...OPTIONS, iterations: 1 }));
    assert.deepEqual(timeless(events), timeless(same));
    assert.equal(tf.memory().numTensors, before);
  });

  it('computes no part that weighs nothing', async () => {
    const problem = await prepare({ contentWeight: 0, styleWeight: 0 });
    const events = await eventsOf(transfer(problem, { ...OPTIONS, iterations: 1 }));
    const [{ content, style, loss, totalVariation }] = iterations(events) as [IterationEvent];
    assert.deepEqual([content, style], [0, 0]);
    assert.equal(loss, totalVariation);
    await problem.dispose();
  });
});

describe('lossWeights', () => {
  const given = { content: 'a', style: 'b' };

  it("are the chapter's by default", () => {
    const { content, style, totalVariation } = lossWeights(readSettings(given));
    assert.deepEqual(content, { block5_conv2: 0.025 });
    assert.deepEqual(style, {
      block1_conv1: 0.2,
      block2_conv1: 0.2,
      block3_conv1: 0.2,
      block4_conv1: 0.2,
      block5_conv1: 0.2,
    });
    assert.equal(totalVariation, 1e-4);
  });

  it('give a layer its share of the weight', () => {
    const settings = readSettings({
      ...given,
      contentLayer: ['block1_conv1', 'block4_conv2'],
      contentWeight: 3,
      styleLayers: 'block1_conv1:0.75,block2_conv1:2',
      styleWeight: 10,
    });
    assert.deepEqual(lossWeights(settings).content, { block1_conv1: 1.5, block4_conv2: 1.5 });
    assert.deepEqual(lossWeights(settings).style, { block1_conv1: 7.5, block2_conv1: 20 });
  });
});
