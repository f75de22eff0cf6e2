import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { main } from '../src/commandLine/cli';
import { contactSheet } from '../src/many/contactSheet';
import { resultsIn } from './helpers/tinyProcess';
import { openTinyVgg19, tinyPictures } from './helpers/tinyVgg19';

let folder: string;
let photos: string;
let paintings: string;

interface Outcome {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** The program in this process, with the tiny network. `onWrite` sees each text that it prints. */
async function many(
  out: string,
  more: string[] = [],
  { signal, onWrite }: { signal?: AbortSignal; onWrite?: (text: string) => void } = {},
): Promise<Outcome> {
  const outcome = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr') => ({
    write(text: string) {
      outcome[name] += text;
      onWrite?.(text);
    },
  });
  const quick = ['--height', '32', '--iterations', '2', '--evaluations', '2', '--threads', '1'];
  const args = ['many', '--content', photos, '--style', paintings, '--out', out, ...quick, ...more];
  const exitCode = await main(args, {
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    signal,
    openNetwork: openTinyVgg19,
  });
  return { exitCode, ...outcome };
}

const NAMES = ['a-by-x', 'a-by-y', 'b-by-x', 'b-by-y'];

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'wheatfield-many-'));
  [photos, paintings] = [path.join(folder, 'photos'), path.join(folder, 'paintings')];
  mkdirSync(photos);
  mkdirSync(paintings);
  const { content, style } = await tinyPictures(folder);
  for (const name of ['a', 'b']) copyFileSync(content, path.join(photos, `${name}.png`));
  await sharp(content).negate().toFile(path.join(photos, 'b.png'));
  copyFileSync(style, path.join(paintings, 'x.png'));
  await sharp(style).rotate(90).toFile(path.join(paintings, 'y.png'));
  writeFileSync(path.join(photos, 'notes.txt'), 'no picture');
});

after(() => rm(folder, { recursive: true }));

