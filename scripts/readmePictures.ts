/**
 * Makes the README's pictures by the commands that stand beside them.
 *
 *     npx tsx scripts/readmePictures.ts [start] [lake] [singapore]
 *
 * Without names it makes all three. lake needs VGG19's weights; it takes a few minutes.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { main as wheatfield } from '../src/commandLine/cli';
import { PROJECT_FOLDER } from '../src/project';

const PICTURES = path.join(PROJECT_FOLDER, 'img', 'readme');
const GAP = 10;
/** Of start.jpg: content and style above, the result below at the width of both. */
const TOP_HEIGHT = 288;

/** The arguments of the command that leaves its pictures in results/NAME, from where it stands. */
function argumentsOf(name: string): string[] {
  const { scripts } = JSON.parse(readFileSync(path.join(PROJECT_FOLDER, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const commands = [
    scripts.start,
    ...readFileSync(path.join(PROJECT_FOLDER, 'README.md'), 'utf8').split('\n'),
  ];
  const command = commands.find((line) => new RegExp(`--out results/${name}( |$)`).test(line));
  if (!command) throw new Error(`No command writes to results/${name}.`);
  return command.split(' ').slice(command.split(' ').indexOf('transfer'));
}

/** The last picture of the command, which is run in a folder of its own. */
async function painted(name: string): Promise<Buffer> {
  const out = await mkdtemp(path.join(tmpdir(), 'wheatfield-readme-'));
  try {
    const args = argumentsOf(name);
    args[args.indexOf('--out') + 1] = out;
    const exitCode = await wheatfield(args, { stdout: process.stdout, stderr: process.stderr });
    if (exitCode !== 0) throw new Error(`The command for ${name} ended with ${exitCode}.`);
    const last = (await readdir(out))
      .filter((file) => file.startsWith('result_at_'))
      .sort()
      .at(-1);
    return await sharp(path.join(out, last as string))
      .png()
      .toBuffer();
  } finally {
    await rm(out, { recursive: true });
  }
}

/** Content and style side by side, and below them the result, as wide as both. */
async function start(): Promise<Buffer> {
  const args = argumentsOf('start');
  const row = [];
  let width = -GAP;
  for (const flag of ['--content', '--style']) {
    const { data, info } = await sharp(path.join(PROJECT_FOLDER, args[args.indexOf(flag) + 1]))
      .resize({ height: TOP_HEIGHT })
      .png()
      .toBuffer({ resolveWithObject: true });
    row.push({ input: data, left: width + GAP, top: 0 });
    width += GAP + info.width;
  }
  const { data, info } = await sharp(await painted('start'))
    .resize({ width })
    .png()
    .toBuffer({ resolveWithObject: true });
  const top = TOP_HEIGHT + GAP;
  return sharp({ create: { width, height: top + info.height, channels: 3, background: 'white' } })
    .composite([...row, { input: data, left: 0, top }])
    .png()
    .toBuffer();
}

const MAKERS = {
  start: { file: 'start.jpg', make: start },
  lake: { file: 'lake-vgg19.jpg', make: () => painted('lake') },
  singapore: { file: 'singapore.jpg', make: () => painted('singapore') },
};

async function main(): Promise<void> {
  process.chdir(PROJECT_FOLDER);
  const wanted = process.argv.slice(2);
  for (const [name, { file, make }] of Object.entries(MAKERS)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    await sharp(await make())
      .jpeg({ quality: 90 })
      .toFile(path.join(PICTURES, file));
    console.log(`Saved as ${path.join(PICTURES, file)}`);
  }
}

void main();
