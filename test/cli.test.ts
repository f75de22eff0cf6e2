import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { main } from '../src/commandLine/cli';
import { duration, progressLine, terminal } from '../src/commandLine/terminal';
import { loadImage } from '../src/picture/image';
import { eightBit, preprocess, rgbValues } from '../src/picture/preprocess';
import { problemFromSettings } from '../src/problem/fromSettings';
import { PRESETS } from '../src/presets';
import { createProblem } from '../src/problem/problem';
import { readCheckpoint } from '../src/runFolder/checkpoint';
import type { RunRecord } from '../src/runFolder/results';
import { flagOf, readSettings, type SettingName } from '../src/settings';
import { lossesIn, printed, resultsIn, startTiny } from './helpers/tinyProcess';
import { openTinyVgg19, tinyPictures } from './helpers/tinyVgg19';

const { version: VERSION } = JSON.parse(readFileSync(path.join(__dirname, '..', 'package.json'), 'utf8')) as {
  version: string;
};

let folder: string;
let content: string;
let style: string;

/** A stream that keeps what is written to it. */
function kept(isTTY = false, columns = 80) {
  const stream = { text: '', isTTY, columns, write: (text: string) => (stream.text += text) };
  return stream;
}

interface Outcome {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** The program in this process, with the tiny network. */
async function wheatfield(
  args: string[],
  { tty = false, signal }: { tty?: boolean; signal?: AbortSignal } = {},
): Promise<Outcome> {
  const [stdout, stderr] = [kept(tty), kept()];
  const exitCode = await main(args, { stdout, stderr, signal, openNetwork: openTinyVgg19 });
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}

/** A quick transfer. */
function transferArgs(out: string, ...more: string[]): string[] {
  const pictures = ['--content', content, '--style', style, '--height', '32', '--out', out];
  return ['transfer', ...pictures, '--iterations', '2', '--evaluations', '3', '--threads', '1', ...more];
}

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'wheatfield-cli-'));
  ({ content, style } = await tinyPictures(folder));
});

after(() => rm(folder, { recursive: true }));

