/**
 * What counts of vgg19-slim: how much of VGG19's own loss a transfer through it sheds.
 *
 *     npx tsx scripts/scoreSlim.ts [--slim FILE] [--weights FILE] [--picture FILE] CONTENT STYLE [CONTENT STYLE]...
 *
 * Each pair is transferred twice, with VGG19 and with vgg19-slim; both pictures are scored by VGG19. With --picture all are put side by
 * side: content, style, VGG19, vgg19-slim.
 */
import * as tf from '@tensorflow/tfjs';
import { Command } from 'commander';
import path from 'node:path';
import sharp from 'sharp';
import '../src/greeting';
import type { Picture } from '../src/picture/image';
import { transferScore } from '../src/distil/transferScore';

const SHOWN_HEIGHT = 240;
const GAP = 8;

interface Flags {
  slim?: string;
  weights?: string;
  picture?: string;
}

async function main(): Promise<void> {
  const command = new Command('scoreSlim')
    .option('--slim <file>', "vgg19-slim's weights; default those in models/")
    .option('--weights <file>', "VGG19's weights; else they are looked for, then downloaded")
    .option('--picture <file>', 'puts the pictures side by side there')
    .argument('<pictures...>')
    .parse();
  const { slim, weights, picture } = command.opts<Flags>();
  if (command.args.length % 2 === 1)
    command.error('The last content picture has no style. Give pairs of pictures.');
  await tf.setBackend('cpu');
  const rows: Picture[][] = [];
  console.log('| content | style | content picture | VGG19 | vgg19-slim | shed |');
  console.log('| --- | --- | --- | --- | --- | --- |');
  for (let i = 0; i + 1 < command.args.length; i += 2) {
    const [content, style] = command.args.slice(i, i + 2) as [string, string];
    const { losses, shed, pictures } = await transferScore(
      { content, style },
      { vgg19: weights, 'vgg19-slim': slim },
    );
    const millions = [losses.before, losses.vgg19, losses.slim].map((loss) => (loss / 1e6).toFixed(1));
    const names = [content, style].map((file) => path.basename(file));
    console.log(`| ${[...names, ...millions, `${(100 * shed).toFixed(1)} %`].join(' | ')} |`);
    rows.push([pictures.content, pictures.style, pictures.vgg19, pictures.slim]);
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
