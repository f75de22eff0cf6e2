import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs';
import { abortable } from '../src/abortable';
import { chooseDevice } from '../src/device';
import { CHAPTER_TERMS, styleTermPerPosition, totalVariationTerm } from '../src/losses/terms';
import type { OpenNetwork } from '../src/network/network';
import { loadImage, resizePicture } from '../src/picture/image';
import { type ProblemOptions, createProblem } from '../src/problem/problem';
import { reports } from '../src/reports';
import { paint } from '../src/paint';
import { wholeTransfer } from '../src/styleTransfer';
import type { PreparationEvent } from '../src/transfer/events';
import { openTinyVgg19, tinyPictures } from './helpers/tinyVgg19';

describe('createProblem', () => {
  let folder: string;
  let files: { content: string; style: string };
  before(async () => {
    await tf.setBackend('cpu');
    folder = await mkdtemp(path.join(tmpdir(), 'wheatfield-problem-'));
    files = await tinyPictures(folder);
  });
  after(() => rm(folder, { recursive: true }));

  const options = (more: Partial<ProblemOptions> = {}): ProblemOptions => ({
    content: files.content,
    styles: [files.style],
    height: 32,
    openNetwork: openTinyVgg19,
    threads: 1,
    ...more,
  });

  async function evaluated(given: ProblemOptions) {
    const problem = await createProblem(given);
    const { value, terms, grad } = await problem.lossAndGrads(problem.z0);
    await problem.dispose();
    const numbers: Record<string, number> = {};
    for (const [name, { data }] of Object.entries(terms)) numbers[name] = data[0];
    return { value: value.data[0], terms: numbers, grad: [...grad.data] };
  }

  it('goes back to the processor where a GPU that was chosen fails, and says so', async function () {
    if (await chooseDevice('webgpu').catch(() => undefined)) this.skip();
    const devices: string[] = [];
    const given = options({
      device: 'auto',
      // There is none: compiling for it fails.
      chooseDevice: () => Promise.resolve({ name: 'webgpu', why: 'A GPU computes.' }),
      onEvent: (event) => event.type === 'device' && devices.push(`${event.name}: ${event.why}`),
    });
    assert.deepEqual(await evaluated(given), await evaluated(options()));
    assert.equal(devices[0], 'webgpu: A GPU computes.');
    assert.match(devices[1], /^cpu: The processor computes: the GPU failed \(.+\)\.$/);
    assert.equal(devices.length, 2);
    await assert.rejects(
      createProblem({ ...given, device: 'webgpu' }),
      'a GPU that was asked for by name is not replaced',
    );
  });

  it('takes pictures as paths, as bytes of files and in memory: the loss is the same', async () => {
    const fromPaths = await evaluated(options());
    const bytes = { content: await readFile(files.content), styles: [await readFile(files.style)] };
    const pictures = { content: await loadImage(files.content), styles: [await loadImage(files.style)] };
    assert.deepEqual(await evaluated(options(bytes)), fromPaths);
    assert.deepEqual(await evaluated(options(pictures)), fromPaths);
  });

  it('says what it was made of: paths where there are any, and checksums', async () => {
    const fromPaths = await createProblem(options());
    const { content, styles, network, height, width } = fromPaths.source;
    assert.deepEqual([content.path, styles[0]?.path], [files.content, files.style]);
    assert.deepEqual([network, height, width], ['vgg19', 32, 40]);
    const inMemory = await createProblem(options({ content: await loadImage(files.content) }));
    assert.equal(inMemory.source.content.path, undefined);
    assert.match(inMemory.source.content.sha256, /^[0-9a-f]{64}$/);
    for (const problem of [fromPaths, inMemory]) await problem.dispose();
  });

  it('refuses a picture in memory whose data does not fit its size', async () => {
    const picture = { width: 3, height: 2, data: new Uint8Array(24) };
    await assert.rejects(createProblem(options({ content: picture })), {
      name: 'UserError',
      message:
        /^A picture of 3 x 2 pixels needs 18 bytes, three a pixel, but its data has 24\. Pass 8-bit RGB/,
    });
  });

  it('compares each style term with its own style picture', async () => {
    const [content, style] = [await loadImage(files.content), await loadImage(files.style)];
    const layers = { block1_conv1: 1, block3_conv1: 1 };
    const term = (name: string, index: number) =>
      styleTermPerPosition({ name, weight: 1, layers, style: index });
    const both = await evaluated(
      options({ content, styles: [style, content], terms: [term('a', 0), term('b', 1)] }),
    );
    const one = await evaluated(options({ content, styles: [style], terms: [term('a', 0)] }));
    assert.equal(both.terms.a, one.terms.a);
    // The first picture is the content picture, which the second style is.
    assert.ok(both.terms.b < 1e-6 * both.terms.a);
  });

  it('lets a style picture keep its own size, for Gram matrices per position', async () => {
    const style = await resizePicture(await loadImage(files.style), { width: 24, height: 56 }, 'lanczos3');
    const terms = [styleTermPerPosition({ weight: 1, layers: { block2_conv1: 1 } })];
    const events: PreparationEvent[] = [];
    const own = { styles: [style], terms, styleSize: (size: object) => size as typeof style };
    const problem = await createProblem(options({ ...own, onEvent: (event) => events.push(event) }));
    const [pictures] = events;
    assert.deepEqual(
      pictures?.type === 'pictures' && pictures.styles.map(({ width, height }) => [width, height]),
      [[24, 56]],
    );
    const { value } = await problem.lossAndGrads(problem.z0);
    assert.ok(Number(value.data[0]) > 0);
    await problem.dispose();
  });

  it('tells by events, which can be cloned, how far it is', async () => {
    const events: PreparationEvent[] = [];
    const problem = await createProblem(options({ onEvent: (event) => events.push(structuredClone(event)) }));
    await problem[Symbol.asyncDispose]();
    assert.deepEqual(
      events.map(({ type }) => type),
      ['pictures', 'network', 'device', 'targets', 'compiled'],
    );
    assert.ok(JSON.stringify(events).length < 1000);
  });

  it('leaves nothing behind where it is refused, wherever that is', async () => {
    const before = tf.memory().numTensors;
    const refusals: Partial<ProblemOptions>[] = [
      { content: path.join(folder, 'nothing.png') },
      {
        beforeWork: () => {
          throw new Error('refused');
        },
      },
      {
        onEvent: ({ type }) => {
          if (type === 'targets') throw new Error('refused');
        },
      },
      { terms: [...CHAPTER_TERMS, totalVariationTerm({ weight: 1 })] },
    ];
    for (const refusal of refusals) {
      await assert.rejects(createProblem(options(refusal)));
      assert.equal(tf.memory().numTensors, before, Object.keys(refusal).join());
    }
  });

  for (const stage of ['pictures', 'network', 'device', 'targets'] as const) {
    it(`ends with the signal's reason when it is aborted after its event '${stage}', and leaves nothing behind`, async () => {
      const before = tf.memory().numTensors;
      const controller = new AbortController();
      const onEvent = ({ type }: PreparationEvent) => {
        if (type === stage) controller.abort(new Error('enough'));
      };
      await assert.rejects(createProblem(options({ signal: controller.signal, onEvent })), /^Error: enough$/);
      // What was under way is freed when it arrives.
      await sleep(50);
      assert.equal(tf.memory().numTensors, before);
    });
  }

  it('is aborted at once while the network is still being opened, a download say', async () => {
    const controller = new AbortController();
    const never: OpenNetwork = () => new Promise(() => setTimeout(() => controller.abort('SIGINT'), 20));
    const run = wholeTransfer(options({ openNetwork: never }), {
      iterations: 1,
      evaluations: 3,
      restart: false,
      rounding: 'round',
      signal: controller.signal,
    });
    const events = [];
    for await (const event of run) events.push(event);
    const end = events.at(-1);
    assert.deepEqual(end?.type === 'end' && [end.reason, end.message, end.withinIteration], [
      'stopped',
      'Stopped before the first iteration.',
      false,
    ]);
    await assert.rejects(run.picture(), /There is no picture yet/);
  });

  for (const stage of ['pictures', 'network', 'compiled'] as const) {
    it(`ends where the reader goes away at its event '${stage}', and leaves nothing behind`, async () => {
      const before = tf.memory().numTensors;
      let disposals = 0;
      const openNetwork: OpenNetwork = async (request) => {
        const network = await openTinyVgg19(request);
        return {
          ...network,
          dispose: () => {
            disposals++;
            network.dispose();
          },
        };
      };
      const run = wholeTransfer(options({ openNetwork }), {
        iterations: 1,
        evaluations: 3,
        restart: false,
        rounding: 'round',
      });
      for await (const { type } of run) if (type === stage) break;
      for (let i = 0; i < 100 && tf.memory().numTensors > before; i++) await sleep(20);
      assert.equal(tf.memory().numTensors, before);
      assert.ok(disposals <= 1);
    });
  }

  it('paints in one call', async () => {
    const before = tf.memory().numTensors;
    const picture = await paint({ ...options(), evaluations: 3 });
    assert.deepEqual([picture.width, picture.height], [40, 32]);
    assert.notDeepEqual(picture, await loadImage(files.content));
    assert.equal(tf.memory().numTensors, before);
    const aborted = paint({ ...options(), evaluations: 3, signal: AbortSignal.abort(new Error('no')) });
    await assert.rejects(aborted, /^Error: no$/);
  });
});