describe('wheatfield transfer', () => {
  let out: string;
  let outcome: Outcome;

  before(async () => {
    out = path.join(folder, 'a', 'run');
    outcome = await wheatfield(transferArgs(out));
  });

  it('prints what the chapter prints, and the loss of the picture as saved', () => {
    assert.deepEqual([outcome.exitCode, outcome.stderr], [0, '']);
    const [network, size, start, estimate, ...lines] = outcome.stdout.trimEnd().split('\n');
    assert.deepEqual(
      [network, size],
      ['The network is a tiny VGG19.', '40 x 32 pixels, device: cpu, threads: 1, weights: seeded'],
    );
    assert.match(estimate, /^About [\d.]+ s an evaluation, \d+ s to go, and at most \d+\.\d GB of memory$/);
    const entries = lossesIn(out);
    const expected = entries.flatMap(({ loss, saved }, i) => [
      `Start of iteration ${i}`,
      `  Current loss value: ${loss}`,
      `  Image saved as ${path.join(out, `result_at_iteration_${i}.png`)}`,
      `  Loss of the saved image: ${saved}`,
      `  Iteration ${i} completed in SECONDS s`,
    ]);
    const came = lines.map((line) => line.replace(/\d+\.\d s$/, 'SECONDS s'));
    assert.deepEqual([start, ...came], [...expected, 'All 2 iterations are done.']);
  });

  it('writes no control characters where nobody watches', () => {
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    assert.doesNotMatch(outcome.stdout, /[\x00-\x09\x0b-\x1f]/);
  });

  it('writes losses.json: one entry for each iteration, and saved is the loss of the last canvas in whole levels, from which the file is cut', async () => {
    const entries = lossesIn(out);
    const names = ['iteration', 'loss', 'terms', 'saved', 'evaluations', 'seconds'];
    const settings = readSettings({ content, style, height: 32, threads: 1 });
    const problem = await createProblem({ ...problemFromSettings(settings), openNetwork: openTinyVgg19 });
    for (const [i, entry] of entries.entries()) {
      assert.deepEqual(Object.keys(entry), names);
      assert.deepEqual(Object.keys(entry.terms), ['content', 'style', 'totalVariation', 'clipping']);
      assert.equal(entry.iteration, i);
    }
    assert.ok(entries[1].loss < entries[0].loss);
    const checkpoint = await readCheckpoint(path.join(out, 'checkpoint.bin'));
    assert.ok(checkpoint);
    const { picture } = await problem.lossAndGrads(checkpoint.optimiser.x);
    const { width, height } = problem;
    const canvas = rgbValues({ width, height, data: picture.data as Float32Array });
    const z = problem.variables.from(preprocess(eightBit(canvas, settings.rounding)).dataSync());
    assert.equal((await problem.lossAndGrads(z)).value.data[0], entries[1].saved);
    const file = await loadImage(path.join(out, 'result_at_iteration_1.png'));
    assert.deepEqual([...eightBit(problem.finish(canvas), settings.rounding).data], [...file.data]);
    await problem.dispose();
  });

  it('writes settings.json, from which the run can be repeated', async () => {
    const { versions, source, settings } = JSON.parse(
      readFileSync(path.join(out, 'settings.json'), 'utf8'),
    ) as RunRecord;
    assert.equal(versions.node, process.versions.node);
    assert.equal(versions.wheatfield, VERSION);
    assert.equal(source.network, 'vgg19');
    assert.match(source.content.sha256, /^[0-9a-f]{64}$/);
    assert.deepEqual([source.width, source.height], [40, 32]);

    const again = path.join(folder, 'again');
    const flags = Object.entries(settings).flatMap(([name, value]) => {
      const flag = flagOf(name as SettingName);
      if (typeof value === 'boolean') return [value ? flag : `--no-${flag.slice(2)}`];
      return [flag, ...(Array.isArray(value) ? value : [value]).map(String)];
    });
    assert.equal((await wheatfield(['transfer', ...flags, '--out', again])).exitCode, 0);
    assert.deepEqual(await resultsIn(again), await resultsIn(out));
  });

  it('leaves no temporary files and no lock', async () => {
    assert.deepEqual((await readdir(out)).sort(), [
      'checkpoint.bin',
      'losses.json',
      'result_at_iteration_0.png',
      'result_at_iteration_1.png',
      'settings.json',
    ]);
  });

  it('saves pictures in another format, with 16 bits, and says what made them', async () => {
    const dir = path.join(folder, 'deep');
    assert.equal((await wheatfield(transferArgs(dir, '--format', 'png16'))).exitCode, 0);
    const args = transferArgs(dir, '--format', 'tiff16', '--force');
    const { exitCode, stdout } = await wheatfield(args);
    const file = path.join(dir, 'result_at_iteration_1.tif');
    assert.equal(exitCode, 0);
    assert.ok(stdout.includes(`  Image saved as ${file}\n`));
    assert.deepEqual(
      (await readdir(dir)).filter((name) => name.startsWith('result')),
      ['result_at_iteration_0.tif', 'result_at_iteration_1.tif'],
    );
    const { data } = await loadImage(file);
    const eight = await loadImage(path.join(out, 'result_at_iteration_1.png'));
    assert.ok(data.every((level, i) => Math.abs(level - eight.data[i]) <= 1));

    const told = await wheatfield(['settings', file]);
    assert.deepEqual([told.exitCode, told.stderr], [0, '']);
    const printed = JSON.parse(told.stdout) as Record<string, unknown>;
    const { settings, source } = JSON.parse(
      readFileSync(path.join(dir, 'settings.json'), 'utf8'),
    ) as RunRecord;
    assert.equal(printed.creator, `Wheatfield ${VERSION}`);
    assert.deepEqual(
      [printed.content, printed.style, printed.format, printed.evaluations],
      ['content.png', ['style.png'], 'tiff16', 3],
    );
    assert.deepEqual(printed.styleLayers, settings.styleLayers);
    assert.deepEqual(printed.sha256, { content: source.content.sha256, styles: [source.styles[0].sha256] });
    assert.ok(!readFileSync(file, 'latin1').includes(folder), 'it names no folder of this machine');
  });

  it('replaces results only with --force, and then all of them', async () => {
    const dir = path.join(folder, 'forced');
    await wheatfield(transferArgs(dir));
    const before = await resultsIn(dir);
    const refused = await wheatfield(transferArgs(dir, '--iterations', '1'));
    assert.equal(refused.exitCode, 2);
    assert.match(
      refused.stderr,
      /^.* already holds .* of another run\. .* --force, .* wheatfield resume .*\n$/,
    );
    assert.deepEqual(await resultsIn(dir), before);
    await writeFile(path.join(dir, 'mine.txt'), 'kept');
    const again = await wheatfield(transferArgs(dir, '--iterations', '1', '--force'));
    assert.equal(again.exitCode, 0);
    assert.match(again.stdout, /^The one iteration is done\.$/m);
    assert.equal(lossesIn(dir).length, 1);
    assert.ok(!existsSync(path.join(dir, 'result_at_iteration_1.png')));
    assert.ok(existsSync(path.join(dir, 'mine.txt')));
  });

  it('--chapter sets what the chapter does; flags beside it count more', async () => {
    const settingsOf = async (name: string, ...flags: string[]) => {
      const dir = path.join(folder, name);
      await wheatfield(transferArgs(dir, '--iterations', '1', ...flags));
      const { settings } = JSON.parse(readFileSync(path.join(dir, 'settings.json'), 'utf8')) as RunRecord;
      const { resize, restart, variables, bounds, winograd, rounding } = settings;
      return [resize, restart, variables, bounds, winograd, rounding];
    };
    assert.deepEqual(await settingsOf('plain'), ['lanczos3', false, 'pyramid', true, true, 'round']);
    assert.deepEqual(await settingsOf('chapter', '--chapter'), [
      'nearest',
      true,
      'pixels',
      false,
      false,
      'truncate',
    ]);
    const flags = ['--no-restart', '--bounds', '--rounding', 'round'];
    assert.deepEqual(await settingsOf('other', ...flags, '--chapter'), [
      'nearest',
      false,
      'pixels',
      true,
      false,
      'round',
    ]);
  });

  it('has one preset at a time', async () => {
    const both = await wheatfield(
      transferArgs(path.join(folder, 'both'), '--chapter', '--preset', 'painter'),
    );
    assert.deepEqual(
      [both.exitCode, both.stderr],
      [2, '--chapter is short for --preset chapter. Give one preset.\n'],
    );
  });

  it('paints by several styles, each by its weight, and says where a style picture is too small', async () => {
    const dir = path.join(folder, 'several');
    const several = ['--style', content, '--style-weights', '3,1', '--style-scale', '1.5'];
    const { exitCode, stdout } = await wheatfield(transferArgs(dir, ...several));
    assert.equal(exitCode, 0);
    assert.match(
      stdout,
      /style\.png has 40 x 32 pixels, and 1\.5 times as many along each side would fit the result\. It is not enlarged/,
    );
    const [{ terms }] = lossesIn(dir);
    assert.deepEqual(Object.keys(terms), ['content', 'style 1', 'style 2', 'totalVariation', 'clipping']);
    const wrong = await wheatfield(
      transferArgs(dir, '--style', content, '--style-weights', '3,1,2', '--force'),
    );
    assert.deepEqual(
      [wrong.exitCode, wrong.stderr],
      [2, 'There are 2 style pictures, but 3 weights. Give --style-weights one number for each.\n'],
    );
  });

  it('draws a line that fits the terminal, and wipes it', async () => {
    const { stdout, exitCode } = await wheatfield(transferArgs(path.join(folder, 'tty')), { tty: true });
    assert.equal(exitCode, 0);
    const drawn = stdout.split('\r\x1b[K').filter((part) => part.startsWith('  evaluation'));
    assert.ok(drawn.length >= 4);
    for (const line of drawn) {
      assert.match(
        line,
        /^ {2}evaluation \d+ of 4, loss \d\.\d{3}e\+\d+, [\d.e-]+ s each, \d+ (s|min) left$/,
      );
    }
  });
});

