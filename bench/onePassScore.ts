/**
 * How good one pass is: its picture's loss beside those of the slow way after 20 and 50 evaluations, by the painter preset's own loss. The
 * slow way moves pixels and begins at the photograph.
 *
 *     npx tsx bench/onePassScore.ts --photos A.jpg B.jpg --style painting.jpg --model my.onnx
 *
 * All pictures are scored alike, without a margin. The photographs and the painting should be ones that the network was not trained on.
 */
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { Command } from 'commander';
import '../src/greeting';
import { type Picture, chapterSize, loadImage, pictureSize } from '../src/picture/image';
import { preprocess } from '../src/picture/preprocess';
import { problemFromSettings } from '../src/problem/fromSettings';
import { createProblem } from '../src/problem/problem';
import { readSettings } from '../src/settings';
import { paint } from '../src/paint';
import { findModel } from '../src/stylize/models';
import { openStylizer } from '../src/stylize/stylizer';

interface Flags {
  photos: string[];
  style: string;
  model: string;
  models?: string;
  height: string;
  network: string;
  evaluations: string[];
}

async function main(): Promise<void> {
  const flags = new Command('onePassScore')
    .requiredOption('--photos <files...>', 'photographs')
    .requiredOption('--style <file>', 'the painting')
    .requiredOption('--model <name|file>', 'a bundled style, or a file of wheatfield train')
    .option('--models <dir>', 'another folder of bundled styles')
    .option('--height <pixels>', 'of all pictures', '256')
    .option('--network <name>', 'the network that judges', 'vgg19')
    .option('--evaluations <n...>', 'of the slow way', ['20', '50'])
    .parse()
    .opts<Flags>();
  await tf.setBackend('cpu');
  const { style, network, evaluations } = flags;
  const height = Number(flags.height);
  const stylizer = await openStylizer(await findModel(flags.model, flags.models));
  const columns = ['photograph', ...evaluations.map((n) => `${n} evaluations`), 'one pass'];
  console.log(`| ${['', ...columns].join(' | ')} |\n|${' --- |'.repeat(columns.length + 1)}`);
  const rows: number[][] = [];
  for (const content of flags.photos) {
    const slow = { variables: 'pixels', init: 'content', margin: 0 } as const;
    const settings = readSettings({ content, style, height, network, ...slow });
    const { imgHeight, imgWidth } = chapterSize(await pictureSize(content), height);
    const photograph = await loadImage(content, { size: { height: imgHeight, width: imgWidth } });
    const score = await openScore({ content, style, height, network });
    const row = [await score.of(photograph)];
    for (const n of evaluations) {
      row.push(await score.of(await paint({ ...problemFromSettings(settings), evaluations: Number(n) })));
    }
    row.push(await score.of(await stylizer.stylize(photograph)));
    await score.dispose();
    rows.push(row);
    console.log(line(path.basename(content), row));
  }
  await stylizer.dispose();
  console.log(
    line(
      'median',
      columns.map((_, i) => median(rows.map((row) => row[i]))),
    ),
  );
}

/** The painter's loss of a picture of the result's size. */
async function openScore(given: { content: string; style: string; height: number; network: string }) {
  const settings = readSettings({ ...given, variables: 'pixels', margin: 0 });
  const { lossAndGrads, dispose } = await createProblem(problemFromSettings(settings));
  return {
    of: async (picture: Picture) => {
      const x = preprocess(picture);
      const { value } = await lossAndGrads(x.dataSync<'float32'>());
      x.dispose();
      return Number(value.data[0]);
    },
    dispose,
  };
}

function median(list: readonly number[]): number {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
}

function line(name: string, row: readonly number[]): string {
  return `| ${[name, ...row.map((loss) => loss.toFixed(1))].join(' | ')} |`;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