describe('reports', () => {
  it('hands the result over to be freed where the reader goes away before', async () => {
    const late: string[] = [];
    const work = reports<number, string>(
      async (report) => {
        report(1);
        await sleep(5);
        return 'done';
      },
      (result) => late.push(result),
    );
    await work.next();
    await work.return('nobody reads it');
    await sleep(20);
    assert.deepEqual(late, ['done']);
  });

  it('come in order, before the result', async () => {
    const all: unknown[] = [];
    const work = reports<number, string>(async (report) => {
      report(1);
      await sleep(5);
      report(2);
      report(3);
      return 'done';
    });
    let next = await work.next();
    for (; !next.done; next = await work.next()) all.push(next.value);
    assert.deepEqual([...all, next.value], [1, 2, 3, 'done']);
  });

  it('come before what the work throws', async () => {
    const work = reports<number, never>((report) => {
      report(1);
      return Promise.reject(new Error('broken'));
    });
    assert.deepEqual(await work.next(), { done: false, value: 1 });
    await assert.rejects(work.next(), /^Error: broken$/);
  });
});

describe('abortable', () => {
  it('gives the result, or what was thrown, where nothing is aborted', async () => {
    const { signal } = new AbortController();
    assert.equal(await abortable(Promise.resolve(1), signal), 1);
    await assert.rejects(abortable(Promise.reject(new Error('own')), signal), /^Error: own$/);
  });

  it('gives up at once, and hands over what comes late', async () => {
    const controller = new AbortController();
    const late: number[] = [];
    const slow = sleep(30).then(() => 7);
    const waiting = abortable(slow, controller.signal, (result) => late.push(result));
    controller.abort(new Error('enough'));
    await assert.rejects(waiting, /^Error: enough$/);
    await slow;
    assert.deepEqual(late, [7]);
    await assert.rejects(abortable(Promise.resolve(1), controller.signal), /^Error: enough$/);
  });
});
