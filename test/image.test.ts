import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { UserError } from '../src/errors';
import { type Picture, chapterSize, loadImage, pictureSize, resizePicture, saveImage } from '../src/image';

const folder = mkdtempSync(path.join(tmpdir(), 'wheatfield-image-'));
const at = (name: string) => path.join(folder, name);
after(() => rmSync(folder, { recursive: true }));

/** 3 x 2: red, green, blue; black, white, grey. */
const SIX: Picture = {
  width: 3,
  height: 2,
  data: Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 128, 128, 128),
};
const raw = ({ width, height, data }: Picture) => sharp(data, { raw: { width, height, channels: 3 } });

function near(actual: Uint8Array, expected: ArrayLike<number>, tolerance: number): void {
  assert.equal(actual.length, expected.length);
  actual.forEach((level, i) =>
    assert.ok(
      Math.abs(level - (expected[i] as number)) <= tolerance,
      `byte ${i}: ${level}, not ${expected[i]}`,
    ),
  );
}

describe('chapterSize', () => {
  it('keeps the proportions, rounding the width down as in In [16]', () => {
    assert.deepEqual(chapterSize({ width: 750, height: 588 }), { imgHeight: 400, imgWidth: 510 });
    assert.deepEqual(chapterSize({ width: 500, height: 400 }, 256), { imgHeight: 256, imgWidth: 320 });
  });

  it('refuses a picture so tall that no width is left', () => {
    assert.throws(() => chapterSize({ width: 1, height: 1000 }), UserError);
  });
});

describe('loadImage', () => {
  it('turns a picture upright by each of the eight EXIF orientations', async () => {
    // Where orientation n stores the pixel that is seen at (row, column) of 2 x 3.
    const stored: Record<number, (row: number, column: number) => [number, number]> = {
      1: (r, c) => [r, c],
      2: (r, c) => [r, 2 - c],
      3: (r, c) => [1 - r, 2 - c],
      4: (r, c) => [1 - r, c],
      5: (r, c) => [c, r],
      6: (r, c) => [2 - c, r],
      7: (r, c) => [2 - c, 1 - r],
      8: (r, c) => [c, 1 - r],
    };
    for (const [orientation, place] of Object.entries(stored)) {
      const sideways = Number(orientation) >= 5;
      const [width, height] = sideways ? [2, 3] : [3, 2];
      const data = new Uint8Array(18);
      for (let r = 0; r < 2; r++) {
        for (let c = 0; c < 3; c++) {
          const [row, column] = place(r, c);
          data.set(SIX.data.subarray((r * 3 + c) * 3, (r * 3 + c + 1) * 3), (row * width + column) * 3);
        }
      }
      const file = at(`orientation-${orientation}.png`);
      await raw({ width, height, data })
        .withMetadata({ orientation: Number(orientation) })
        .png()
        .toFile(file);
      const picture = await loadImage(file);
      assert.deepEqual([picture.width, picture.height], [3, 2], `orientation ${orientation}`);
      assert.deepEqual([...picture.data], [...SIX.data], `orientation ${orientation}`);
      const { width: seenWidth, height: seenHeight } = await pictureSize(file);
      assert.deepEqual([seenWidth, seenHeight], [3, 2], `orientation ${orientation}`);
    }
  });

  it('lays transparent parts on white', async () => {
    const data = Uint8Array.of(255, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 128);
    await sharp(data, { raw: { width: 3, height: 1, channels: 4 } })
      .png()
      .toFile(at('alpha.png'));
    near((await loadImage(at('alpha.png'))).data, [255, 0, 0, 255, 255, 255, 127, 127, 127], 1);
  });

  it('gives a grey picture three equal channels', async () => {
    await sharp(Uint8Array.of(0, 100, 255), { raw: { width: 3, height: 1, channels: 1 } })
      .png()
      .toFile(at('grey.png'));
    assert.deepEqual([...(await loadImage(at('grey.png'))).data], [0, 0, 0, 100, 100, 100, 255, 255, 255]);
  });

  it('takes 16 bits down to 8', async () => {
    const data = Uint16Array.of(0, 32896, 65535, 65535, 0, 257);
    const file = at('deep.png');
    await sharp(data, { raw: { width: 2, height: 1, channels: 3 } })
      .toColourspace('rgb16')
      .png()
      .toFile(file);
    assert.equal((await sharp(file).metadata()).depth, 'ushort');
    near((await loadImage(file)).data, [0, 128, 255, 255, 0, 1], 1);
  });

  it('converts CMYK', async () => {
    await raw({ width: 1, height: 1, data: Uint8Array.of(200, 30, 40) })
      .resize(32, 32)
      .toColourspace('cmyk')
      .tiff()
      .toFile(at('cmyk.tif'));
    assert.equal((await sharp(at('cmyk.tif')).metadata()).space, 'cmyk');
    const { data } = await loadImage(at('cmyk.tif'));
    // Red stays red: a press cannot print it as bright.
    assert.ok(data.length === 32 * 32 * 3 && (data[0] as number) > 140 && (data[1] as number) < 90);
  });

  it('converts a wide-gamut profile to sRGB', async () => {
    const file = at('p3.png');
    await raw(SIX).withIccProfile('p3').png().toFile(file);
    assert.ok((await sharp(file).metadata()).icc);
    // The file's numbers were converted to P3 on writing: read as sRGB again they are the first ones.
    near((await loadImage(file)).data, SIX.data, 3);
  });

  it('takes the first page of an animation', async () => {
    const frames = Buffer.concat([Buffer.alloc(12, 255), Buffer.alloc(12, 0)]);
    await sharp(frames, { raw: { width: 2, height: 4, channels: 3, pageHeight: 2 } })
      .gif()
      .toFile(at('two.gif'));
    const { width, height, data } = await loadImage(at('two.gif'));
    assert.deepEqual([width, height, data[0]], [2, 2, 255]);
  });

  const refusals: [string, () => Promise<string> | string, RegExp][] = [
    ['a missing file', () => at('none.jpg'), /there is no such file/],
    ['a folder', () => folder, /is a folder/],
    ['an address', () => 'https://example.org/a.jpg', /received the address/],
    ['an empty file', () => (writeFileSync(at('empty.jpg'), ''), at('empty.jpg')), /is empty/],
    [
      'text',
      () => (writeFileSync(at('text.png'), 'not a picture'), at('text.png')),
      /is not one that can be read/,
    ],
    [
      'an SVG',
      () => (
        writeFileSync(at('a.svg'), '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
        at('a.svg')
      ),
      /is svg/,
    ],
    [
      'a JPEG that is cut short',
      async () => {
        const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919) % 256);
        const whole = await raw({ width: 64, height: 64, data: noise }).jpeg().toBuffer();
        writeFileSync(at('cut.jpg'), whole.subarray(0, whole.length / 2));
        return at('cut.jpg');
      },
      /is damaged/,
    ],
    [
      'a PNG that claims to be enormous',
      async () => {
        const png = await raw(SIX).png().toBuffer();
        png.writeUInt32BE(100_000, 16);
        png.writeUInt32BE(100_000, 20);
        writeFileSync(at('bomb.png'), png);
        return at('bomb.png');
      },
      /pixels|not one that can be read/,
    ],
  ];
  for (const [name, make, message] of refusals) {
    it(`refuses ${name}`, async () => {
      const file = await make();
      await assert.rejects(
        loadImage(file),
        (error: Error) => error instanceof UserError && message.test(error.message),
      );
    });
  }
});

