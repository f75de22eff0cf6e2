import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import sharp from 'sharp';
import { main } from '../src/commandLine/cli';
import { saveFastStyle } from '../src/fastStyle/modelFile';
import { fastStyleOnnx } from '../src/fastStyle/onnx';
import { type Picture, loadImage } from '../src/picture/image';
import { saveImage } from '../src/picture/save';
import { readAnimation, writeAnimation } from '../src/stylize/animation';
import { filesOf, outputNames } from '../src/stylize/files';
import { findModel, mixedModel, readMix } from '../src/stylize/models';
import { steadyPaintings } from '../src/stylize/steady';
import { seedNoise, seeded } from '../src/fastStyle/seeds';
import { bytesToStylize, openStylizer } from '../src/stylize/stylizer';
import { randomModel, randomPicture, stylised } from './helpers/randomFastStyle';

let folder: string;
const at = (...names: string[]) => path.join(folder, ...names);
const grey = (width: number, height: number, level: number): Picture => {
  return { width, height, data: new Uint8Array(width * height * 3).fill(level) };
};

/** The program in this process. */
async function stylize(args: string[], more: { signal?: AbortSignal; freeMemory?: () => number } = {}) {
  const [stdout, stderr] = [0, 1].map(() => ({
    text: '',
    write(text: string) {
      this.text += text;
    },
  }));
  const exitCode = await main(['stylize', ...args, '--threads', '1'], { stdout, stderr, ...more });
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'wheatfield-stylize-'));
  await tf.setBackend('cpu');
  const model = randomModel('webcam');
  await mkdir(at('models'));
  await saveFastStyle(at('models', 'fast-style.safetensors'), model);
  await saveFastStyle(at('models', 'vgg19-slim.safetensors'), randomModel('quality'));
  await writeFile(at('one.onnx'), await fastStyleOnnx(model, 'one', { precision: 'float32' }));
  await writeFile(at('quality.onnx'), await fastStyleOnnx(randomModel('quality'), 'one'));
  await writeFile(at('all.onnx'), await fastStyleOnnx(model));
  await saveImage(randomPicture(30, 41), at('a.png'));
});
after(() => rm(folder, { recursive: true }));

describe('the model of a name', () => {
  it('is a style of the package, or a file of ours', async () => {
    const bundled = await findModel('two', at('models'));
    assert.deepEqual([bundled.name, bundled.style, bundled.model.architecture], ['two', 'two', 'webcam']);
    const file = await findModel(at('one.onnx'));
    assert.deepEqual([file.name, file.style], ['one', 'one']);
  });

  it('is refused with the closest name, the names there are, or why the file is none', async () => {
    const refused = (name: string, message: RegExp) => assert.rejects(findModel(name, at('models')), message);
    await refused('tow', /^UserError: There is no style 'tow'\. Did you mean two\?$/);
    await refused('mona-lisa', /Choose one of one, two, or name an \.onnx file of wheatfield train\.$/);
    await refused(
      at('none.onnx'),
      /^UserError: Cannot read the model .*none\.onnx: ENOENT.* Name another file\.$/,
    );
    await refused(at('a.png'), /is not a whole ONNX file\./);
    await refused(at('all.onnx'), /takes its style as an input and holds none\. Name a file/);
  });

  it('may be a mix, whose numbers are the mean of the parts', async () => {
    const { name, model, style } = await mixedModel(readMix('one:3, two'), at('models'));
    assert.equal(name, 'one-75-two-25');
    const { model: whole } = await findModel('one', at('models'));
    const { one, two } = whole.styles;
    model.styles[style].forEach((value, i) =>
      assert.ok(Math.abs(value - (0.75 * one[i] + 0.25 * two[i])) < 1e-6),
    );
    assert.deepEqual(Object.keys(model.parameters), Object.keys(whole.parameters));
    for (const [key, { data }] of Object.entries(model.parameters)) {
      data.forEach((value, i) => assert.ok(Math.abs(value - whole.parameters[key].data[i]) < 1e-6));
    }
    await assert.rejects(
      mixedModel([
        { model: at('one.onnx'), share: 1 },
        { model: at('quality.onnx'), share: 1 },
      ]),
      /one is of the size 'webcam' and quality of 'quality', which do not mix\. Mix models of one size\./,
    );
    for (const wrong of ['', 'a:', 'a:0,b:1', 'a,,b']) {
      assert.throws(() => readMix(wrong), /is not a mix of styles\. Name each with its part/);
    }
  });
});

