import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { UserError } from '../src/errors';
import {
  type LossPoint,
  featureMaps,
  heatMaps,
  lossComparison,
  lossCurves,
  pictureGrid,
} from '../src/notebook/plot';
import { viridis } from '../src/notebook/plot/colours';
import type { Picture } from '../src/picture/image';

type Rgb = [number, number, number];

async function pixels(png: Buffer) {
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return {
    width: info.width,
    height: info.height,
    at: (x: number, y: number) =>
      [...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3)] as Rgb,
    /** How many pixels are within `tolerance` of a colour, in part of the picture. */
    count: (colour: Rgb, tolerance = 12, [left, top, right, bottom] = [0, 0, info.width, info.height]) => {
      let found = 0;
      for (let y = top; y < bottom; y++) {
        for (let x = left; x < right; x++) {
          const i = (y * info.width + x) * 3;
          if (colour.every((value, channel) => Math.abs(value - data[i + channel]) <= tolerance)) found++;
        }
      }
      return found;
    },
  };
}

function near(actual: Rgb, expected: Rgb, tolerance = 6): void {
  actual.forEach((value, i) =>
    assert.ok(Math.abs(value - expected[i]) <= tolerance, `${actual.join()} is not ${expected.join()}`),
  );
}

const plain = (width: number, height: number, colour: Rgb): Picture => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => colour[i % 3]),
});

const POINTS: LossPoint[] = Array.from({ length: 20 }, (_, i) => {
  const terms = { content: 1e6 * (i + 0.001), style: 1e9 / (i + 1), totalVariation: 1e5 };
  return { evaluations: 3 * i, terms, loss: terms.content + terms.style + terms.totalVariation };
});