describe('resizePicture', () => {
  interface NearestCase {
    from: number;
    to: number;
    columns: number[];
  }
  const cases = JSON.parse(
    readFileSync(path.join(__dirname, 'fixtures/image/nearest.json'), 'utf8'),
  ) as NearestCase[];

  for (const { from, to, columns } of cases) {
    it(`nearest shows the pixels that Pillow shows, ${from} to ${to}`, async () => {
      const data = new Uint8Array(from * 3);
      for (let i = 0; i < from; i++) data.set([i >> 8, i & 255, 0], i * 3);
      const spelled = (picture: Picture) =>
        Array.from(
          { length: to },
          (_, i) => (picture.data[i * 3] as number) * 256 + (picture.data[i * 3 + 1] as number),
        );
      const across = await resizePicture(
        { width: from, height: 1, data },
        { width: to, height: 1 },
        'nearest',
      );
      assert.deepEqual(spelled(across), columns);
      const down = await resizePicture({ width: 1, height: from, data }, { width: 1, height: to }, 'nearest');
      assert.deepEqual(spelled(down), columns);
    });
  }

  it('lanczos3 keeps a flat colour and the mean of a picture', async () => {
    const flat = { width: 8, height: 8, data: new Uint8Array(192).fill(77) };
    const { data } = await resizePicture(flat, { width: 5, height: 11 }, 'lanczos3');
    near(data, new Uint8Array(165).fill(77), 0);
  });
});

describe('saveImage', () => {
  it('writes PNG without loss', async () => {
    await saveImage(SIX, at('saved.png'));
    assert.deepEqual([...(await loadImage(at('saved.png'))).data], [...SIX.data]);
  });

  it('leaves nothing behind where it cannot write', async () => {
    await assert.rejects(saveImage(SIX, at('nowhere/a.png')), UserError);
    await assert.rejects(saveImage(SIX, at('a.bmp')), /ends in \.png/);
    assert.ok(!existsSync(at('nowhere')));
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('.')),
      [],
    );
  });
});