describe('terminal', () => {
  const step = {
    type: 'step',
    iteration: 1,
    evaluations: 30,
    evaluationsInIteration: 9,
    seconds: 75,
    loss: 442468450,
    terms: { content: 1, style: 2, totalVariation: 3 },
  } as const;
  const settings = {
    out: 'results',
    format: 'png' as const,
    init: 'draft',
    iterations: 20,
    evaluations: 20,
    threads: 2,
  };

  it('estimates the time left from what an evaluation took', () => {
    // 13 of this iteration's 22 and 18 iterations of 22, the picture's own loss included: 409 x 2.5 s.
    assert.equal(
      progressLine(step, settings),
      '  evaluation 9 of 21, loss 4.425e+8, 2.50 s each, 17 min left',
    );
  });

  it('cuts the line to the width, less one', () => {
    const stream = kept(true, 30);
    terminal(stream, settings)(step);
    assert.equal(stream.text, '\r\x1b[K  evaluation 9 of 21, loss 4.');
  });

  it('names the draft once the run has proved to work', () => {
    const stream = kept(false);
    const watch = terminal(stream, settings);
    watch({ type: 'first', isContent: false });
    assert.equal(stream.text, '');
    watch({ type: 'compiled', bytes: 1e9 });
    const file = path.join('results', 'result_draft.png');
    assert.ok(stream.text.endsWith(`\nDraft saved as ${file}\n`));
  });

  it('says durations as people do', () => {
    assert.deepEqual([0.2, 59.5, 60, 150, 3600, 7500].map(duration), [
      '1 s',
      '60 s',
      '1 min',
      '3 min',
      '1 h 00 min',
      '2 h 05 min',
    ]);
  });
});

