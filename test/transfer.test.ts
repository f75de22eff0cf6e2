import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deserialize, serialize } from 'node:v8';
import * as tf from '@tensorflow/tfjs';
import type { InputArray } from '../src/compile';
import { Evaluator } from '../src/evaluator';
import { fminLbfgsb } from '../src/lbfgsb';
import { CHAPTER_TERMS } from '../src/losses/terms';
import { type Picture, loadImage, resizePicture } from '../src/picture/image';
import { saveImage } from '../src/picture/save';
import { IMAGENET_MEANS_BGR, deprocess, preprocess } from '../src/picture/preprocess';
import { firstPicture, lossTerms, noise, problemFromSettings } from '../src/problem/fromSettings';
import { type Problem, type TransferProblem, createProblem } from '../src/problem/problem';
import { type SettingName, readSettings } from '../src/settings';
import { styleTransfer } from '../src/styleTransfer';
import type { Checkpoint } from '../src/transfer/checkpoint';
import { estimateOf, timed } from '../src/transfer/estimate';
import type { EndEvent, IterationEvent, StepEvent, TransferEvent } from '../src/transfer/events';
import { type Transfer, type TransferOptions, transfer } from '../src/transfer/transfer';
import { freePixels, pixels } from '../src/variables/pixels';
import { openTinyVgg19, tinyPictures } from './helpers/tinyVgg19';

/** The chapter's loss and variables, in a box. */
const CHAPTER_LOSS = { preset: 'chapter', bounds: true, winograd: true, resize: 'lanczos3' } as const;

const OPTIONS: TransferOptions = { iterations: 3, evaluations: 5, restart: false, rounding: 'round' };

/** An event with what could be asked for when it was given: the picture and checkpoint of an iteration, and of an end within one. */
type Kept<Event = TransferEvent> = Event & { picture?: Picture; checkpoint?: Checkpoint };

type KeptIteration = IterationEvent & { picture: Picture; checkpoint: Checkpoint };

async function kept<Event extends TransferEvent>(event: Event, run: Transfer<never>): Promise<Kept<Event>> {
  const asks = event.type === 'iteration' || (event.type === 'end' && event.withinIteration);
  const asked = asks ? { picture: await run.picture(), checkpoint: await run.checkpoint() } : {};
  return deserialize(serialize({ ...event, ...asked })) as Kept<Event>;
}

async function eventsOf(run: Transfer<TransferEvent>): Promise<Kept[]> {
  const list: Kept[] = [];
  for await (const event of run) list.push(await kept(event, run as Transfer<never>));
  return list;
}

function iterations(events: Kept[]): KeptIteration[] {
  return events.filter((event) => event.type === 'iteration') as KeptIteration[];
}

function steps(events: TransferEvent[]): StepEvent[] {
  return events.filter((event) => event.type === 'step');
}

/** Events as they repeat: without what the clock says. */
function timeless(events: Kept[]): unknown[] {
  return events.map((event) => {
    const { seconds, ...rest } = { checkpoint: undefined, ...event } as Kept<StepEvent>;
    assert.ok(seconds >= 0);
    return { ...rest, checkpoint: rest.checkpoint && { ...rest.checkpoint, seconds: 0 } };
  });
}

interface DistanceOptions {
  /** What the loss becomes, and the sign of the gradient, at an evaluation. */
  spoil?: (value: number, evaluation: number) => number;
  sign?: (evaluation: number) => number;
  bounds?: boolean;
}

/** A small problem with a known answer: the distance to a picture, each element with its own scale. */
function distanceTo(
  target: (i: number) => number,
  { spoil = (value) => value, sign = () => 1, bounds = true }: DistanceOptions = {},
): TransferProblem & { evaluations: number } {
  const [height, width] = [4, 5];
  const n = height * width * 3;
  const scale = (i: number) => 1 + (i % 7);
  const problem = {
    height,
    width,
    variables: (bounds ? pixels : freePixels)({ height, width }),
    z0: Float64Array.from({ length: n }, (_, i) => ((i * 31) % 17) - 8),
    evaluations: 0,
    lossAndGrads: (input: InputArray) => {
      const at = ++problem.evaluations;
      const x = Float32Array.from(input instanceof tf.Tensor ? input.dataSync<'float32'>() : input);
      const distance = x.reduce((sum, xi, i) => sum + scale(i) * (xi - target(i)) ** 2, 0);
      const scalar = (y: number) => ({ data: Float32Array.of(y), shape: [] });
      return Promise.resolve({
        value: scalar(spoil(distance, at)),
        terms: { distance: scalar(spoil(distance, at)) },
        picture: { data: x, shape: [1, height, width, 3] },
        grad: { data: x.map((xi, i) => sign(at) * 2 * scale(i) * (xi - target(i))), shape: [n] },
      });
    },
  };
  return problem;
}

