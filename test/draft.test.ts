import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { draft } from '../src/problem/draft';
import { problemFromSettings } from '../src/problem/fromSettings';
import { createProblem } from '../src/problem/problem';
import { writeReport } from '../src/report/report';
import { recordedTransfer } from '../src/runFolder/recordedTransfer';
import { beginResults, readResults } from '../src/runFolder/results';
import { readSettings } from '../src/settings';
import { styleTransfer, wholeTransfer } from '../src/styleTransfer';
import { loadImage } from '../src/picture/image';
import type { Picture } from '../src/picture/image';

const CONTENT = 'img/lake-sherburne.jpg';
const STYLE = 'img/hokusai_great-wave_1831.png';
const SIZE = { width: 455, height: 256 };

describe('a draft', function () {
  this.timeout(120_000);
  const settings = (given = {}) =>
    readSettings({ content: CONTENT, style: STYLE, network: 'vgg19-slim', height: 256, ...given });
  let pictures: { content: Picture; styles: Picture[] };
  let drafted: Picture;
  before(async () => {
    const [content, style] = await Promise.all(
      [CONTENT, STYLE].map((file) => loadImage(file, { size: SIZE })),
    );
    pictures = { content, styles: [style] };
    drafted = await draft(settings(), pictures, { masks: [] });
  });

  it('is what the painter begins with, and not the chapter', () => {
    assert.equal(settings().init, 'draft');
    assert.equal(settings({ preset: 'chapter' }).init, 'content');
  });

  it('has the size of the picture and the colours of the style', () => {
    const { content, styles } = pictures;
    assert.deepEqual([drafted.width, drafted.height], [SIZE.width, SIZE.height]);
    const distance = (picture: Picture) => {
      const [own, wanted] = [means(picture), means(styles[0])];
      return Math.hypot(...own.map((mean, channel) => mean - wanted[channel]));
    };
    assert.ok(
      distance(drafted) < distance(content) / 2,
      `${distance(drafted)} is not below half of ${distance(content)}`,
    );
  });

  it('keeps the fine detail of the content picture', () => {
    const correlation = correlate(detail(drafted), detail(pictures.content));
    assert.ok(correlation > 0.7, `correlation ${correlation}`);
  });

  it('keeps each style within its mask, given as a picture', async () => {
    const { width, height } = SIZE;
    const data = new Uint8Array(3 * width * height).fill(255, 0, (3 * width * height) / 2);
    const plain = (level: number) => ({ ...SIZE, data: new Uint8Array(3 * width * height).fill(level) });
    const given = settings({ style: ['first', 'second'], mask: ['mask'], contentWeight: 0 });
    const styles = [plain(230), plain(20)];
    const masked = await draft(given, { content: plain(128), styles }, { masks: [{ ...SIZE, data }] });
    const half = (from: number) =>
      means({ ...masked, data: masked.data.subarray(from, from + data.length / 2) });
    const [above, below] = [half(0)[0], half(data.length / 2)[0]];
    assert.ok(above > below + 40, `${above} above is not lighter than ${below} below`);
  });

  it('is painted with masks that only the caller has', async () => {
    const mask = { ...SIZE, data: new Uint8Array(3 * SIZE.width * SIZE.height).fill(255) };
    const run = styleTransfer({
      content: CONTENT,
      style: STYLE,
      mask,
      network: 'vgg19-slim',
      height: 256,
      iterations: 1,
      evaluations: 1,
    });
    const events: string[] = [];
    for await (const { type } of run) events.push(type);
    assert.ok(events.includes('iteration'));
  });

  it('is the content picture where it would be too small', async () => {
    const content = await loadImage(CONTENT, { size: { width: 400, height: 255 } });
    assert.equal(await draft(settings(), { ...pictures, content }, { masks: [] }), content);
  });

  it('ends with its signal', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('enough')), 50);
    await assert.rejects(draft(settings(), pictures, { masks: [], signal: controller.signal }), /enough/);
  });

  it('begins at a lower loss than the content picture', async () => {
    const losses: number[] = [];
    for (const init of ['draft', 'content']) {
      const { lossAndGrads, z0, dispose } = await createProblem(problemFromSettings(settings({ init })));
      losses.push(Number((await lossAndGrads(z0)).value.data[0]));
      await dispose();
    }
    assert.ok(losses[0] < 0.7 * losses[1], `${losses[0]} is not well below ${losses[1]}`);
  });

  it('can be looked at before the loss is compiled', async () => {
    const options = { iterations: 1, evaluations: 1, restart: false, rounding: 'round' } as const;
    const run = wholeTransfer({ ...problemFromSettings(settings()), first: () => drafted }, options);
    await assert.rejects(run.picture(), /There is no picture yet/);
    const events: string[] = [];
    for await (const event of run) {
      events.push(event.type);
      if (event.type !== 'first') continue;
      assert.equal(event.isContent, false);
      assert.deepEqual([...(await run.picture()).data], [...drafted.data]);
      assert.deepEqual((await run.deepPicture()).data[7], 257 * drafted.data[7]);
      break;
    }
    assert.deepEqual(events, ['pictures', 'network', 'device', 'first']);
  });

  it('is shown in the colours that the result will have', async () => {
    const options = { iterations: 1, evaluations: 1, restart: false, rounding: 'round' } as const;
    const grey = { ...SIZE, data: new Uint8Array(3 * SIZE.width * SIZE.height).fill(128) };
    const problem = problemFromSettings(settings({ color: 'luminance' }));
    const run = wholeTransfer({ ...problem, first: () => grey }, options);
    for await (const { type } of run) if (type === 'first') break;
    const [red, , blue] = means(await run.picture());
    assert.ok(blue > red + 2, `the lake's blue ${blue} is not above its red ${red}`);
  });

  it('is saved before the first iteration, and comes first in the report', async () => {
    const out = await mkdtemp(path.join(tmpdir(), 'wheatfield-'));
    try {
      const given = settings({ out, iterations: 1, evaluations: 1 });
      const run = recordedTransfer(given, { open: (source) => beginResults(out, given, source) });
      for await (const { type } of run) {
        if (type !== 'compiled') continue;
        const { pictures } = await readResults(out);
        assert.deepEqual(pictures, ['result_draft.png']);
        const saved = await loadImage(path.join(out, 'result_draft.png'));
        assert.deepEqual([...saved.data], [...(await run.picture()).data]);
      }
      const { pictures } = await readResults(out);
      assert.deepEqual(pictures, ['result_draft.png', 'result_at_iteration_0.png']);
      const report = await readFile(await writeReport(out), 'utf8');
      assert.match(report, /"filmstrip":\[\{"label":"draft"/);
    } finally {
      await rm(out, { recursive: true });
    }
  });

  it('is not painted again where a run goes on', async () => {
    const options = { iterations: 1, evaluations: 1, restart: false, rounding: 'round' } as const;
    const problem = problemFromSettings(settings({ init: 'content', height: 64 }));
    const run = wholeTransfer(problem, options);
    for await (const event of run) if (event.type === 'iteration') break;
    const from = await run.checkpoint();
    const first = () => assert.fail('It was painted again.');
    const next = wholeTransfer({ ...problem, first }, { ...options, iterations: 2, from });
    const events: string[] = [];
    for await (const { type } of next) events.push(type);
    assert.ok(events.includes('step') && !events.includes('first'));
  });
});

function means({ data }: Picture): number[] {
  return [0, 1, 2].map((channel) => {
    let sum = 0;
    for (let i = channel; i < data.length; i += 3) sum += data[i];
    return (3 * sum) / data.length;
  });
}

/** How each pixel's green differs from its right neighbour's. */
function detail({ width, data }: Picture): number[] {
  const differences: number[] = [];
  for (let i = 1; i + 3 < data.length; i += 3) {
    if (((i - 1) / 3 + 1) % width !== 0) differences.push(data[i + 3] - data[i]);
  }
  return differences;
}

function correlate(x: readonly number[], y: readonly number[]): number {
  const dot = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, i) => sum + value * b[i], 0);
  return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
}