describe('wheatfield --help', () => {
  /** Every flag with its default, written down here once more, so that help and table cannot err together. */
  const FLAGS: Record<string, string> = {
    '--preset <painter|chapter>': '(default: painter)',
    '--content <file>': '(required)',
    '--style <files...>': '(required)',
    '--style-weights <numbers...>': '',
    '--mask <sky|files...>': '',
    '--style-scale <number>': '(default: 1)',
    '--strength <number>': '(default: 0.5)',
    '--height <n>': '(default: 400)',
    '--resize <lanczos3|nearest>': '(default: lanczos3; chapter: nearest)',
    '--init <draft|content|style|noise|file>': '(default: draft; chapter: content)',
    '--seed <n>': '(default: 0)',
    '--color <style|content|luminance>': '(default: style)',
    '--measure <shares|sums>': '(default: shares; chapter: sums)',
    '--content-layer <layers...>': `(default: ${PRESETS.painter.contentLayer.join(' ')}; chapter: block5_conv2)`,
    '--style-layers <layers...>': `(default: ${PRESETS.painter.styleLayers.join(' ')}; chapter: ${PRESETS.chapter.styleLayers.join(' ')})`,
    '--content-weight <number>': `(default: ${PRESETS.painter.contentWeight}; chapter: 0.025)`,
    '--device <cpu|webgpu|auto>': '(default: cpu)',
    '--style-weight <number>': `(default: ${PRESETS.painter.styleWeight}; chapter: 1)`,
    '--tile <auto|whole|pixels>': '(default: auto)',
    '--tv-weight <number>': `(default: ${PRESETS.painter.tvWeight}; chapter: 0.0001)`,
    '--clipping-weight <number>': `(default: ${PRESETS.painter.clippingWeight}; chapter: 0)`,
    '--margin <n>': `(default: ${PRESETS.painter.margin}; chapter: 0)`,
    '--iterations <n>': `(default: ${PRESETS.painter.iterations}; chapter: 20)`,
    '--evaluations <n>': `(default: ${PRESETS.painter.evaluations}; chapter: 20)`,
    '--restart, --no-restart': '(default: no; chapter: yes)',
    '--variables <pyramid|pixels>': '(default: pyramid; chapter: pixels)',
    '--bounds, --no-bounds': '(default: yes; chapter: no)',
    '--winograd, --no-winograd': '(default: yes; chapter: no)',
    '--threads <n>': `(default: ${availableParallelism()})`,
    '--network <auto|vgg19|vgg19-slim>': '(default: auto)',
    '--weights <file>': '',
    '--rounding <round|truncate>': '(default: round; chapter: truncate)',
    '--out <dir>': '(default: results)',
    '--format <png|png16|tiff16|jpg>': '(default: png)',
    '--chapter': '',
    '--force': '',
    '-h, --help': '',
  };

  it('names every flag, with its choices, a description and its default', async () => {
    const { stdout, exitCode } = await wheatfield(['transfer', '--help']);
    assert.equal(exitCode, 0);
    const [options = ''] = stdout.split('\nExamples:');
    const described = [...options.matchAll(/^ {2}(-\S(?: ?\S)*) {2,}(\S.*(?:\n {10,}\S.*)*)/gm)];
    const came = described.map(([, flag, text = '']) => {
      const [description = '', ending = ''] = text
        .replace(/\s+/g, ' ')
        .split(/ ?(\((?:default: .*|required)\))$/);
      assert.match(description, /^\w.{10,}/, flag);
      return [flag, ending];
    });
    assert.deepEqual(Object.fromEntries(came), FLAGS);
    assert.equal(came.length, Object.keys(FLAGS).length);
    assert.match(stdout, /Examples:\n {2}wheatfield transfer --content photo.jpg/);
  });

  it('has examples that are right', async () => {
    const { stdout } = await wheatfield(['transfer', '--help']);
    const examples = stdout.split('\n').filter((line) => line.startsWith('  wheatfield transfer'));
    assert.equal(examples.length, 6);
    for (const example of examples) {
      const args = example.trim().split(' ').slice(1);
      // Everything but the pictures is in order.
      const { stderr } = await wheatfield([...args, '--out', path.join(folder, 'example')]);
      assert.equal(stderr, 'There is no picture at photo.jpg. Check the path.\n');
    }
  });

  it('is printed where no command is given; the version where it is asked for', async () => {
    const bare = await wheatfield([]);
    assert.equal(bare.exitCode, 2);
    assert.match(bare.stderr, /^Usage: wheatfield .*transfer .*resume /s);
    assert.deepEqual(await wheatfield(['--version']), { exitCode: 0, stdout: `${VERSION}\n`, stderr: '' });
  });
});

