/** Thousands of damaged pictures and random command lines: each is taken, or refused as a mistake that can be mended. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { main } from '../src/commandLine/cli';
import { UserError } from '../src/errors';
import { loadImage, pictureSize } from '../src/picture/image';
import { SETTINGS, type SettingName, flagOf, readSettings } from '../src/settings';
import { Random } from '../src/train/random';

const PICTURES = 1500;
const COMMAND_LINES = 3000;
/** What may be said of a picture: what is wrong with it, then what to do, on one line. */
const REFUSED =
  /^The picture [^\n]+\. (Name another file|Convert it first, to [^\n]+|Make it smaller first)\.$/;
/** What may be said of a setting: its name and flag, its value, and what it may be. */
const INVALID =
  /^(\w+ \(--[a-z-]+\) (cannot be [^]*|is missing)\. Give [^]+|There is no setting called '[^]*'\. The settings are preset, [^]+)\.$/;
/** A case that takes this long counts as hung. */
const SLOW = 5000;

describe('pictures at random', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'wheatfield-fuzz-'));
  after(() => rmSync(folder, { recursive: true }));
  const noise = Uint8Array.from({ length: 24 * 20 * 3 }, (_, i) => ((i * 7919) % 65_521) % 256);
  const picture = () => sharp(noise, { raw: { width: 24, height: 20, channels: 3 } });
  const formats: Record<string, () => Promise<Buffer>[]> = {
    jpg: () => [
      picture().jpeg().toBuffer(),
      picture()
        .jpeg({ progressive: true })
        .withExif({ IFD0: { Orientation: '6' } })
        .toBuffer(),
    ],
    png: () => [picture().png().toBuffer(), picture().png({ palette: true, progressive: true }).toBuffer()],
    webp: () => [picture().webp().toBuffer(), picture().webp({ lossless: true }).toBuffer()],
    tif: () => [
      picture().tiff({ compression: 'none' }).toBuffer(),
      picture().tiff({ compression: 'lzw', tile: true }).toBuffer(),
    ],
  };

  /** One to eight changes, most of them in the header, or the end cut off. */
  function mutated(bytes: Buffer, random: Random): Buffer {
    const changed = Buffer.from(bytes);
    const where = () => random.below(random.next() < 0.8 ? Math.min(120, changed.length) : changed.length);
    for (let i = random.below(8); i >= 0; i--) {
      const change = random.below(5);
      const at = where();
      if (change === 0) changed[at] = random.below(256);
      else if (change === 1) changed[at] = changed[at] ^ (1 << random.below(8));
      else if (change === 2) changed.fill(random.pick([0, 0x7f, 0xff]), at, Math.min(at + 4, changed.length));
      else if (change === 3) changed.copyWithin(at, where(), where());
      else if (i === 0) return changed.subarray(0, at + 1);
    }
    return changed;
  }

  /** A PNG whose chunks have the checksums of what is in them now, so that the change is not found by those. */
  function withChecksums(png: Buffer): Buffer {
    for (let at = 8; at + 12 <= png.length;) {
      const end = at + 8 + png.readUInt32BE(at);
      if (end + 4 > png.length) break;
      png.writeUInt32BE(crc32(png.subarray(at + 4, end)), end);
      at = end + 4;
    }
    return png;
  }

  /** The bytes of the picture, none where it was refused, as it may be. */
  async function loaded(file: string, told: string): Promise<{ size: number; sum: number }> {
    const began = performance.now();
    try {
      const size = await pictureSize(file);
      const { width, height, data } = await loadImage(file);
      assert.deepEqual([width, height, data.length], [size.width, size.height, width * height * 3], told);
      return { size: data.length, sum: crc32(data) };
    } catch (error) {
      if (!(error instanceof UserError)) throw new Error(told, { cause: error });
      assert.match(error.message, REFUSED, told);
      return { size: 0, sum: 0 };
    } finally {
      assert.ok(performance.now() - began < SLOW, told);
    }
  }

  for (const [ending, make] of Object.entries(formats)) {
    it(`${PICTURES} damaged files .${ending}: a picture or a sentence, and no file written`, async function () {
      this.timeout(60_000);
      const random = new Random(ending.length, ending.charCodeAt(0));
      const wholes = await Promise.all(make());
      const file = path.join(folder, `case.${ending}`);
      let taken = 0;
      for (let i = 0; i < PICTURES; i++) {
        const changed = mutated(random.pick(wholes), random);
        const bytes = ending === 'png' && i % 4 > 0 ? withChecksums(changed) : changed;
        writeFileSync(file, bytes);
        const told = `case ${i}: ${bytes.toString('base64')}`;
        const outcome = await loaded(file, told);
        if (outcome.size > 0) taken++;
        assert.deepEqual(readdirSync(folder), [path.basename(file)], told);
        // What was read under that name before must not show through.
        const fresh = path.join(folder, `${i}.${ending}`);
        writeFileSync(fresh, bytes);
        assert.deepEqual(await loaded(fresh, told), outcome, told);
        rmSync(fresh);
      }
      rmSync(file);
      console.log(`      ${taken} taken, ${PICTURES - taken} refused`);
      // Both happen, else the changes say nothing.
      assert.ok(taken > 50 && taken < PICTURES - 50);
    });
  }
});

