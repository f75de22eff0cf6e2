/**
 * Takes the parts of the preset painter away one at a time, on one pair: a picture without each, the loss of each picture by the whole
 * preset's terms, and a sheet with all of them.
 *
 *     npx tsx bench/ablation.ts CONTENT STYLE [--network vgg19] [--height 288] [--evaluations 44] [--out results/ablation]
 *
 * A loss judges only what it asks for: the numbers say what a part does for the other parts, and the sheet what it does for the eye.
 */
import { Command } from 'commander';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import '../src/greeting';
import { pictureGrid } from '../src/notebook/plot/pictures';
import { type Picture, loadImage } from '../src/picture/image';
import { preprocess } from '../src/picture/preprocess';
import { saveImage } from '../src/picture/save';
import { PRESETS } from '../src/presets';
import { problemFromSettings } from '../src/problem/fromSettings';
import { type Problem, createProblem } from '../src/problem/problem';
import { type Settings, readSettings } from '../src/settings';
import { paint } from '../src/paint';

const { painter, chapter } = PRESETS;

/** What the preset is without each of its parts. */
const WITHOUT: Readonly<Record<string, Partial<Record<keyof Settings, unknown>>>> = {
  nothing: {},
  'the draft': { init: chapter.init },
  'the pyramid': { variables: chapter.variables },
  shares: {
    measure: chapter.measure,
    contentWeight: chapter.contentWeight,
    styleWeight: chapter.styleWeight,
    tvWeight: chapter.tvWeight,
    clippingWeight: chapter.clippingWeight,
  },
  'half and quarter size': {
    styleLayers: chapter.styleLayers,
    contentLayer: painter.contentLayer.slice(0, 1),
  },
  'quarter size': { styleLayers: painter.styleLayers.filter((layer) => !layer.endsWith('/4')) },
  'content at half size': { contentLayer: painter.contentLayer.slice(0, 1) },
  'content at block4': { contentLayer: chapter.contentLayer },
  'total variation': { tvWeight: 0 },
  'against clipping': { clippingWeight: 0 },
  'the margin': { margin: 0 },
  lanczos3: { resize: chapter.resize },
};

async function main(): Promise<void> {
  const command = new Command('ablation')
    .argument('<content>')
    .argument('<style>')
    .option('--network <name>', 'vgg19 or vgg19-slim', 'vgg19')
    .option('--height <n>', 'of the pictures', '288')
    .option('--evaluations <n>', 'for each picture', '44')
    .option('--out <dir>', 'where the pictures go', path.join('results', 'ablation'))
    .parse();
  const [content, style] = command.args as [string, string];
  const { network, height, evaluations, out } = command.opts<Record<string, string>>();
  const common = { content, style, network, height, evaluations };
  await mkdir(out, { recursive: true });

  const judge = await createProblem(
    problemFromSettings(readSettings({ ...common, variables: 'pixels', margin: 0 })),
  );
  const pictures: Record<string, Picture> = {
    'the content': await loadImage(content, { size: judge.source }),
  };
  const names = ['content', 'style', 'totalVariation', 'clipping'];
  console.log(`| without | ${names.join(' | ')} | loss | seconds |`);
  console.log(`| --- |${' --- |'.repeat(names.length + 2)}`);
  for (const [part, change] of Object.entries(WITHOUT)) {
    const settings = readSettings({ ...common, ...change });
    const began = performance.now();
    const picture = await paint({
      ...problemFromSettings(settings),
      evaluations: settings.evaluations,
    });
    const seconds = (performance.now() - began) / 1000;
    const { terms, loss } = await scored(judge, picture);
    const numbers = [...names.map((name) => terms[name]), loss, seconds].map((n) => n.toFixed(1));
    console.log(`| ${part} | ${numbers.join(' | ')} |`);
    await saveImage(picture, path.join(out, `without ${part}.png`));
    pictures[`without ${part}`] = picture;
  }
  await judge.dispose();
  const sheet = path.join(out, 'sheet.png');
  await writeFile(sheet, await pictureGrid(pictures, { columns: 3, pictureWidth: 512 }).png());
  console.log(`\nSheet: ${sheet}`);
}

/** The loss of a picture as it was saved, and its terms by name. */
async function scored(
  { lossAndGrads }: Problem,
  picture: Picture,
): Promise<{ loss: number; terms: Record<string, number> }> {
  const x = preprocess(picture);
  const { value, terms } = await lossAndGrads(x.dataSync<'float32'>());
  x.dispose();
  return {
    loss: Number(value.data[0]),
    terms: Object.fromEntries(Object.entries(terms).map(([name, { data }]) => [name, Number(data[0])])),
  };
}

void main();