describe('a fault of the program', () => {
  it('is shown with where it lies, and exit code 1', async () => {
    const [stdout, stderr] = [kept(), kept()];
    const openNetwork = () => Promise.reject(new Error('a fault'));
    const exitCode = await main(transferArgs(path.join(folder, 'fault')), { stdout, stderr, openNetwork });
    assert.equal(exitCode, 1);
    assert.match(stderr.text, /^Error: a fault\n +at /);
  });
});

describe('wheatfield resume', () => {
  let whole: string;
  const more = ['--iterations', '4'];

  before(async () => {
    whole = path.join(folder, 'whole');
    await wheatfield(transferArgs(whole, ...more));
  });

  /** A run stopped by a process signal when it has printed `text` for the nth time. */
  async function stopped(dir: string, text: string, times: number): Promise<Outcome> {
    const controller = new AbortController();
    const [stdout, stderr] = [kept(true), kept()];
    const write = stdout.write;
    let seen = 0;
    stdout.write = (line: string) => {
      if (line.includes(text) && ++seen === times) controller.abort('SIGINT');
      return write(line);
    };
    const exitCode = await main(transferArgs(dir, ...more), {
      stdout,
      stderr,
      signal: controller.signal,
      openNetwork: openTinyVgg19,
    });
    return { exitCode, stdout: stdout.text, stderr: stderr.text };
  }

  for (const [when, text, times] of [
    ['within the first iteration', 'evaluation', 2],
    ['within a later iteration', 'evaluation', 7],
    ['between two iterations', 'completed', 2],
  ] as const) {
    it(`goes on with a run stopped ${when}, to the same bytes`, async () => {
      const dir = path.join(folder, `stopped ${when}`);
      const first = await stopped(dir, text, times);
      assert.equal(first.exitCode, 130);
      assert.match(first.stdout, /Stopped .* iteration \d\.\nContinue with: wheatfield resume .*\n$/);
      assert.ok(
        lossesIn(whole).length > (existsSync(path.join(dir, 'losses.json')) ? lossesIn(dir).length : 0),
      );
      assert.equal((await wheatfield(['resume', dir])).exitCode, 0);
      assert.deepEqual(await resultsIn(dir), await resultsIn(whole));
    });
  }

  it('raises the number of iterations', async () => {
    const dir = path.join(folder, 'raised');
    await wheatfield(transferArgs(dir));
    // As if it had been killed while it wrote.
    await writeFile(path.join(dir, 'losses.json.4711.tmp'), '[');
    assert.equal((await wheatfield(['resume', dir, ...more])).exitCode, 0);
    assert.deepEqual(await resultsIn(dir), await resultsIn(whole));
    const { settings } = JSON.parse(readFileSync(path.join(dir, 'settings.json'), 'utf8')) as RunRecord;
    assert.equal(settings.iterations, 4);
  });

  it('says where the numbers come from other versions now, and goes on', async () => {
    const dir = path.join(folder, 'versions');
    await wheatfield(transferArgs(dir));
    const file = path.join(dir, 'settings.json');
    const record = JSON.parse(readFileSync(file, 'utf8')) as RunRecord;
    const before = { ...record, versions: { ...record.versions, onnxruntime: '1.2.3' } };
    await writeFile(file, JSON.stringify(before));
    const { exitCode, stdout } = await wheatfield(['resume', dir, ...more]);
    assert.equal(exitCode, 0);
    assert.match(
      stdout,
      /^Some versions have changed since this run started: onnxruntime 1\.2\.3, now \d.*\. Its numbers may/,
    );
    assert.match((await wheatfield(['resume', dir])).stdout, /^The network/);
  });

  it('says so where another device goes on, and keeps which one it was', async () => {
    const dir = path.join(folder, 'other-device');
    await wheatfield(transferArgs(dir));
    const file = path.join(dir, 'settings.json');
    const record = JSON.parse(readFileSync(file, 'utf8')) as RunRecord;
    assert.equal(record.source.device, 'cpu');
    const before = { ...record, source: { ...record.source, device: 'webgpu' } };
    await writeFile(file, JSON.stringify(before));
    const { exitCode, stdout } = await wheatfield(['resume', dir, ...more, '--device', 'cpu']);
    assert.equal(exitCode, 0);
    assert.match(stdout, /^This run used webgpu until now and uses cpu from here on: /m);
    assert.equal((JSON.parse(readFileSync(file, 'utf8')) as RunRecord).source.device, 'cpu');
  });

  it('finds nothing to do in a finished run', async () => {
    const { exitCode, stdout } = await wheatfield(['resume', whole]);
    assert.equal(exitCode, 0);
    assert.match(stdout, /All 4 iterations are done\.\n$/);
  });
});

