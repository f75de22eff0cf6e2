import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { UserError } from '../src/errors';
import { type Picture, chapterSize, loadImage, pictureSize, resizePicture } from '../src/picture/image';
import { readNotes } from '../src/picture/notes';
import { saveImage } from '../src/picture/save';
import { plainTiff } from './helpers/plainTiff';

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
    assert.ok(Math.abs(level - expected[i]) <= tolerance, `byte ${i}: ${level}, not ${expected[i]}`),
  );
}

/** A PNG with an ICC profile, which sharp will not embed without converting to it. */
function withProfile(png: Buffer, profile: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from('iCCPwide\0\0', 'latin1'), deflateSync(profile)]);
  const chunk = Buffer.alloc(content.length + 8);
  chunk.writeUInt32BE(content.length - 4);
  content.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(content), content.length + 4);
  const afterHeader = 33;
  return Buffer.concat([png.subarray(0, afterHeader), chunk, png.subarray(afterHeader)]);
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
    assert.ok(data.length === 32 * 32 * 3 && data[0] > 140 && data[1] < 90);
  });

  it("converts CMYK by the file's own profile", async () => {
    // What LittleCMS (Pillow 9.4) shows of the ink that sharp's press profile makes of this brown.
    const [brown, seen] = [{ r: 150, g: 110, b: 90 }, [149, 103, 76]];
    const press = sharp({
      create: { width: 16, height: 16, channels: 3, background: brown },
    }).withIccProfile('cmyk');
    await press.clone().jpeg({ quality: 100 }).toFile(at('press.jpg'));
    await press.clone().tiff({ compression: 'lzw' }).toFile(at('press.tif'));
    for (const name of ['press.jpg', 'press.tif']) {
      const { space, hasProfile } = await sharp(at(name)).metadata();
      assert.deepEqual([space, hasProfile], ['cmyk', true]);
      near((await loadImage(at(name))).data.subarray(0, 3), seen, 6);
    }
  });

  it("shows AdobeRGB's colours as LittleCMS does, from 8 and 16 bits", async () => {
    const { profile, colours, srgb } = JSON.parse(
      readFileSync(path.join(__dirname, 'fixtures/image/adobe.json'), 'utf8'),
    ) as { profile: string; colours: number[]; srgb: number[] };
    const file = at('adobe.png');
    const size = { width: colours.length / 3, height: 1, channels: 3 } as const;
    const eight = sharp(Uint8Array.from(colours), { raw: size });
    const levels = Uint16Array.from(colours, (level) => level * 257);
    const sixteen = sharp(levels, { raw: size }).toColourspace('rgb16');
    for (const picture of [eight, sixteen]) {
      writeFileSync(file, withProfile(await picture.png().toBuffer(), Buffer.from(profile, 'base64')));
      near((await loadImage(file)).data, srgb, 1);
    }
  });

  it('takes grey and transparent pictures of 16 bits', async () => {
    await sharp(Uint16Array.of(0, 32896, 65535), { raw: { width: 3, height: 1, channels: 1 } })
      .toColourspace('grey16')
      .tiff({ compression: 'lzw' })
      .toFile(at('grey16.tif'));
    assert.equal((await sharp(at('grey16.tif')).metadata()).depth, 'ushort');
    near((await loadImage(at('grey16.tif'))).data, [0, 0, 0, 128, 128, 128, 255, 255, 255], 0);
    await sharp(Uint16Array.of(65535, 0, 0, 65535, 0, 0, 0, 0), { raw: { width: 2, height: 1, channels: 4 } })
      .toColourspace('rgb16')
      .png()
      .toFile(at('alpha16.png'));
    assert.equal((await sharp(at('alpha16.png')).metadata()).depth, 'ushort');
    near((await loadImage(at('alpha16.png'))).data, [255, 0, 0, 255, 255, 255], 0);
  });

  it('takes a picture of one pixel', async () => {
    await raw({ width: 1, height: 1, data: Uint8Array.of(1, 2, 3) })
      .png()
      .toFile(at('one.png'));
    assert.deepEqual([...(await loadImage(at('one.png'))).data], [1, 2, 3]);
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
    ['a missing file', () => at('none.jpg'), /^There is no picture at .*none\.jpg\. Check the path/],
    ['a folder', () => folder, /is a folder/],
    [
      'an address',
      () => 'https://example.org/a.jpg',
      /^The address https:\/\/example\.org\/a\.jpg is not a picture on this machine/,
    ],
    ['an empty file', () => (writeFileSync(at('empty.jpg'), ''), at('empty.jpg')), /is empty/],
    [
      'text',
      () => (writeFileSync(at('text.png'), 'not a picture'), at('text.png')),
      /is of no kind that can be read\. Convert it first/,
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
      /has 100000 x 100000 pixels, more than 268402689/,
    ],
    [
      'a TIFF of floating-point numbers',
      () => (writeFileSync(at('float.tif'), plainTiff({ bits: 32, sampleFormat: 3 })), at('float.tif')),
      /type float\. Convert it first, to 8 or 16 bits a channel/,
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

describe('a picture that is cut short', () => {
  const noise = Uint8Array.from({ length: 96 * 96 * 3 }, (_, i) => ((i * 7919) % 65_521) % 256);
  const encoders: Record<string, (picture: sharp.Sharp) => sharp.Sharp> = {
    png: (picture) => picture.png(),
    jpg: (picture) => picture.jpeg(),
    'progressive.jpg': (picture) => picture.jpeg({ progressive: true }),
    webp: (picture) => picture.webp(),
    gif: (picture) => picture.gif(),
    avif: (picture) => picture.avif({ effort: 0 }),
    'lzw.tif': (picture) => picture.tiff({ compression: 'lzw' }),
    'tiled.tif': (picture) => picture.tiff({ compression: 'none', tile: true }),
  };
  const refused = (bytes: Uint8Array, name: string) => {
    writeFileSync(at(name), bytes);
    return assert.rejects(loadImage(at(name)), UserError, `${name}, ${bytes.length} bytes`);
  };

  for (const [name, encode] of Object.entries(encoders)) {
    it(`is refused wherever the cut is: ${name}`, async () => {
      const bytes = await encode(raw({ width: 96, height: 96, data: noise })).toBuffer();
      for (const part of [0.02, 0.3, 0.6, 0.95])
        await refused(bytes.subarray(0, Math.floor(bytes.length * part)), `cut.${name}`);
    });
  }

  it('is refused where a TIFF announces its pixels before they come', async () => {
    const bytes = plainTiff({ bits: 8, sampleFormat: 1 });
    writeFileSync(at('announced.tif'), bytes);
    assert.equal((await loadImage(at('announced.tif'))).width, 64);
    for (const length of [bytes.length - 1, bytes.length - 3000])
      await refused(bytes.subarray(0, length), 'announced.tif');
  });
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
        Array.from({ length: to }, (_, i) => picture.data[i * 3] * 256 + picture.data[i * 3 + 1]);
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

  it('lanczos3 keeps a flat colour, and the slope of an even one', async () => {
    const flat = { width: 8, height: 8, data: new Uint8Array(192).fill(77) };
    const { data } = await resizePicture(flat, { width: 5, height: 11 }, 'lanczos3');
    near(data, new Uint8Array(165).fill(77), 0);
    const ramp = {
      width: 64,
      height: 1,
      data: Uint8Array.from({ length: 192 }, (_, i) => Math.floor(i / 3) * 4),
    };
    const half = await resizePicture(ramp, { width: 32, height: 1 }, 'lanczos3');
    const middle = (picture: Picture) => picture.data.subarray(8 * 3, 24 * 3);
    near(
      middle(half),
      Array.from({ length: 48 }, (_, i) => (8 + Math.floor(i / 3)) * 8 + 2),
      1,
    );
  });
});

describe('saveImage', () => {
  const shades = { width: 64, height: 48, data: new Uint8Array(64 * 48 * 3).map((_, i) => (i * 5) % 256) };

  for (const ending of ['png', 'webp', 'tif', 'TIFF']) {
    it(`writes ${ending} without loss`, async () => {
      await saveImage(shades, at(`saved.${ending}`));
      assert.deepEqual(await loadImage(at(`saved.${ending}`)), { ...shades, data: Buffer.from(shades.data) });
    });
  }

  it('writes JPEG that the eye cannot tell', async () => {
    const smooth = { ...shades, data: shades.data.map((_, i) => Math.floor(i / 3 / 64) * 5) };
    await saveImage(smooth, at('saved.jpg'));
    near((await loadImage(at('saved.jpg'))).data, smooth.data, 3);
  });

  it('leaves nothing behind where it cannot write', async () => {
    mkdirSync(at('taken.png'));
    const before = readdirSync(folder);
    await assert.rejects(saveImage(SIX, at('taken.png')), UserError);
    await assert.rejects(saveImage(SIX, at('nowhere/a.png')), UserError);
    await assert.rejects(
      saveImage(SIX, at('a.bmp')),
      /a\.bmp has no ending that a picture can be saved with\. Choose one of \.png, /,
    );
    assert.deepEqual(readdirSync(folder), before);
  });

  it('refuses a size that the format cannot hold', () =>
    assert.rejects(
      saveImage({ width: 20_000, height: 1, data: new Uint8Array(60_000) }, at('wide.webp')),
      (error: Error) => error instanceof UserError && /^A \.webp file cannot hold/.test(error.message),
    ));

  /** Every third level of 16 bits, so that each low byte occurs. */
  const fine = {
    width: 148,
    height: 148,
    data: Uint16Array.from({ length: 148 * 148 * 3 }, (_, i) => i % 65536),
  };

  for (const ending of ['png', 'tif']) {
    it(`writes all 16 bits to .${ending}, which loadImage reads as sRGB`, async () => {
      const file = at(`deep.${ending}`);
      await saveImage(fine, file);
      const { depth } = await sharp(file).metadata();
      const bytes = await sharp(file, { ignoreIcc: true })
        .toColourspace('rgb16')
        .raw({ depth: 'ushort' })
        .toBuffer();
      assert.deepEqual(new Uint16Array(new Uint8Array(bytes).buffer), fine.data);
      assert.equal(depth, 'ushort');
      const { data } = await loadImage(file);
      near(
        data,
        fine.data.map((level) => level / 257),
        1.01,
      );
    });
  }

  it('refuses 16 bits where the format has 8', () =>
    assert.rejects(
      saveImage(fine, at('deep.jpg')),
      /deep\.jpg has no ending that holds 16 bits a channel\. Choose one of \.png, \.tif, \.tiff\.$/,
    ));

  it('marks what it writes as sRGB', async () => {
    const deep = { ...SIX, data: Uint16Array.from(SIX.data, (level) => level * 257) };
    for (const [picture, endings] of [
      [SIX, ['png', 'jpg', 'webp', 'tif']],
      [deep, ['png', 'tif']],
    ] as const) {
      for (const ending of endings) {
        await saveImage(picture, at(`marked.${ending}`));
        const { icc } = await sharp(at(`marked.${ending}`)).metadata();
        assert.ok(icc?.includes('mntrRGB XYZ '), ending);
      }
    }
  });

  it('keeps notes on how a picture was made, in every format', async () => {
    const notes = {
      creator: 'Wheatfield 1.2.3',
      description: 'a & b "<c>" \u00e4\u6d77',
      settings: { content: 'a & b.png', height: 40, layers: ['x:0.5', '<y>'], weights: undefined },
    };
    const deep = { ...SIX, data: Uint16Array.from(SIX.data, (level) => level * 257) };
    for (const [picture, name] of [
      [SIX, 'notes.png'],
      [SIX, 'notes.jpg'],
      [SIX, 'notes.webp'],
      [SIX, 'notes.tif'],
      [deep, 'deepNotes.png'],
      [deep, 'deepNotes.tif'],
    ] as const) {
      await saveImage(picture, at(name), { notes });
      const { settings, ...others } = await readNotes(at(name));
      assert.deepEqual(others, { creator: notes.creator, description: notes.description });
      assert.deepEqual(settings, { content: 'a & b.png', height: 40, layers: ['x:0.5', '<y>'] });
    }
  });

  it('says so where a picture has no notes', async () => {
    await saveImage(SIX, at('plain.png'));
    await assert.rejects(
      readNotes(at('plain.png')),
      /plain\.png does not say how it was made\. Name one that Wheatfield saved\.$/,
    );
  });
});