describe('a stylizer', () => {
  it("gives the network's picture, the picture itself, and what lies between", async () => {
    const model = randomModel('webcam');
    const picture = randomPicture(23, 34);
    const stylizer = await openStylizer({ name: 'one', model, style: 'one' }, { threads: 1 });
    const painting = await stylizer.stylize(picture);
    const right = await stylised(model, model.styles.one, {
      ...picture,
      data: seeded(picture.data, seedNoise(picture.height, picture.width, 0)),
    });
    assert.deepEqual([painting.width, painting.height], [34, 23]);
    const pixels = 23 * 34;
    painting.data.forEach((level, i) => {
      assert.ok(Math.abs(level - right[(i % 3) * pixels + Math.floor(i / 3)]) < 0.6);
    });
    assert.deepEqual(await stylizer.stylize(picture, 0), picture);
    const half = await stylizer.stylize(picture, 0.5);
    half.data.forEach((level, i) => {
      assert.ok(Math.abs(level - (painting.data[i] + picture.data[i]) / 2) <= 1);
    });
    await assert.rejects(
      stylizer.stylize(grey(9, 4, 0)),
      /9 x 4 pixels is too small\. Use one of 5 x 5 or more/,
    );
    await stylizer.dispose();
  });
});

describe('the paintings of a film', () => {
  const noisy = (level: number, seed: number): Picture => {
    const { data } = randomPicture(40, seed);
    return {
      width: 40,
      height: 40,
      data: Uint8Array.from({ length: 4800 }, (_, i) => level + (data[i % data.length] % 7)),
    };
  };
  const difference = (a: Picture, b: Picture) =>
    a.data.reduce((sum, level, i) => sum + Math.abs(level - b.data[i]), 0) / a.data.length;

  it('flicker less where the film only has noise', () => {
    const show = steadyPaintings(0.8);
    const frames = Array.from({ length: 30 }, (_, i) => noisy(100, 50 + i));
    // Its noise is ten times the film's.
    const paintings = frames.map(({ data, ...size }) => ({
      ...size,
      data: data.map((level) => (level - 100) * 10 + 90),
    }));
    const shown = frames.map((frame, i) => show(frame, paintings[i]));
    const flicker = (list: Picture[]) =>
      list.slice(11).reduce((sum, each, i) => sum + difference(each, list[10 + i]), 0);
    assert.ok(flicker(shown) < 0.3 * flicker(paintings), `${flicker(shown)} of ${flicker(paintings)}`);
  });

  it('change at once where the film moves, and begin anew when it cuts to another size', () => {
    const show = steadyPaintings(0.8);
    show(grey(40, 40, 10), grey(40, 40, 0));
    assert.deepEqual(show(grey(40, 40, 90), grey(40, 40, 200)), grey(40, 40, 200));
    assert.deepEqual(show(grey(20, 40, 90), grey(20, 40, 30)), grey(20, 40, 30));
  });
});