describe('wheatfield as a process', () => {
  for (const [signal, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`ends cleanly at ${signal}, with exit code ${exitCode}`, async function () {
      if (process.platform === 'win32') this.skip();
      const dir = path.join(folder, signal);
      const child = startTiny(transferArgs(dir, '--iterations', '100000'));
      const ended = once(child, 'exit');
      await printed(child, 'Iteration 1 completed');
      child.kill(signal);
      assert.deepEqual(await ended, [exitCode, null]);
      assert.ok(lossesIn(dir).length >= 2);
      assert.ok(!(await readdir(dir)).some((name) => name.endsWith('.tmp') || name.startsWith('.')));
    });
  }

  it('stops within a second, however long an evaluation takes, and can go on', async function () {
    if (process.platform === 'win32') this.skip();
    const dir = path.join(folder, 'long');
    const child = startTiny(transferArgs(dir, '--height', '1500', '--init', 'content'));
    const ended = once(child, 'exit');
    await printed(child, 'Start of iteration 0');
    await sleep(200);
    child.kill('SIGINT');
    const began = performance.now();
    const [exitCode, signal] = (await ended) as [number | null, string | null];
    assert.ok(exitCode === 130 || signal === 'SIGINT', `${exitCode} ${signal}`);
    // Generous: the machine may be busy with other things.
    assert.ok(performance.now() - began < 3000);
    assert.ok(!(await readdir(dir)).some((name) => name.endsWith('.tmp') || name.startsWith('.')));
  });

  it('stops at once at a second Ctrl-C, within an evaluation', async function () {
    if (process.platform === 'win32') this.skip();
    const dir = path.join(folder, 'twice');
    // Large enough that the first comes within an evaluation, and the second within the next.
    const child = startTiny(transferArgs(dir, '--height', '1500', '--init', 'content'));
    const ended = once(child, 'exit');
    await printed(child, 'Start of iteration 0');
    await sleep(200);
    child.kill('SIGINT');
    let answer = '';
    for await (const chunk of child.stderr as NonNullable<typeof child.stderr>) {
      answer += String(chunk);
      if (answer.includes('once more stops at once')) break;
    }
    child.kill('SIGINT');
    const [exitCode, signal] = (await ended) as [number | null, string | null];
    assert.ok(exitCode === 130 || signal === 'SIGINT', `${exitCode} ${signal}`);
    // A clean end would have left the picture, and the checkpoint that this resumes from.
    assert.ok(!existsSync(path.join(dir, 'result_when_stopped.png')));
    assert.ok(!existsSync(path.join(dir, 'checkpoint.bin')));
  });
});