describe('wheatfield many', function () {
  this.timeout(600_000);
  let out: string;

  before(async () => {
    out = path.join(folder, 'all');
    const { exitCode, stdout, stderr } = await many(out);
    assert.deepEqual([exitCode, stderr], [0, '']);
    const places = stdout.split('\n').filter((line) => /^\d of \d/.test(line));
    assert.deepEqual(
      places,
      NAMES.map((name, i) => `${i + 1} of 4: ${name}`),
    );
    assert.ok(stdout.endsWith(`Contact sheet: ${path.join(out, 'contact_sheet.png')}\n`));
  });

  it('paints anew what another mask belongs to, whatever its name', async () => {
    const masked = path.join(folder, 'masked');
    const [mask, moved] = [path.join(folder, 'mask.png'), path.join(folder, 'moved.png')];
    const grey = (left: number) =>
      sharp(Buffer.from([left, left, left, 255, 255, 255]), { raw: { width: 2, height: 1, channels: 3 } })
        .png()
        .toBuffer();
    writeFileSync(mask, await grey(0));
    const paint = async (file: string) => {
      const { exitCode, stdout, stderr } = await many(masked, ['--mask', file]);
      assert.deepEqual([exitCode, stderr], [0, '']);
      return stdout.split('\n').filter((line) => line.endsWith(', done before')).length;
    };
    assert.equal(await paint(mask), 0);
    copyFileSync(mask, moved);
    assert.equal(await paint(moved), 4);
    writeFileSync(mask, await grey(128));
    assert.equal(await paint(mask), 0);
    assert.equal(await paint(mask), 4);
  });

  it('paints every content in every style, each in a folder of its own, and a contact sheet', async () => {
    assert.deepEqual((await readdir(out)).sort(), [...NAMES, 'contact_sheet.png', 'many.json'].sort());
    for (const name of NAMES) {
      const files = await readdir(path.join(out, name));
      assert.ok(files.includes('result_at_iteration_1.png') && files.includes('checkpoint.bin'), name);
    }
    const { width, height } = await sharp(path.join(out, 'contact_sheet.png')).metadata();
    assert.deepEqual([width, height], [12 + 3 * 332, 12 + 3 * 280]);
  });

  it('does nothing twice', async () => {
    const made = () => NAMES.map((name) => statSync(path.join(out, name, 'losses.json')).mtimeMs);
    const before = made();
    const { exitCode, stdout } = await many(out);
    assert.equal(exitCode, 0);
    assert.equal(stdout.match(/done before/g)?.length, 4);
    assert.deepEqual(made(), before);
  });

  it('stops where it is asked to, and goes on from there with the same numbers', async () => {
    const dir = path.join(folder, 'stopped');
    const controller = new AbortController();
    let pictures = 0;
    const stopped = await many(dir, [], {
      signal: controller.signal,
      onWrite: (text) => {
        // In the second run, after its first picture.
        if (text.includes('Image saved') && ++pictures === 3) controller.abort('SIGINT');
      },
    });
    assert.equal(stopped.exitCode, 130);
    assert.match(stopped.stdout, /Stopped at 2 of 4\. The same command goes on from here\.\n$/);
    assert.ok(!existsSync(path.join(dir, 'b-by-x')));
    const { exitCode, stdout } = await many(dir);
    assert.equal(exitCode, 0);
    assert.equal(stdout.match(/done before/g)?.length, 1);
    for (const name of NAMES) {
      assert.deepEqual(await resultsIn(path.join(dir, name)), await resultsIn(path.join(out, name)), name);
    }
  });

  it('goes on after a failure, tells it at the end, and does the rest once it is corrected', async () => {
    const dir = path.join(folder, 'failing');
    const file = path.join(photos, 'b.png');
    const whole = readFileSync(file);
    writeFileSync(file, whole.subarray(0, 200));
    const { exitCode, stdout, stderr } = await many(dir, ['--iterations', '1']);
    assert.equal(exitCode, 2);
    assert.match(stdout, /4 of 4: b-by-y\nContact sheet: /);
    assert.match(stderr, /^b-by-x failed\. The picture .*b\.png is damaged: .*\nb-by-y failed\. /);
    assert.match(
      stderr,
      /\n2 of 4 failed\. Correct this, .* again:\n {2}b-by-x: The picture .*\n {2}b-by-y: /,
    );
    assert.deepEqual((await readdir(dir)).sort(), ['a-by-x', 'a-by-y', 'contact_sheet.png', 'many.json']);

    writeFileSync(file, whole);
    const again = await many(dir, ['--iterations', '1']);
    assert.deepEqual([again.exitCode, again.stderr], [0, '']);
    assert.equal(again.stdout.match(/done before/g)?.length, 2);
  });

  it('paints again what has changed, and nothing with other settings unless it begins anew', async () => {
    const dir = path.join(folder, 'changed');
    await many(dir, ['--iterations', '1']);
    const refused = await many(dir, ['--iterations', '2']);
    assert.equal(refused.exitCode, 2);
    assert.match(
      refused.stderr,
      /^The pictures in .* have other settings: iterations 1, now 2\. Use the same, .* --force\.\n$/,
    );
    const file = path.join(paintings, 'x.png');
    const original = readFileSync(file);
    writeFileSync(file, await sharp(original).flop().png().toBuffer());
    const { exitCode, stdout } = await many(dir, ['--iterations', '1']);
    writeFileSync(file, original);
    assert.equal(exitCode, 0);
    assert.deepEqual(stdout.match(/\S+, done before/g), ['a-by-y, done before', 'b-by-y, done before']);
    const anew = await many(dir, ['--iterations', '2', '--force']);
    assert.equal(anew.exitCode, 0);
    assert.ok(!anew.stdout.includes('done before'));
  });

  for (const [what, more, says] of [
    [
      'a folder without pictures',
      () => ['--style', path.join(folder, 'empty')],
      /^There are no pictures in .*empty\. Name another folder\.\n$/,
    ],
    [
      'two pictures of one name',
      () => ['--content', photos, path.join(folder, 'twice', 'a.png')],
      /^Two of the contents are called a\. Rename .*twice.a\.png\.\n$/,
    ],
    [
      'a setting that cannot be',
      () => ['--height', 'x'],
      /^height \(--height\) cannot be 'x'\. Give a whole number/,
    ],
  ] as const) {
    it(`refuses ${what}, and writes nothing`, async () => {
      mkdirSync(path.join(folder, 'empty'), { recursive: true });
      mkdirSync(path.join(folder, 'twice'), { recursive: true });
      copyFileSync(path.join(photos, 'b.png'), path.join(folder, 'twice', 'a.png'));
      const dir = path.join(folder, 'nothing');
      const { exitCode, stdout, stderr } = await many(dir, [...more()]);
      assert.deepEqual([exitCode, stdout], [2, '']);
      assert.match(stderr, says);
      assert.ok(!existsSync(dir));
    });
  }

  it('refuses a damaged record', async () => {
    const dir = path.join(folder, 'damaged');
    mkdirSync(dir);
    writeFileSync(path.join(dir, 'many.json'), '{"runs":');
    const { exitCode, stderr } = await many(dir);
    assert.equal(exitCode, 2);
    assert.match(stderr, /many\.json is damaged\. Begin anew with --force\.\n$/);
    rmSync(dir, { recursive: true });
  });
});

describe('contactSheet', () => {
  it('puts each picture where its content and style meet, and says why one is missing', async () => {
    const colours = { red: '#ff0000', green: '#00ff00', blue: '#0000ff', grey: '#808080' };
    const files: Record<string, string> = {};
    for (const [name, background] of Object.entries(colours)) {
      files[name] = path.join(folder, `${name}.png`);
      await sharp({ create: { width: 64, height: 48, channels: 3, background } })
        .png()
        .toFile(files[name]);
    }
    const sheet = await contactSheet({
      contents: [files.red, files.green],
      styles: [files.blue],
      cell: (content) => (content === files.red ? { picture: files.grey } : { missing: 'failed' }),
    });
    const { data, info } = await sharp(sheet).raw().toBuffer({ resolveWithObject: true });
    const at = (row: number, column: number) => {
      const [x, y] = [12 + column * 332 + 160, 12 + row * 280 + 60];
      return [
        ...data.subarray((y * info.width + x) * info.channels, (y * info.width + x) * info.channels + 3),
      ];
    };
    const [white, red, green, blue, grey] = ['ffffff', 'ff0000', '00ff00', '0000ff', '808080'].map((hex) => [
      ...Buffer.from(hex, 'hex'),
    ]);
    assert.deepEqual(
      [at(0, 0), at(0, 1), at(1, 0), at(1, 1), at(2, 0), at(2, 1)],
      [white, blue, red, grey, green, white],
    );
  });
});
