import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { main } from '../src/commandLine/cli';
import { saveImage } from '../src/picture/save';
import { findModel } from '../src/stylize/models';
import { randomPicture } from './helpers/randomFastStyle';

describe('wheatfield train', () => {
  let folder: string;
  let style: string;
  let out: string;

  before(async () => {
    await tf.setBackend('cpu');
    folder = mkdtempSync(path.join(tmpdir(), 'wheatfield-train-'));
    style = path.join(folder, 'painting.png');
    out = path.join(folder, 'deep', 'my.onnx');
    await saveImage(randomPicture(64, 80), style);
  });
  after(() => rmSync(folder, { recursive: true }));

  async function train(
    args: string[],
    onPrint: (text: string) => void = () => undefined,
    signal?: AbortSignal,
  ) {
    let [stdout, stderr] = ['', ''];
    const exitCode = await main(['train', ...args], {
      stdout: { write: (text: string) => (onPrint(text), (stdout += text)) },
      stderr: { write: (text: string) => (stderr += text) },
      signal,
    });
    return { exitCode, stdout, stderr };
  }

  it('says what is wrong with what it was given', async () => {
    const there = path.join(folder, 'there.onnx');
    writeFileSync(there, '');
    const small = mkdtempSync(path.join(folder, 'small-'));
    await saveImage(randomPicture(40, 300), path.join(small, 'small.png'));
    const cases: [string[], RegExp][] = [
      [
        ['--style', style, '--out', 'my.pb'],
        /^my\.pb is not the name of an ONNX file\. Let it end in \.onnx\.\n$/,
      ],
      [
        ['--style', style, '--out', out, '--minutes', 'ten'],
        /^--minutes ten is out of range\. Choose a number from/,
      ],
      [
        ['--style', style, '--out', out, '--pairs', '1'],
        /^--pairs 1 is out of range\. Choose a whole number from 2/,
      ],
      [
        ['--style', style, '--out', out, '--network', 'vgg16'],
        /^--network vgg16 is unknown\. Choose vgg19 or vgg19-slim\.\n$/,
      ],
      [
        ['--style', style, '--out', there],
        /there\.onnx is there already\. Choose another --out, or replace it with --force\.\n$/,
      ],
      [
        ['--style', path.join(folder, 'none.png'), '--out', out],
        /^There is no picture at .*none\.png\. Check the path\.\n$/,
      ],
      [
        ['--style', style, '--out', out, '--photos', path.join(folder, 'nowhere')],
        /^Cannot read the folder of pictures/,
      ],
      [
        ['--style', style, '--out', out, '--photos', small],
        /has 224 pixels along both sides\. Name a folder of larger ones\.\n$/,
      ],
      [
        ['--style', style, '--out', path.join(style, 'my.onnx')],
        /^Cannot write to .*Choose another --out\.\n$/,
      ],
      [['--out', out], /--style <file>' not specified/],
    ];
    for (const [args, message] of cases) {
      const { exitCode, stderr } = await train(args);
      assert.match(stderr, message);
      assert.equal(exitCode, 2, args.join(' '));
    }
    assert.ok(!existsSync(out));
  });

  it('stops at Ctrl-C, goes on with the same command, and writes a network that paints', async () => {
    const args = ['--style', style, '--out', out, '--style-height', '64'];
    const controller = new AbortController();
    const stopped = await train(
      args,
      (text) => text.startsWith('step') && controller.abort('SIGINT'),
      controller.signal,
    );
    assert.equal(stopped.exitCode, 130);
    assert.match(stopped.stdout, /Stopped\. The same command goes on from .*my\.onnx\.checkpoint/);
    assert.ok(existsSync(`${out}.checkpoint`));
    const { exitCode, stdout } = await train([...args, '--minutes', '0.2']);
    assert.equal(exitCode, 0);
    assert.match(
      stdout,
      /Going on after \d+ s of training\.\n[^]*After \d+ steps: [\d.]+ on held-out photographs[^]*Saved/,
    );
    assert.ok(existsSync(out.replace('.onnx', '.preview.png')) && !existsSync(`${out}.checkpoint`));
    const { model, style: name } = await findModel(out);
    assert.equal(name, 'painting');
    assert.match(model.metadata.training, /steps in .* minutes from Wheatfield's base, judged by vgg19-slim/);
  }).timeout(240_000);
});
