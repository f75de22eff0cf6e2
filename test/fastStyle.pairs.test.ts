import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { mirrored } from '../src/fastStyle/crops';
import { type Pair, type PairEvent, drawPairs, makePairs } from '../src/fastStyle/paintedPairs';
import { seedNoise } from '../src/fastStyle/seeds';
import { fastStyleTerms } from '../src/fastStyle/terms';
import { batchExtractor } from '../src/losses/features';
import { layersOf } from '../src/losses/terms';
import type { BatchNetwork } from '../src/network/network';
import { features } from '../src/network/vgg19';
import { loadImage } from '../src/picture/image';
import { randomPicture } from './helpers/randomFastStyle';
import { tinyVgg19 } from './helpers/tinyVgg19';

/** As small as the loss's deepest layer at a quarter of the size allows. */
const SIZE = 64;

describe('painted pairs', function () {
  this.timeout(300_000);
  let folder: string;
  let judge: BatchNetwork;

  before(async () => {
    await tf.setBackend('cpu');
    folder = mkdtempSync(path.join(tmpdir(), 'wheatfield-pairs-'));
    judge = {
      name: 'vgg19',
      choice: 'The network is a tiny VGG19.',
      weights: { path: 'seeded', md5: '0' },
      extractor: batchExtractor(features(tinyVgg19(), layersOf(fastStyleTerms()))),
      dispose: () => undefined,
    };
  });
  after(() => rmSync(folder, { recursive: true }));

  async function make(count: number, name = 'painting'): Promise<{ events: PairEvent[]; pairs: Pair[] }> {
    const photographs = [randomPicture(80, 90), randomPicture(90, 70)];
    const options = { count, folder, photographs, painting: randomPicture(90, 100), name, judge };
    const run = makePairs({ ...options, recipe: { size: SIZE, evaluations: 3 } });
    const events: PairEvent[] = [];
    for (;;) {
      const next = await run.next();
      if (next.done) return { events, pairs: next.value };
      events.push(next.value);
    }
  }

  it('are painted once, kept, and gone on with', async () => {
    const { events, pairs } = await make(2);
    assert.deepEqual(
      events.map(({ pairs: done, of }) => [done, of]),
      [
        [1, 2],
        [2, 2],
      ],
    );
    const files = ['0001-painted.png', '0001-photograph.png', '0002-painted.png', '0002-photograph.png'];
    assert.deepEqual(readdirSync(folder).sort(), [...files, 'pairs.json']);
    assert.notDeepEqual(pairs[0].painted.data, pairs[0].photograph.data);
    const before = files.map((file) => statSync(path.join(folder, file)).mtimeMs);

    // As after a kill between a photograph and its painting.
    rmSync(path.join(folder, '0002-painted.png'));
    const again = await make(3);
    assert.deepEqual(
      again.events.map(({ pairs: done }) => done),
      [2, 3],
    );
    assert.equal(statSync(path.join(folder, files[0])).mtimeMs, before[0]);
    const levels = ({ photograph, painted }: Pair) => [[...photograph.data], [...painted.data]];
    assert.deepEqual(again.pairs.slice(0, 2).map(levels), pairs.map(levels));
    const third = await loadImage(path.join(folder, '0003-painted.png'));
    assert.deepEqual([...third.data], [...again.pairs[2].painted.data]);

    await assert.rejects(make(3, 'another'), /holds pairs of another painting.*choose another --out\.$/);
  });

  it('are drawn as a function of the step, both pictures mirrored alike', async () => {
    const { pairs } = await make(2);
    const draw = drawPairs(pairs, 'mine');
    const steps = await Promise.all(Array.from({ length: 12 }, (_, step) => draw(step, { batch: 1 })));
    assert.deepEqual(await draw(5, { batch: 1 }), steps[5]);
    const seen = new Set<string>();
    for (const [{ style, picture, extras }] of steps) {
      assert.equal(style, 'mine');
      const [found] = pairs.flatMap(({ photograph, painted }, i) =>
        [false, true].flatMap((isMirrored) => {
          const turned = (data: Uint8Array) =>
            isMirrored ? mirrored(Float32Array.from(data), SIZE) : Float32Array.from(data);
          const isIt = turned(painted.data).every((level, k) => level === extras[0][k]);
          return isIt ? [{ key: `${i} ${isMirrored}`, photograph: turned(photograph.data) }] : [];
        }),
      );
      seen.add(found.key);
      // What is left of the picture is the noise that strokes grow from.
      const noise = picture.map((level, k) => level - found.photograph[k]);
      assert.ok(noise.every((x) => Math.abs(x) < 50));
    }
    assert.ok(seen.size >= 3, [...seen].join());
  });
});

describe('the noise that strokes grow from', () => {
  it('is the same for the same seed, of mean 0, faint, and smooth', () => {
    const [height, width] = [150, 201];
    const noise = seedNoise(height, width, 0);
    assert.deepEqual(seedNoise(height, width, 0), noise);
    assert.notDeepEqual(seedNoise(height, width, 1), noise);
    const mean = (list: Float32Array) => list.reduce((sum, x) => sum + x, 0) / list.length;
    assert.ok(Math.abs(mean(noise)) < 2, String(mean(noise)));
    const deviation = Math.sqrt(mean(noise.map((x) => x * x)));
    assert.ok(deviation > 3 && deviation < 6, String(deviation));
    const steps = noise.map((x, i) => (i % width === 0 ? 0 : Math.abs(x - noise[i - 1])));
    assert.ok(mean(steps) < 0.4 * deviation, String(mean(steps)));
  });
});