describe('the files to paint', () => {
  it('are those that are named, and what can be painted in a folder', async () => {
    await mkdir(at('mixed', 'deeper'), { recursive: true });
    for (const name of ['b.JPG', 'a.png', 'notes.txt', 'c.mp4', 'deeper/d.png'])
      await writeFile(at('mixed', name), 'x');
    const inside = ['a.png', 'b.JPG', 'c.mp4'].map((name) => at('mixed', name));
    assert.deepEqual(await filesOf([at('a.png'), at('mixed'), at('none.png')]), [
      at('a.png'),
      ...inside,
      at('none.png'),
    ]);
    await assert.rejects(
      filesOf([at('mixed', 'deeper', '..', '..', 'models')]),
      /^UserError: There are no pictures in .*\. Name another folder\./,
    );
  });

  it('never lend their names to paintings, nor do two paintings share one', () => {
    const nameFor = outputNames('out', 'wave', ['x/a.jpg', 'y/a.jpg', path.join('out', 'b-Wave.png')]);
    const names = [
      nameFor('x/a.jpg', 'picture'),
      nameFor('y/a.jpg', 'picture'),
      nameFor('b.png', 'picture'),
      nameFor('c.avif', 'picture'),
      nameFor('d.gif', 'picture'),
      nameFor('d.gif', 'animation'),
      nameFor('e.mov', 'video'),
    ];
    assert.deepEqual(
      names.map((name) => path.basename(name)),
      ['a-wave.jpg', 'a-wave-2.jpg', 'b-wave-2.png', 'c-wave.png', 'd-wave.png', 'd-wave.gif', 'e-wave.mp4'],
    );
  });
});

