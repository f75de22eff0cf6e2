import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { combineLuminance, luminancePicture, matchColors, matchLuminance } from '../src/picture/color';
import { type Picture, loadImage } from '../src/picture/image';
import { saveImage } from '../src/picture/save';
import { styleTransfer } from '../src/styleTransfer';
import { openTinyVgg19 } from './helpers/tinyVgg19';

type Case = [first: string, second: string, expected: number[]];

/** By NumPy: see make.py beside it. */
const reference = JSON.parse(readFileSync(path.join(__dirname, 'fixtures/color/color.json'), 'utf8')) as {
  pictures: Record<string, { width: number; height: number; data: number[] }>;
  colors: Case[];
  luminance: Case[];
  combined: Case[];
};

function pictured(name: string): Picture {
  const { width, height, data } = reference.pictures[name];
  return { width, height, data: Uint8Array.from(data) };
}

function near(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < actual.length; i++) {
    assert.ok(Math.abs(actual[i] - expected[i]) <= tolerance, `${i}: ${actual[i]}, not ${expected[i]}`);
  }
}

/** Half a level, for the rounding to whole levels. */
const ROUNDED = 0.5 + 1e-6;

function luminanceOf(data: ArrayLike<number>): number[] {
  return Array.from(
    { length: data.length / 3 },
    (_, i) => 0.299 * data[3 * i] + 0.587 * data[3 * i + 1] + 0.114 * data[3 * i + 2],
  );
}

describe('matchColors', () => {
  for (const [first, second, expected] of reference.colors) {
    it(`gives ${first} the colours of ${second}, as NumPy does`, async () =>
      near((await matchColors(pictured(first), pictured(second))).data, expected, ROUNDED));
  }

  it('leaves a picture with its own colours as it is, and the given pictures too', async () => {
    const picture = pictured('dark');
    assert.deepEqual(await matchColors(picture, pictured('dark')), picture);
    assert.deepEqual(picture, pictured('dark'));
  });

  it('takes a picture of one colour', async () => {
    const flat: Picture = { width: 2, height: 2, data: new Uint8Array(12).fill(90) };
    const { data } = await matchColors(flat, pictured('bright'));
    assert.ok(data.every((level, i) => level === data[i % 3]));
  });
});

describe('luminance', () => {
  for (const [first, second, expected] of reference.luminance) {
    it(`of ${first} gets the mean and deviation of that of ${second}, as NumPy does`, () => {
      const { data } = matchLuminance(pictured(first), pictured(second));
      near(
        data.filter((_, i) => i % 3 === 0),
        expected,
        ROUNDED,
      );
      assert.ok(data.every((level, i) => level === data[i - (i % 3)]));
    });
  }

  for (const [first, second, expected] of reference.combined) {
    // NumPy goes through YIQ, whose matrix has three digits.
    it(`of ${first} and the chroma of ${second}, as NumPy does`, () =>
      near(combineLuminance(pictured(first).data, pictured(second).data), expected, 0.2));
  }

  it('is kept to the last digit where the chroma cannot be shown', () => {
    const [light, chroma] = [pictured('bright').data, pictured('same').data];
    const combined = combineLuminance(light, chroma);
    near(luminanceOf(combined), luminanceOf(light), 1e-9);
    assert.ok(combined.every((value) => value >= -1e-9 && value <= 255 + 1e-9));
  });

  it('of a picture is a grey picture', () => {
    const { data } = luminancePicture(pictured('dark'));
    near(
      data.filter((_, i) => i % 3 === 1),
      luminanceOf(pictured('dark').data),
      ROUNDED,
    );
  });
});

describe('--color in a transfer', () => {
  let folder: string;
  const files = { content: '', style: '' };

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'wheatfield-color-'));
    for (const [name, source] of [
      ['content', 'same'],
      ['style', 'bright'],
    ] as const) {
      files[name] = path.join(folder, `${name}.png`);
      const { width, height, data } = await loadImage(pictured(source), {
        size: { width: 40, height: 32 },
      });
      await saveImage({ width, height, data }, files[name]);
    }
  });
  after(() => rm(folder, { recursive: true }));

  async function painted(color: 'style' | 'content' | 'luminance') {
    const run = styleTransfer(
      { ...files, color, height: 32, iterations: 1, evaluations: 8, threads: 1, tvWeight: 0 },
      { openNetwork: openTinyVgg19 },
    );
    const pictures: Picture[] = [];
    let saved = NaN;
    for await (const event of run) {
      if (event.type === 'step') pictures.push(await run.picture());
      if (event.type === 'iteration') ({ saved } = event);
    }
    const deep = await run.deepPicture();
    return { last: await run.picture(), pictures, deep, saved };
  }

  /** How far the chroma, which is what is left without the luminance, is from that of the content picture, on average. */
  async function chromaDistance(pictures: readonly Picture[]): Promise<number> {
    const content = await loadImage(files.content);
    const distances = pictures.map(({ data }) => {
      const [own, wanted] = [luminanceOf(data), luminanceOf(content.data)];
      const sum = data.reduce(
        (total, level, i) =>
          total + Math.abs(level - own[Math.floor(i / 3)] - content.data[i] + wanted[Math.floor(i / 3)]),
        0,
      );
      return sum / data.length;
    });
    return Math.max(...distances);
  }

  it('luminance: every picture that is asked for has the content picture’s chroma', async () => {
    const { pictures, last, saved } = await painted('luminance');
    const style = await painted('style');
    assert.ok(pictures.length > 2);
    const [kept, taken] = [await chromaDistance([...pictures, last]), await chromaDistance([style.last])];
    assert.ok(kept < taken / 3, `${kept} against ${taken}`);
    assert.ok(Number.isFinite(saved));
    assert.notDeepEqual(last, await loadImage(files.content));
  });

  it('content: the style picture is recoloured first, so that another picture comes out', async () => {
    const { last } = await painted('content');
    const content = await loadImage(files.content);
    const matched = await matchColors(await loadImage(files.style), content);
    const run = styleTransfer(
      { content, style: matched, height: 32, iterations: 1, evaluations: 8, threads: 1, tvWeight: 0 },
      { openNetwork: openTinyVgg19 },
    );
    for await (const event of run) assert.ok(event);
    assert.deepEqual(last, await run.picture());
    assert.notDeepEqual(last, (await painted('style')).last);
  });

  it('the picture with 16 bits is the same one', async () => {
    const { last, deep } = await painted('luminance');
    near(
      deep.data.map((level) => Math.round(level / 257)),
      last.data,
      1,
    );
  });
});