describe('command lines at random', () => {
  const VALUES = ['', ' ', '0', '-0', '-1', '1', '2.5', '400', '1e3', '1e999', '-1e-9', 'NaN', 'Infinity'];
  const MORE = [
    '0x10',
    '1_000',
    '٣',
    'true',
    'null',
    '--',
    '-',
    '--height',
    '-h4',
    'a.jpg',
    '../..',
    '~',
    '*',
  ];
  const NAMES = ['block1_conv1', 'block5_conv2:0.5', 'block1_conv1,', ':', ',,', '__proto__', 'constructor'];
  const CHOICES = ['content', 'noise', 'lanczos3', 'nearest', 'round', 'truncate', 'vgg19', 'vgg19-slim'];
  const names = Object.keys(SETTINGS) as SettingName[];

  function anything(random: Random): string {
    const list = random.pick([VALUES, MORE, NAMES, CHOICES]);
    if (random.next() < 0.8) return random.pick(list);
    const length = random.below(12);
    return Array.from({ length }, () => String.fromCodePoint(1 + random.below(0x2ff))).join('');
  }

  it(`${COMMAND_LINES} values: valid settings or a sentence`, () => {
    const random = new Random(1);
    const values = [undefined, null, NaN, -Infinity, 1n, Symbol('s'), {}, [], [[]], () => 0, true, 7];
    let valid = 0;
    for (let i = 0; i < COMMAND_LINES; i++) {
      const given: Record<string, unknown> = { content: 'a.jpg', style: 'b.jpg' };
      for (let n = random.below(3); n >= 0; n--) {
        const name = random.next() < 0.95 ? random.pick(names) : anything(random);
        given[name] = random.next() < 0.8 ? anything(random) : random.pick(values);
      }
      try {
        const settings = readSettings(given);
        // What was read can be read again, and is the same.
        assert.deepEqual(readSettings(settings), settings);
        valid++;
      } catch (error) {
        if (!(error instanceof UserError)) throw new Error(`case ${i}`, { cause: error });
        assert.match(error.message, INVALID);
      }
    }
    console.log(`      ${valid} valid, ${COMMAND_LINES - valid} refused`);
    assert.ok(valid > 100 && valid < COMMAND_LINES - 100);
  });

  it(`${COMMAND_LINES} command lines: exit code 2 and a sentence, or what was asked for`, async () => {
    const random = new Random(2);
    const codes: Record<number, number> = {};
    for (let i = 0; i < COMMAND_LINES; i++) {
      const flags = Array.from({ length: random.below(4) }, () => {
        const name = random.next() < 0.9 ? flagOf(random.pick(names)) : anything(random);
        return random.next() < 0.2 ? [`${name}=${anything(random)}`] : [name, anything(random)];
      }).flat();
      // Pictures that are not there: where all else is right, that is what is said.
      const args = [
        random.pick(['transfer', 'transfer', 'resume']),
        '--content',
        'no.jpg',
        '--style',
        'no.jpg',
        ...flags,
      ];
      let [stdout, stderr] = ['', ''];
      const exitCode = await main(args, {
        stdout: { write: (text: string) => (stdout += text) },
        stderr: { write: (text: string) => (stderr += text) },
        openNetwork: () => Promise.reject(new Error('nothing of this was to be opened')),
      });
      const told = `case ${i}: ${JSON.stringify(args)}: ${stderr}`;
      codes[exitCode] = (codes[exitCode] ?? 0) + 1;
      assert.ok(exitCode === 2 || (exitCode === 0 && stdout.startsWith('Usage')), told);
      assert.doesNotMatch(stderr, /\n +at /, told);
      assert.ok(exitCode === 0 || stderr.length > 10, told);
    }
    console.log(`      exit codes ${JSON.stringify(codes)}`);
  });
});