describe('pictureGrid', () => {
  it('places pictures in rows, each above its caption', async () => {
    const red: Rgb = [200, 30, 30];
    const blue: Rgb = [30, 30, 200];
    const figure = pictureGrid(
      { red: plain(10, 10, red), 'blue & <wide>': plain(20, 10, blue), 'red again': plain(10, 10, red) },
      { columns: 2, pictureWidth: 100 },
    );
    const { width, height, at, count } = await pixels(await figure.png());
    assert.deepEqual([width, height], [figure.width, figure.height]);
    assert.deepEqual([width, height], [212, 252]);
    near(at(50, 50), red);
    near(at(162, 25), blue);
    near(at(162, 90), [255, 255, 255]);
    near(at(50, 176), red);
    assert.ok(
      count([34, 34, 34], 60, [112, 50, 212, 76]) > 50,
      'the caption stands below the second picture',
    );
    assert.equal(figure.text, 'Pictures: red, blue & <wide>, red again.');
  });

  it('enlarges small pictures without smoothing', async () => {
    const two: Picture = { width: 2, height: 1, data: Uint8Array.of(0, 0, 0, 255, 255, 255) };
    const { at } = await pixels(await pictureGrid({ two }, { pictureWidth: 100 }).png());
    near(at(47, 20), [0, 0, 0], 1);
    near(at(52, 20), [255, 255, 255], 1);
  });

  it('refuses nothing', () => assert.throws(() => pictureGrid({}), UserError));

  it('writes captions on a machine that has no fonts', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'wheatfield-fonts-'));
    try {
      const config = path.join(folder, 'fonts.conf');
      await writeFile(
        config,
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig></fontconfig>',
      );
      const program = path.join(__dirname, 'fixtures', 'notebooks', 'caption.ts');
      const out = path.join(folder, 'caption.png');
      execFileSync(process.execPath, ['--import', 'tsx', program, out], {
        cwd: path.join(__dirname, '..'),
        env: { ...process.env, FONTCONFIG_FILE: config },
        stdio: 'pipe',
      });
      const { height, width, count } = await pixels(await readFile(out));
      // Boxes in place of letters would be two identical halves.
      const halves = [
        [0, height - 26, width / 2, height],
        [width / 2, height - 26, width, height],
      ].map((part) => count([34, 34, 34], 60, part as [number, number, number, number]));
      assert.ok(halves[0] > 1.5 * halves[1], `ink in W and in dots: ${halves.join(', ')}`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('heatMaps', () => {
  const matrix = { shape: [2, 2], data: [0, 1, 10, 100].map((value) => value * 1000) };
  const colours = async (scale: 'linear' | 'log') => {
    const figure = heatMaps(
      { a: { ...matrix, data: Float32Array.from(matrix.data) } },
      { label: 'x', scale, pictureWidth: 200 },
    );
    const { at } = await pixels(await figure.png());
    return [at(50, 50), at(150, 50), at(50, 150), at(150, 150)] as const;
  };

  it("has matplotlib's viridis", () => {
    // plt.cm.viridis(x, bytes=True)
    near(viridis(0), [68, 1, 84], 1);
    near(viridis(0.25), [59, 82, 139], 4);
    near(viridis(0.5), [33, 145, 140], 4);
    near(viridis(0.75), [94, 201, 98], 4);
    near(viridis(1), [253, 231, 37], 1);
  });

  it('places values linearly from 0', async () => {
    const [zero, , tenth, most] = await colours('linear');
    near(zero, viridis(0));
    near(tenth, viridis(0.1));
    near(most, viridis(1));
  });

  it('or by decades, of which it shows four', async () => {
    const [zero, hundredth, tenth, most] = await colours('log');
    near(zero, viridis(0));
    near(hundredth, viridis(0.5));
    near(tenth, viridis(0.75));
    near(most, viridis(1));
  });

  it('has one scale for all its matrices', async () => {
    const [small, large] = [1, 4].map((value) => ({ shape: [1, 1], data: Float32Array.of(value) }));
    const { at } = await pixels(await heatMaps({ small, large }, { label: 'x', pictureWidth: 100 }).png());
    near(at(50, 50), viridis(0.25));
    near(at(162, 50), viridis(1));
  });

  it('refuses what is no matrix, or not finite', () => {
    const of = (shape: number[], ...data: number[]) => ({ a: { shape, data: Float32Array.from(data) } });
    assert.throws(
      () => heatMaps(of([3], 1, 2, 3), { label: 'x' }),
      /of the shape \[3\] cannot be drawn here\. Pass values with 2 dimensions/,
    );
    assert.throws(
      () => heatMaps(of([1, 2], 1, NaN), { label: 'x' }),
      /has numbers that are not finite and cannot be drawn/,
    );
  });
});

describe('featureMaps', () => {
  const activations = { shape: [1, 1, 3, 2], data: Float32Array.of(0, 7, 5, 7, 10, 8) };

  it('gives each channel its own range', () => {
    const maps = featureMaps(activations, [0, 1]);
    assert.deepEqual(Object.keys(maps), ['channel 0', 'channel 1']);
    assert.deepEqual([...maps['channel 0'].data], [0, 0, 0, 127, 127, 127, 255, 255, 255]);
    assert.deepEqual([...maps['channel 1'].data], [0, 0, 0, 0, 0, 0, 255, 255, 255]);
  });

  it('takes those that vary most, unless told which', () => {
    const data = Float32Array.from({ length: 2 * 20 }, (_, i) => (i < 20 ? 0 : i - 20));
    const maps = featureMaps({ shape: [1, 2, 1, 20], data });
    assert.deepEqual(
      Object.keys(maps),
      [19, 18, 17, 16, 15, 14, 13, 12].map((channel) => `channel ${channel}`),
    );
  });

  it('refuses a channel that is not there', () => {
    assert.throws(() => featureMaps(activations, [2]), /There is no channel 2\. Choose one from 0 to 1/);
  });
});

describe('lossCurves', () => {
  it('draws four curves, each in its colour, with axes, ticks and a legend', async () => {
    const figure = lossCurves(POINTS);
    const { width, height, count } = await pixels(await figure.png());
    assert.deepEqual([width, height], [2 * figure.width, 2 * figure.height]);
    const plot: [number, number, number, number] = [230, 190, 1740, 840];
    const legend: [number, number, number, number] = [300, 100, 1740, 175];
    for (const [name, colour] of Object.entries({
      sum: [0, 0, 0],
      style: [213, 94, 0],
      content: [0, 114, 178],
      'total variation': [0, 158, 115],
    } as Record<string, Rgb>)) {
      assert.ok(count(colour, 12, plot) > 300, `the curve of ${name}`);
      assert.ok(count(colour, 12, legend) > 50, `${name} in the legend`);
    }
    const ink: Rgb = [34, 34, 34];
    assert.ok(count(ink, 60, [130, 190, 205, 860]) > 300, 'numbers at the vertical axis');
    assert.equal(count(ink, 60, [100, 190, 125, 860]), 0, 'room between them and the title');
    assert.ok(count(ink, 60, [50, 190, 100, 860]) > 1000, 'the title of the vertical axis');
    assert.ok(count(ink, 60, [230, 930, 1740, 1000]) > 1000, 'the title of the horizontal axis');
  });

  it('is interactive too, on a log scale, and leaves what it was given alone', async () => {
    const figure = lossCurves(POINTS);
    const before = structuredClone(figure.plotly);
    await figure.png();
    assert.deepEqual(figure.plotly, before);
    assert.equal(figure.plotly?.layout.yaxis?.type, 'log');
    const { x, y } = figure.plotly?.data[0] as { x: number[]; y: number[] };
    assert.deepEqual(x.slice(0, 3), [0, 3, 6]);
    assert.equal(y[2], POINTS[2]?.loss);
    assert.match(figure.text, /^Loss after 57 evaluations: 6\.910e\+7 \(content 1\.90e\+7, style /);
  });

  it('says in the legend which part is 0, and leaves gaps where a log scale has no place', () => {
    const { data } = lossCurves(
      POINTS.map((point, i) => {
        const terms = { ...point.terms, content: 0, style: i === 0 ? 0 : point.terms.style };
        return { ...point, terms };
      }),
    ).plotly as { data: { name: string; y: (number | null)[] }[] };
    assert.deepEqual(
      data.map(({ name }) => name),
      ['sum', 'content: 0', 'style', 'total variation'],
    );
    assert.equal(data[2]?.y[0], null);
    assert.equal(data[2]?.y[1], POINTS[1]?.terms.style);
  });

  it('draws whatever terms there are, each in a look of its own', () => {
    const terms = { content: 4, 'style 1': 3, 'style 2': 2, totalVariation: 1 };
    const { data } = lossCurves([{ evaluations: 1, loss: 10, terms }]).plotly as {
      data: { name: string; y: number[]; line: { color: string; dash: string } }[];
    };
    assert.deepEqual(
      data.map(({ name, y }) => [name, ...y]),
      [
        ['sum', 10],
        ['content', 4],
        ['style 1', 3],
        ['style 2', 2],
        ['total variation', 1],
      ],
    );
    assert.equal(new Set(data.map(({ line }) => `${line.color} ${line.dash}`)).size, data.length);
  });

  it('compares the losses of several runs', async () => {
    const figure = lossComparison({ pixels: POINTS, pyramid: POINTS.slice(0, 5) }, 'Two runs');
    const { data } = figure.plotly as { data: { name: string; y: number[] }[] };
    assert.deepEqual(
      data.map(({ name, y }) => [name, y.length, y[3]]),
      [
        ['pixels', 20, POINTS[3].loss],
        ['pyramid', 5, POINTS[3].loss],
      ],
    );
    assert.match(
      figure.text,
      /^Two runs: pixels 6\.91e\+7 after 57 evaluations, pyramid \d.* after 12 evaluations\.$/,
    );
    assert.ok((await figure.png()).length > 1000);
    assert.throws(() => lossComparison({}, 'none'), UserError);
    assert.throws(
      () => lossComparison({ mine: [] }, 'none'),
      /^UserError: The run 'mine' has no point to draw\./,
    );
  });

  it('draws a single point, and points that are all 0', async () => {
    const [first] = POINTS as [LossPoint];
    assert.ok((await lossCurves([first]).png()).length > 1000);
    const zero = { evaluations: 1, loss: 0, terms: { content: 0, style: 0, totalVariation: 0 } };
    assert.ok((await lossCurves([zero]).png()).length > 1000);
    assert.throws(() => lossCurves([]), UserError);
  });

  it('draws at the same time what is asked for at the same time', async () => {
    const pngs = await Promise.all([
      lossCurves(POINTS).png(),
      lossCurves(POINTS.slice(0, 5)).png(),
      lossCurves(POINTS).png(),
    ]);
    assert.ok(pngs[0]?.equals(pngs[2]));
    assert.ok(!pngs[0]?.equals(pngs[1]));
  });
});

describe('show, outside of a notebook', () => {
  it('writes PNGs by number, and plots as interactive pages beside plotly.js', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'wheatfield-show-'));
    try {
      const program = path.join(__dirname, 'fixtures', 'notebooks', 'lesson.ts');
      const printed = execFileSync(process.execPath, ['--import', require.resolve('tsx'), program], {
        cwd: folder,
        encoding: 'utf8',
      });
      const files = (await readdir(path.join(folder, 'results', 'lesson'))).sort();
      assert.deepEqual(files, ['01-grey.png', '02-curves.html', '02-curves.png', 'plotly.min.js']);
      assert.match(printed, /Pictures: grey\. -> results.lesson.01-grey\.png\n/);
      assert.match(printed, /02-curves\.png and \.html\n$/);
      const page = await readFile(path.join(folder, 'results', 'lesson', '02-curves.html'), 'utf8');
      assert.match(page, /<script src="plotly\.min\.js">/);
      assert.match(page, /"x":\[0,1\]/, 'the last update');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
