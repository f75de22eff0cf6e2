/**
 * What counts of vgg19-slim: how much of VGG19's own loss a transfer through it sheds.
 *
 *     npx tsx scripts/scoreSlim.ts [--slim FILE] [--weights FILE] [--picture FILE] CONTENT STYLE [CONTENT STYLE]...
 *
 * Each pair is transferred twice, with VGG19 and with vgg19-slim, from the content picture, for 42 evaluations with the chapter's loss.
 * Both saved pictures are then scored by VGG19's loss. With --picture all are put side by side: content, style, VGG19, vgg19-slim.
 */
import * as tf from '@tensorflow/tfjs';
import { Command } from 'commander';
import sharp from 'sharp';
import { type Picture, loadImage } from '../src/picture/image';
import type { NetworkName } from '../src/network/chooseNetwork';
import { type PreparedTransfer, prepareTransfer } from '../src/prepare';
import { preprocess } from '../src/picture/preprocess';
import { type Settings, readSettings } from '../src/settings';
import { transfer } from '../src/transfer';

/** The step that exceeds 41 is the 42nd, or soon after it. */
const EVALUATIONS = 41;
const HEIGHT = 400;
const SHOWN_HEIGHT = 240;
const GAP = 8;

interface Flags {
  slim?: string;
  weights?: string;
  picture?: string;
}

async function transferred(problem: PreparedTransfer, settings: Settings) {
  for await (const event of transfer(problem, settings)) {
    if (event.type === 'iteration') return event;
    if (event.type === 'end') throw new Error(event.message);
  }
  throw new Error('The transfer ended without a picture.');
}

async function scored({ lossAndGrads }: PreparedTransfer, picture: Picture): Promise<number> {
  const x = preprocess(picture);
  const { value } = await lossAndGrads(x);
  x.dispose();
  return Number(value.data[0]);
}

async function main(): Promise<void> {
  const command = new Command('scoreSlim')
    .option('--slim <file>', "vgg19-slim's weights; default those in models/")
    .option('--weights <file>', "VGG19's weights; else they are looked for, then downloaded")
    .option('--picture <file>', 'puts the pictures side by side there')
    .argument('<pictures...>')
    .parse();
  const { slim, weights, picture } = command.opts<Flags>();
  await tf.setBackend('cpu');
  const rows: Picture[][] = [];
  console.log(
    '| content | style | content picture | VGG19 | vgg19-slim | shed |\n| --- | --- | --- | --- | --- | --- |',
  );
  for (let i = 0; i + 1 < command.args.length; i += 2) {
    const [content, style] = command.args.slice(i, i + 2) as [string, string];
    const settings = (network: NetworkName) =>
      readSettings({
        content,
        style,
        network,
        weights: network === 'vgg19' ? weights : slim,
        height: HEIGHT,
        iterations: 1,
        evaluations: EVALUATIONS,
      });
    const judge = await prepareTransfer(settings('vgg19'));
    const full = await transferred(judge, settings('vgg19'));
    const student = await prepareTransfer(settings('vgg19-slim'));
    const small = await transferred(student, settings('vgg19-slim'));
    await student.dispose();
    const { height, width } = judge;
    const size = { height, width };
    const original = await loadImage(content, { size });
    const [before, byFull, bySlim] = [
      await scored(judge, original),
      await scored(judge, full.picture),
      await scored(judge, small.picture),
    ];
    await judge.dispose();
    const shed = (100 * (before - bySlim)) / (before - byFull);
    const millions = [before, byFull, bySlim].map((loss) => (loss / 1e6).toFixed(1));
    console.log(`| ${content} | ${style} | ${millions.join(' | ')} | ${shed.toFixed(1)} % |`);
    rows.push([original, await loadImage(style, { size }), full.picture, small.picture]);
  }
  if (picture) await sideBySide(rows, picture);
}

/** Saves rows of pictures of one height, each row's pictures of one width. */
async function sideBySide(rows: readonly Picture[][], file: string): Promise<void> {
  const placed: { input: Buffer; left: number; top: number }[] = [];
  let right = 0;
  for (const [i, row] of rows.entries()) {
    let left = 0;
    for (const { data, width, height } of row) {
      const shown = Math.round((width * SHOWN_HEIGHT) / height);
      const input = await sharp(data, { raw: { width, height, channels: 3 } })
        .resize(shown, SHOWN_HEIGHT)
        .png()
        .toBuffer();
      placed.push({ input, left, top: i * (SHOWN_HEIGHT + GAP) });
      left += shown + GAP;
    }
    right = Math.max(right, left - GAP);
  }
  const height = rows.length * (SHOWN_HEIGHT + GAP) - GAP;
  await sharp({ create: { width: right, height, channels: 3, background: 'white' } })
    .composite(placed)
    .jpeg({ quality: 88 })
    .toFile(file);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