describe('transfer', () => {
  let folder: string;
  let files: { content: string; style: string };
  let prepared: Problem;

  async function prepare(given: Partial<Record<SettingName, unknown>> = {}): Promise<Problem> {
    const settings = readSettings({ ...files, ...CHAPTER_LOSS, height: 32, threads: 1, ...given });
    return createProblem({ ...problemFromSettings(settings), openNetwork: openTinyVgg19 });
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
    for (const { loss, terms } of [...steps(events), ...iterations(events)]) {
      assert.deepEqual(Object.keys(terms), ['content', 'style', 'totalVariation']);
      const sum = Object.values(terms).reduce((total, term) => total + term);
      assert.ok(Math.abs(sum - loss) <= 1e-6 * loss);
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
      const within = steps(events).filter((event) => events[events.indexOf(event) + 1]?.type === 'step');
      assert.ok(
        within.length > 0 && within.every(({ evaluationsInIteration }) => evaluationsInIteration <= 5),
      );
      const last = steps(events).filter((event) => !within.includes(event));
      assert.deepEqual(
        [last.length, last.every(({ evaluationsInIteration }) => evaluationsInIteration > 5)],
        [3, true],
      );
    }
  });

  /** The picture of the variables, which are evaluated in float32. */
  const pictureAt = (x: Float64Array) => deprocess({ data: Float32Array.from(x), height: 32, width: 40 });

  for (const bounds of [false, true]) {
    const box = {
      lower: Float64Array.from({ length: 32 * 40 * 3 }, (_, i) => -(IMAGENET_MEANS_BGR[i % 3] as number)),
      upper: Float64Array.from(
        { length: 32 * 40 * 3 },
        (_, i) => 255 - (IMAGENET_MEANS_BGR[i % 3] as number),
      ),
    };

    it(`with restart is a call of fminLbfgsb for each iteration, as in the chapter${bounds ? ', bounded' : ''}`, async () => {
      const problem = await prepare({ bounds });
      const events = await eventsOf(transfer(problem, { ...OPTIONS, restart: true }));
      const evaluator = new Evaluator(problem.lossAndGrads);
      let x = problem.z0;
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
        assert.deepEqual(event.picture, pictureAt(next));
        x = next;
      }
      await problem.dispose();
    });

    it(`without restart is one call of fminLbfgsb through all iterations${bounds ? ', bounded' : ''}`, async () => {
      const problem = await prepare({ bounds });
      const events = await eventsOf(transfer(problem, OPTIONS));
      const last = iterations(events).at(-1) as KeptIteration;
      const evaluator = new Evaluator(problem.lossAndGrads);
      const iterates: number[] = [];
      let latest = NaN;
      const [x, , info] = await fminLbfgsb(async (at) => (latest = await evaluator.loss(at)), problem.z0, {
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
      assert.deepEqual(last.picture, pictureAt(x));
      await problem.dispose();
    });
  }

  it('gives as saved the loss of the picture when it is read back from its file', async () => {
    for (const [rounding, bounds] of [
      ['round', true],
      ['truncate', false],
    ] as const) {
      const problem = await prepare({ bounds });
      const events = await eventsOf(transfer(problem, { ...OPTIONS, iterations: 1, rounding }));
      const [{ picture, saved }] = iterations(events) as [KeptIteration];
      const file = path.join(folder, `saved-${rounding}.png`);
      await saveImage(picture, file);
      const { value } = await problem.lossAndGrads(preprocess(await loadImage(file)).dataSync<'float32'>());
      assert.equal(value.data[0], saved);
      await problem.dispose();
    }
  });

  it('bounded, saves what it optimised; unbounded, loses what lies outside 0..255', async () => {
    // A third of the values would best lie at -300 or 300, beyond what a screen can show.
    const target = (i: number) => (i % 3 === 0 ? (i % 2 === 0 ? -300 : 300) : 0);
    const lossesOf = async (bounds: boolean) => {
      const events = await eventsOf(
        transfer(distanceTo(target, { bounds }), { ...OPTIONS, evaluations: 20 }),
      );
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
      const [first] = iterations(whole) as [KeptIteration];
      const resumed = await eventsOf(transfer(prepared, { ...options, from: first.checkpoint }));
      assert.deepEqual(timeless(resumed), timeless(whole.slice(whole.indexOf(first) + 1)));

      for (let stopAt = 1; stopAt < steps(whole).length; stopAt += 3) {
        const controller = new AbortController();
        const run = transfer(prepared, { ...options, signal: controller.signal });
        const sitting: Kept[] = [];
        let seen = 0;
        for await (const event of run) {
          sitting.push(await kept(event, run as Transfer<never>));
          if (event.type === 'step' && ++seen === stopAt) controller.abort();
        }
        assert.equal((sitting.at(-1) as EndEvent).reason, 'stopped');
        const rest = await eventsOf(transfer(prepared, { ...options, from: await run.checkpoint() }));
        assert.deepEqual(timeless(joined(sitting, rest)), timeless(whole), `stopped after step ${stopAt}`);
      }
    });

    it(`goes on from within any evaluation with the very same numbers${restart ? ', restarting' : ''}`, async () => {
      const uninterrupted = distanceTo((i) => (i % 5) * 10);
      const whole = await eventsOf(transfer(uninterrupted, options));
      // The evaluations that score what is saved are among them.
      for (let stopAt = 1; stopAt <= uninterrupted.evaluations; stopAt++) {
        const controller = new AbortController();
        const problem = distanceTo((i) => (i % 5) * 10);
        const { lossAndGrads } = problem;
        problem.lossAndGrads = async (z) => {
          const result = await lossAndGrads(z);
          // An evaluation that nobody would wait for.
          if (problem.evaluations === stopAt)
            await new Promise(() => setImmediate(() => controller.abort('now')));
          return result;
        };
        const run = transfer(problem, { ...options, signal: controller.signal });
        const sitting: Kept[] = [];
        for await (const event of run) sitting.push(await kept(event, run as Transfer<never>));
        assert.equal((sitting.at(-1) as EndEvent).reason, 'stopped');
        const from = await run.checkpoint();
        const rest = await eventsOf(
          transfer(
            distanceTo((i) => (i % 5) * 10),
            { ...options, from },
          ),
        );
        assert.deepEqual(timeless(joined(sitting, rest)), timeless(whole), `stopped in evaluation ${stopAt}`);
      }
    });
  }

  /** The events of two sittings as if they had been one: without the first one's end, and the second one's start of the same iteration. */
  function joined(first: Kept[], second: Kept[]): Kept[] {
    const before = first.slice(0, -1);
    const begun = before.filter(({ type }) => type === 'start').length;
    const done = iterations(before).length;
    return [...before, ...second.slice(begun > done ? 1 : 0)];
  }

  it('gives the picture and checkpoint of the last step while an evaluation is under way', async () => {
    const problem = distanceTo((i) => (i % 5) * 10);
    const { lossAndGrads } = problem;
    const asked: Promise<[Picture, Checkpoint]>[] = [];
    problem.lossAndGrads = async (z) => {
      // Before the first one there is no picture but by evaluating it.
      if (problem.evaluations === 0) return lossAndGrads(z);
      asked.push(Promise.all([run.picture(), run.checkpoint().then((each) => structuredClone(each))]));
      await asked.at(-1);
      return lossAndGrads(z);
    };
    const run = transfer(problem, { ...OPTIONS, iterations: 1 });
    const accepted: [Picture, number][] = [];
    for await (const event of run) {
      if (event.type === 'step') accepted.push([await run.picture(), event.loss]);
    }
    for (const [picture, { losses, optimiser }] of (await Promise.all(asked)).slice(1)) {
      const step = accepted.find(([, loss]) => loss === losses?.loss);
      if (optimiser.nit > 0) assert.deepEqual(picture, step?.[0]);
    }
    assert.ok(accepted.length > 2);
  });

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
      assert.deepEqual([...problem.z0], [...x.dataSync<'float32'>()]);
      await problem.dispose();
    }
  });

  it('draws the same noise from the same seed, uniform over 0..255, also from seed 0', async () => {
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
    const pictures = { content: noise(size, 3), styles: [noise(size, 4)] };
    const settings = readSettings({ content: 'content', style: 'style', init: 'noise', seed: 1 });
    const first = await firstPicture(settings, pictures, { masks: [] });
    assert.deepEqual(first, noise(size, 1));
  });

  const notFinite: [string, DistanceOptions, RegExp][] = [
    ['the loss becomes NaN', { spoil: (value, at) => (at === 4 ? NaN : value) }, /4 the loss is NaN/],
    [
      'the loss becomes infinite',
      { spoil: (value, at) => (at === 4 ? Infinity : value) },
      /4 the loss is Inf/,
    ],
    ['the gradient alone does', { sign: (at) => (at === 4 ? NaN : 1) }, /4 the gradient is not finite\./],
  ];
  for (const [what, options, message] of notFinite) {
    it(`stops with the last good picture where ${what}, and says at which evaluation`, async () => {
      const events: TransferEvent[] = [];
      let run: Transfer<TransferEvent> | undefined;
      await assert.rejects(
        async () => {
          run = transfer(
            distanceTo((i) => (i % 5) * 10, options),
            OPTIONS,
          );
          for await (const event of run) events.push(event);
        },
        { name: 'UserError', message },
      );
      const end = events.at(-1) as EndEvent;
      assert.deepEqual([end.reason, end.withinIteration], ['not finite', true]);
      assert.equal((await run?.picture())?.data.length, 60);
    });
  }

  it('says when nothing is left to improve, and stops', async () => {
    const problem = distanceTo((i) => (i % 5) * 10);
    const events = await eventsOf(transfer(problem, { ...OPTIONS, iterations: 50 }));
    const end = events.at(-1) as EndEvent;
    assert.equal(end.reason, 'converged');
    assert.match(end.message, /Nothing is left to improve: CONVERGENCE/);
    const last = iterations(events).at(-1) as KeptIteration;
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
    const [{ picture, loss }] = iterations(events) as [KeptIteration];
    assert.deepEqual(picture, deprocess({ ...problem, data: problem.z0 }));
    assert.equal(loss, (await problem.lossAndGrads(problem.z0)).value.data[0]);
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

  it('in one call gives the same, and leaves no tensors behind', async () => {
    const before = tf.memory().numTensors;
    const given = {
      ...files,
      ...CHAPTER_LOSS,
      height: 32,
      threads: 1,
      iterations: 1,
      evaluations: 5,
      restart: false,
      rounding: 'round',
    } as const;
    const events = await eventsOf(styleTransfer(given, { openNetwork: openTinyVgg19 }));
    const same = await eventsOf(transfer(prepared, { ...OPTIONS, iterations: 1 }));
    const preparation = events.filter(({ type }) =>
      ['pictures', 'network', 'device', 'first', 'targets', 'compiled'].includes(type),
    );
    assert.deepEqual(
      events.slice(0, preparation.length).map(({ type }) => type),
      ['pictures', 'network', 'device', 'first', 'targets', 'compiled'],
    );
    const [start, estimate, ...rest] = events.slice(preparation.length);
    assert.ok(estimate?.type === 'estimate' && estimate.secondsEach > 0);
    // The iteration's evaluations, one beyond, and one for the saved picture.
    assert.equal(estimate.seconds, 7 * estimate.secondsEach);
    assert.deepEqual(timeless([start, ...rest]), timeless(same));
    assert.equal(tf.memory().numTensors, before);
  });

  it('takes the estimate of a problem that has one, and then evaluates nothing for it', async () => {
    const problem = { ...prepared, secondsEach: () => Promise.resolve(3), lossAndGrads: () => assert.fail() };
    const options = { ...OPTIONS, iterations: 2, evaluations: 5 };
    const estimate = await estimateOf(timed(problem).secondsEach, options);
    assert.deepEqual(estimate, { type: 'estimate', secondsEach: 3, seconds: 2 * 7 * 3 });
  });

  it('computes no part that weighs nothing', async () => {
    const problem = await prepare({ contentWeight: 0, styleWeight: 0 });
    const events = await eventsOf(transfer(problem, { ...OPTIONS, iterations: 1 }));
    const [{ terms, loss }] = iterations(events) as [KeptIteration];
    assert.deepEqual(terms, { content: 0, style: 0, totalVariation: loss });
    await problem.dispose();
  });
});

describe('lossTerms', () => {
  const given = { content: 'a', style: 'b' };
  const outline = (terms: ReturnType<typeof lossTerms>) =>
    terms.map((term) => ({
      name: term.name,
      weight: term.weight,
      ...('layers' in term && { layers: term.layers }),
    }));

  it("are the chapter's with its preset", () => {
    const settings = readSettings({ ...given, preset: 'chapter' });
    assert.deepEqual(outline(lossTerms(settings)), outline([...CHAPTER_TERMS]));
  });

  it('give a layer its share of the weight', () => {
    const settings = readSettings({
      ...given,
      contentLayer: ['block1_conv1', 'block4_conv2'],
      contentWeight: 3,
      styleLayers: 'block1_conv1:0.75,block2_conv1:2',
      styleWeight: 10,
    });
    assert.deepEqual(outline(lossTerms(settings)).slice(0, 2), [
      { name: 'content', weight: 3, layers: { block1_conv1: 0.5, block4_conv2: 0.5 } },
      { name: 'style', weight: 10, layers: { block1_conv1: 0.75, block2_conv1: 2 } },
    ]);
  });
});