describe('wheatfield stylize', () => {
  it('paints every file that it can, says what is wrong with the others, and touches no input', async () => {
    const original = await readFile(at('a.png'));
    await writeFile(at('broken.png'), original.subarray(0, original.length / 2));
    const out = at('made', 'painted');
    const { exitCode, stdout, stderr } = await stylize([
      ...[at('none.jpg'), at('a.png'), at('broken.png'), at('a.png')],
      ...['--model', at('one.onnx'), '--out', out],
    ]);
    assert.equal(exitCode, 2);
    const line = String.raw`a\.png: 41 x 30, \d+\.\d s, saved as .*`;
    assert.match(stdout, new RegExp(`^${line}a-one\\.png\n${line}a-one-2\\.png\n$`));
    assert.match(stderr, /^none\.jpg: There is no picture at .*\nbroken\.png: .* is damaged: .*\n$/);
    assert.deepEqual((await readdir(out)).sort(), ['a-one-2.png', 'a-one.png']);
    assert.deepEqual(await readFile(at('a.png')), original);
    const again = await stylize([at('a.png'), '--model', at('one.onnx'), '--out', folder]);
    assert.deepEqual([again.exitCode, again.stderr], [0, '']);
    assert.deepEqual(await readFile(at('a.png')), original);
    assert.deepEqual(await loadImage(at('a-one.png')), await loadImage(path.join(out, 'a-one.png')));
  });

  for (const ending of ['gif', 'webp']) {
    it(`paints an animated ${ending}, with its times`, async () => {
      const frames = [1, 2, 3].map((i) => ({ ...randomPicture(16 * i, 24), height: 16, width: 24 }));
      frames.forEach((frame, i) => (frame.data = frame.data.slice(i * 1152, (i + 1) * 1152)));
      const file = at(`dance.${ending}`);
      await writeAnimation(file, { frames, delay: [100, 200, 300], loop: 2 });
      const { exitCode, stdout } = await stylize([
        file,
        '--model',
        at('one.onnx'),
        '--out',
        at('out'),
        '--height',
        '32',
      ]);
      assert.equal(exitCode, 0);
      assert.match(stdout, /: 48 x 32, 3 frames, \d+\.\d s, saved as .*\n$/);
      const painted = await readAnimation(at('out', `dance-one.${ending}`));
      assert.deepEqual([painted.delay, painted.loop], [[100, 200, 300], 2]);
      assert.deepEqual(
        painted.frames.map(({ width, height }) => [width, height]),
        Array(3).fill([48, 32]),
      );
      const { format } = await sharp(at('out', `dance-one.${ending}`)).metadata();
      assert.equal(format, ending);
    });
  }

  it('paints a video and keeps its sound and its length', async function () {
    const sources = [
      '-f',
      'lavfi',
      '-i',
      'testsrc=size=51x40:rate=10:duration=1.5',
      '-f',
      'lavfi',
      '-i',
      'sine=duration=1.5',
    ];
    const video = at('clip.mkv');
    const made = spawnSync('ffmpeg', ['-v', 'error', '-y', ...sources, video]);
    if (made.error) {
      console.log('      ffmpeg is not installed here.');
      this.skip();
    }
    const { exitCode, stdout, stderr } = await stylize([
      video,
      '--model',
      at('one.onnx'),
      '--out',
      at('out'),
    ]);
    assert.deepEqual([exitCode, stderr], [0, '']);
    assert.match(stdout, /^clip\.mkv: 51 x 40, 15 frames, \d+\.\d s, saved as .*clip-one\.mp4\n$/);
    const entries = 'stream=codec_name,width,height,nb_frames,avg_frame_rate';
    const probe = spawnSync('ffprobe', [
      '-v',
      'error',
      '-show_entries',
      entries,
      '-of',
      'json',
      at('out', 'clip-one.mp4'),
    ]);
    const { streams } = JSON.parse(probe.stdout.toString()) as { streams: Record<string, unknown>[] };
    const [picture, sound] = streams;
    assert.deepEqual(
      [
        picture.codec_name,
        picture.width,
        picture.height,
        picture.nb_frames,
        picture.avg_frame_rate,
        sound.codec_name,
      ],
      ['h264', 50, 40, '15', '10/1', 'aac'],
    );
    await writeFile(at('text.mp4'), 'not a video');
    const refused = await stylize([at('text.mp4'), '--model', at('one.onnx'), '--out', at('out')]);
    assert.equal(refused.exitCode, 2);
    assert.match(refused.stderr, /^text\.mp4: ffmpeg finds no video in .*\. Name another file\.\n$/);
  });

  it('says what a video needs where ffmpeg is not installed', async () => {
    const { PATH } = process.env;
    process.env.PATH = folder;
    try {
      const { exitCode, stderr } = await stylize([
        at('clip.mp4'),
        '--model',
        at('one.onnx'),
        '--out',
        at('out'),
      ]);
      assert.equal(exitCode, 2);
      assert.match(
        stderr,
        /^clip\.mp4: A video needs ffprobe, which is not installed here\. Install ffmpeg, or name/,
      );
    } finally {
      process.env.PATH = PATH;
    }
  });

  it('refuses a picture that does not fit into the memory, with a height that does', async () => {
    const needed = bytesToStylize('webcam', { width: 41, height: 30 });
    const args = [at('a.png'), '--model', at('one.onnx'), '--out', at('out')];
    const { exitCode, stderr } = await stylize(args, { freeMemory: () => needed / 4 });
    assert.equal(exitCode, 2);
    assert.match(
      stderr,
      /To paint 41 x 30 pixels takes .* of memory, .* Close other programs, or use --height 15\.\n$/,
    );
    const fits = await stylize([...args, '--height', '15'], { freeMemory: () => needed / 4 });
    assert.equal(fits.exitCode, 0);
  });

  it('stops between two frames, and leaves no half of a file', async () => {
    const controller = new AbortController();
    const { exitCode, stdout } = await (async () => {
      const running = stylize([at('a.png'), at('a.png'), '--model', at('one.onnx'), '--out', at('stopped')], {
        signal: controller.signal,
      });
      controller.abort('SIGINT');
      return running;
    })();
    assert.equal(exitCode, 130);
    assert.match(stdout, /Stopped\. What was saved is whole\.\n$/);
    assert.deepEqual(await readdir(at('stopped')), []);
  });

  it('says what is wrong with its flags', async () => {
    const refused = async (args: string[], message: RegExp) => {
      const { exitCode, stderr } = await stylize([at('a.png'), '--out', at('out'), ...args]);
      assert.equal(exitCode, 2);
      assert.match(stderr, message);
    };
    await refused([], /^There is no style to paint in\. Name one with --model or --mix\.\n$/);
    await refused(
      ['--model', 'a', '--mix', 'b'],
      /^--model and --mix are both given\. Choose one of them\.\n$/,
    );
    const model = ['--model', at('one.onnx')];
    await refused(
      [...model, '--strength', '2'],
      /^--strength 2 is out of range\. Choose a number from 0 to 1\.\n$/,
    );
    await refused([...model, '--steady', '1'], /^--steady 1 is out of range\./);
    await refused(
      [...model, '--height', '3.5'],
      /^--height 3\.5 is out of range\. Choose a whole number from 5/,
    );
  });
});
