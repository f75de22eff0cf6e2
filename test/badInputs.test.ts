/** Everything wrong that a command line can be given, in one table: each is refused in one sentence, before anything is written. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { main } from '../src/commandLine/cli';
import { type OpenNetwork, openNetwork as openVgg19 } from '../src/network/network';
import { TINY_WEIGHTS } from './fixtures/vgg19/reference';
import { plainTiff } from './helpers/plainTiff';
import { openTinyVgg19, tinyPictures } from './helpers/tinyVgg19';

const folder = mkdtempSync(path.join(tmpdir(), 'wheatfield-bad-'));
const at = (...parts: string[]) => path.join(folder, ...parts);
const out = at('out');

/** Flags of `wheatfield transfer`, or all arguments where they begin with a command; and what is said. */
type Row = [what: string, args: readonly string[], says: RegExp];

const whole = (flag: string, least: number, most: number, received: string) =>
  new RegExp(
    `^\\w+ \\(${flag}\\) cannot be '${received}'\\. Give a whole number from ${least} to ${most}\\.$`,
  );
const weight = (flag: string, received: string) =>
  new RegExp(`^\\w+ \\(${flag}\\) cannot be '${received}'\\. Give a number from 0 to 1000000000000\\.$`);
const layers = (flag: string) =>
  new RegExp(`^\\w+ \\(${flag}\\) cannot be '.*'\\. Give names of layers, each once, such as .*\\.$`);
const convert = String.raw`Convert it first, to jpeg, png, webp, tiff, gif, avif\.$`;
const unreadable = (file: string) =>
  new RegExp(`^The picture .*${file} is of no kind that can be read\\. ${convert}`);
const damaged = (file: string) =>
  new RegExp(`^The picture .*${file} is damaged: .+\\. Name another file\\.$`);
/** Where the library tells by the header, the first; where by the pixels, the second. */
const cut = (file: string) => new RegExp(`(${unreadable(file).source})|(${damaged(file).source})`);
const tooMany = (size: string) =>
  new RegExp(`^The picture .* has ${size} pixels, more than 268402689\\. Make it smaller first\\.$`);
const tooSmall = (least: number, layer: string, came: string) =>
  new RegExp(
    `^The layer ${layer} needs at least ${least} x ${least} pixels, but it would see ${came}\\. Raise the height, `,
  );

const NUMBERS: Row[] = [
  ['a height of nothing', ['--height', '0'], whole('--height', 2, 16383, '0')],
  ['a height of one', ['--height', '1'], whole('--height', 2, 16383, '1')],
  ['a negative height', ['--height', '-1'], whole('--height', 2, 16383, '-1')],
  ['a negative height after an equals sign', ['--height=-400'], whole('--height', 2, 16383, '-400')],
  ['a huge height', ['--height', '1e9'], whole('--height', 2, 16383, '1e9')],
  ['a height beyond all numbers', ['--height', '1e999'], whole('--height', 2, 16383, '1e999')],
  ['a height with a fraction', ['--height', '400.5'], whole('--height', 2, 16383, '400.5')],
  ['a height with its unit', ['--height', '400px'], whole('--height', 2, 16383, '400px')],
  ['a height that is NaN', ['--height', 'NaN'], whole('--height', 2, 16383, 'NaN')],
  ['a height of no text', ['--height', ''], whole('--height', 2, 16383, '')],
  ['a negative seed', ['--seed', '-1'], whole('--seed', 0, 4294967295, '-1')],
  ['a seed beyond 32 bits', ['--seed', '4294967296'], whole('--seed', 0, 4294967295, '4294967296')],
  ['a seed that is NaN', ['--seed', 'NaN'], whole('--seed', 0, 4294967295, 'NaN')],
  ['no iterations', ['--iterations', '0'], whole('--iterations', 1, 1000000, '0')],
  ['negative iterations', ['--iterations', '-5'], whole('--iterations', 1, 1000000, '-5')],
  ['huge iterations', ['--iterations', '1e300'], whole('--iterations', 1, 1000000, '1e300')],
  ['iterations that are NaN', ['--iterations', 'NaN'], whole('--iterations', 1, 1000000, 'NaN')],
  ['a part of an evaluation', ['--evaluations', '2.5'], whole('--evaluations', 1, 1000000, '2.5')],
  ['negative evaluations', ['--evaluations', '-20'], whole('--evaluations', 1, 1000000, '-20')],
  ['infinite evaluations', ['--evaluations', 'Infinity'], whole('--evaluations', 1, 1000000, 'Infinity')],
  ['no threads', ['--threads', '0'], whole('--threads', 1, 1024, '0')],
  ['negative threads', ['--threads', '-2'], whole('--threads', 1, 1024, '-2')],
  ['a million threads', ['--threads', '1000000'], whole('--threads', 1, 1024, '1000000')],
  ['threads that are NaN', ['--threads', 'NaN'], whole('--threads', 1, 1024, 'NaN')],
  ['a negative content weight', ['--content-weight', '-0.025'], weight('--content-weight', '-0.025')],
  ['a content weight that is NaN', ['--content-weight', 'NaN'], weight('--content-weight', 'NaN')],
  ['an infinite style weight', ['--style-weight', 'Infinity'], weight('--style-weight', 'Infinity')],
  ['a huge style weight', ['--style-weight', '1e13'], weight('--style-weight', '1e13')],
  ['a style weight in words', ['--style-weight', 'much'], weight('--style-weight', 'much')],
  ['a total variation weight that is NaN', ['--tv-weight', 'NaN'], weight('--tv-weight', 'NaN')],
  ['a negative total variation weight', ['--tv-weight', '-1e-4'], weight('--tv-weight', '-1e-4')],
  ['a total variation weight of a space', ['--tv-weight', ' '], weight('--tv-weight', ' ')],
  [
    'weights that are all 0',
    ['--chapter', '--content-weight', '0', '--style-weight', '0', '--tv-weight', '0'],
    /^Every weight is 0, so there is nothing to minimise\. Raise the weight of one term\.$/,
  ],
];

const OPTIONS: Row[] = [
  [
    'no bounds for variables that have none',
    ['--no-bounds'],
    /^A pyramid is displayable without bounds, so --no-bounds has nothing to change\. Leave it out, or add --variables pixels\.$/,
  ],
  ['an unknown option', ['--shade', 'red'], /^unknown option '--shade'$/],
  [
    'a choice of colours that there is not',
    ['--color', 'blue'],
    /^color \(--color\) cannot be 'blue'\. Give style or content or luminance\.$/,
  ],
  [
    'an option misspelt',
    ['--styl-weight', '3'],
    /^unknown option '--styl-weight' \(Did you mean --style-weight\?\)$/,
  ],
  ['an option in capitals', ['--HEIGHT', '3'], /^unknown option '--HEIGHT'/],
  ['an option without its value', ['--height'], /^option '--height <n>' argument missing$/],
  ['a value for an option that has none', ['--bounds=yes'], /^unknown option '--bounds=yes'/],
  ['something that is no option', ['surplus'], /^too many arguments for 'transfer'/],
  [
    'another way of resizing',
    ['--resize', 'cubic'],
    /^resize \(--resize\) cannot be 'cubic'\. Give lanczos3 or nearest\.$/,
  ],
  ['a start that is no picture', ['--init', 'random'], /^There is no picture at random\. Check the path\.$/],
  [
    'another rounding',
    ['--rounding', 'floor'],
    /^rounding \(--rounding\) cannot be 'floor'\. Give round or truncate\.$/,
  ],
  [
    'no content picture at all',
    ['transfer', '--style', 'a.jpg'],
    /^content \(--content\) is missing\. Give the path of a file\.$/,
  ],
  [
    'no style picture at all',
    ['transfer', '--content', 'a.jpg'],
    /^style \(--style\) is missing\. Give the paths of one or more files\.$/,
  ],
  [
    'a content picture without a name',
    ['--content', ''],
    /^content \(--content\) cannot be ''\. Give the path of a file\.$/,
  ],
  ['an unknown command', ['tranfser'], /^unknown command 'tranfser' \(Did you mean transfer\?\)$/],
  ['an unknown option of resume', ['resume', 'results', '--height', '3'], /^unknown option '--height'$/],
  ['resume without a folder', ['resume'], /^missing required argument 'dir'$/],
  ['resume with two', ['resume', 'a', 'b'], /^too many arguments for 'resume'/],
];

const LAYERS: Row[] = [
  [
    'a layer that VGG19 does not have',
    ['--style-layers', 'block6_conv1'],
    /^There is no layer 'block6_conv1' in VGG19\. The layers are block1_conv1, .*; the closest is block1_conv1\.$/,
  ],
  [
    'a layer that no network has',
    ['--content-layer', 'hidden'],
    /^There is no layer 'hidden' in VGG19\. The layers are block1_conv1, /,
  ],
  [
    'the name of a property that every object has',
    ['--content-layer', 'constructor'],
    /^There is no layer 'constructor' in VGG19\. /,
  ],
  [
    'a layer that pools, of vgg19-slim',
    ['--network', 'vgg19-slim', '--content-layer', 'block4_pool'],
    /^vgg19-slim gives convolution layers only, not block4_pool\. Choose a layer such as block4_conv2, or the network vgg19\.$/,
  ],
  ['a layer twice', ['--content-layer', 'block5_conv2', 'block5_conv2'], layers('--content-layer')],
  [
    'a layer twice, with shares',
    ['--style-layers', 'block1_conv1,block1_conv1:0.5'],
    layers('--style-layers'),
  ],
  ['no layer', ['--content-layer', ''], layers('--content-layer')],
  ['a comma too many', ['--style-layers', 'block1_conv1,'], layers('--style-layers')],
  ['a share in words', ['--content-layer', 'block5_conv2:much'], layers('--content-layer')],
  ['a negative share', ['--content-layer', 'block5_conv2:-1'], layers('--content-layer')],
  ['a share that is NaN', ['--style-layers', 'block1_conv1:NaN'], layers('--style-layers')],
  ['a share beyond all numbers', ['--style-layers', 'block1_conv1:1e999'], layers('--style-layers')],
  ['two shares', ['--style-layers', 'block1_conv1:1:2'], layers('--style-layers')],
];

const PICTURES: Row[] = [
  [
    'a picture that is not there',
    ['--content', 'nowhere.png'],
    /^There is no picture at nowhere\.png\. Check the path\.$/,
  ],
  [
    'a picture in a file instead of a folder',
    ['--content', at('content.png', 'a.png')],
    /^There is no picture at .*a\.png\. Check the path\.$/,
  ],
  ['a folder', ['--style', folder], /^.* is a folder, not a picture\. Name a file\.$/],
  [
    'a name that is too long',
    ['--style', 'x'.repeat(5000)],
    /^There is no picture at x+\. Check the path\.$/,
  ],
  [
    'an address',
    ['--content', 'https://example.org/a.jpg'],
    /^The address https:\/\/example\.org\/a\.jpg is not a picture on this machine\. Download it first\.$/,
  ],
  [
    'an address of a file',
    ['--content', 'file:///tmp/a.jpg'],
    /^The address file:\/\/\/tmp\/a\.jpg is not a picture on this machine\. Download it first\.$/,
  ],
  [
    'a picture within an address',
    ['--style', 'data:image/png;base64,iVBORw0KGgo='],
    /^The address data:image\/png;.* is not a picture on this machine\. Download it first\.$/,
  ],
  [
    'an empty file',
    ['--content', at('empty.jpg')],
    /^The picture .*empty\.jpg is empty\. Name another file\.$/,
  ],
  ['zeros', ['--content', at('zeros.jpg')], unreadable('zeros\\.jpg')],
  ['text with the name of a picture', ['--content', at('text.png')], unreadable('text\\.png')],
  ['a page with the name of a picture', ['--content', at('page.jpg')], unreadable('page\\.jpg')],
  ['a signature and nothing after it', ['--content', at('signature.png')], unreadable('signature\\.png')],
  ['a PDF', ['--content', at('a.pdf')], unreadable('a\\.pdf')],
  ['a Windows bitmap', ['--content', at('a.bmp')], unreadable('a\\.bmp')],
  ['a HEIC', ['--content', at('a.heic')], new RegExp(`^The picture .*a\\.heic is heic\\. ${convert}`)],
  [
    'a HEIC with the name of a JPEG',
    ['--content', at('heic.jpg')],
    new RegExp(`^The picture .*heic\\.jpg is heic\\. ${convert}`),
  ],
  ['an SVG', ['--content', at('plain.svg')], new RegExp(`^The picture .*plain\\.svg is svg\\. ${convert}`)],
  [
    'an SVG that refers to other files',
    ['--content', at('external.svg')],
    new RegExp(`^The picture .*external\\.svg is svg\\. ${convert}`),
  ],
  [
    'an SVG with the name of a PNG',
    ['--content', at('svg.png')],
    new RegExp(`^The picture .*svg\\.png is svg\\. ${convert}`),
  ],
  ['an SVG whose entities multiply', ['--content', at('entities.svg')], unreadable('entities\\.svg')],
  ['half a JPEG', ['--content', at('half.jpg')], damaged('half\\.jpg')],
  ['half a PNG', ['--style', at('half.png')], damaged('half\\.png')],
  ['half a WebP', ['--content', at('half.webp')], cut('half\\.webp')],
  ['half a TIFF', ['--content', at('half.tif')], cut('half\\.tif')],
  ['a PNG whose bytes were changed on the way', ['--content', at('changed.png')], damaged('changed\\.png')],
  ['a small PNG that claims 10 billion pixels', ['--content', at('bomb.png')], tooMany('100000 x 100000')],
  ['a small PNG that claims 2 billion columns', ['--style', at('wide.png')], /^The picture .*wide\.png /],
  ['a small WebP that claims 268 million pixels', ['--content', at('bomb.webp')], cut('bomb\\.webp')],
  ['a small TIFF that claims 10 billion pixels', ['--content', at('bomb.tif')], tooMany('100000 x 100000')],
  [
    'a TIFF of floating-point numbers',
    ['--content', at('float.tif')],
    /^The picture .*float\.tif has values of the type float\. Convert it first, to 8 or 16 bits a channel\.$/,
  ],
];

const SIZES: Row[] = [
  [
    'a picture of one pixel, at a height too small for its layers',
    ['--chapter', '--content', at('pixel.png'), '--height', '8'],
    tooSmall(16, 'block5_conv2', '8 x 8'),
  ],
  [
    'a height too small for the deepest layer',
    ['--height', '15', '--chapter'],
    tooSmall(16, 'block5_conv2', '18 x 15'),
  ],
  [
    'a height too small for the last layer',
    ['--chapter', '--height', '31', '--content-layer', 'block5_pool'],
    tooSmall(32, 'block5_pool', '38 x 31'),
  ],
  [
    'a picture far too tall',
    ['--content', at('tall.png'), '--height', '400'],
    /^A picture of 1 x 2000 pixels is less than 1 pixel wide at height 400\. Crop it\.$/,
  ],
  [
    'a tall picture, too narrow for its layers',
    ['--chapter', '--content', at('tall.png'), '--height', '4000'],
    tooSmall(16, 'block5_conv2', '2 x 4000'),
  ],
  [
    'a height too small for a layer at a quarter of it',
    ['--height', '20'],
    tooSmall(16, 'block5_conv1', '14 x 13'),
  ],
  [
    'a style picture too low for a layer at a quarter of it',
    ['--style', at('wide2000.png'), '--height', '80'],
    tooSmall(16, 'block5_conv1', '33 x 8'),
  ],
  [
    'a picture far too wide',
    ['--content', at('wide2000.png'), '--height', '400'],
    /^A result of 800000 x 400 has more than 268402689 pixels\. Lower the height, or crop the picture\.$/,
  ],
  [
    'the greatest height with a wide picture',
    ['--content', at('wide2000.png'), '--height', '16383'],
    /^A result of 32766000 x 16383 has more than 268402689 pixels\. Lower the height, or crop the picture\.$/,
  ],
];

const PLACES: Row[] = [
  [
    'an --out that is a file',
    ['--out', at('content.png')],
    /^.*content\.png is a file, not a folder for the results\. Choose another --out\.$/,
  ],
  [
    'an --out that lies in a file',
    ['--out', at('content.png', 'sub')],
    /^.*content\.png is a file, not a folder for the results\. Choose another --out\.$/,
  ],
  ['an --out without a name', ['--out', ''], /^out \(--out\) cannot be ''\. Give the path of a folder\.$/],
  [
    'an --out whose name is too long',
    ['--out', at('x'.repeat(300))],
    /^Cannot read .*x: .*\. Choose another --out\.$/,
  ],
  [
    'an --out that holds results',
    ['--out', at('results')],
    /^.*results already holds losses\.json of another run\. Choose another --out, replace that run with --force, or continue it: wheatfield resume .*results$/,
  ],
  [
    'an --out that another run works in',
    ['--out', at('busy'), '--force'],
    new RegExp(
      `^Process ${process.pid} is at work in .*busy\\. Wait for it, or choose another --out; if that process is not Wheatfield, delete .*\\.$`,
    ),
  ],
];

const RESUMED: Row[] = [
  [
    'resume of nothing',
    ['resume', at('nowhere')],
    /^There is no run in .*nowhere: it holds no settings\.json\. Check the path\.$/,
  ],
  [
    'resume of a file',
    ['resume', at('content.png')],
    /^There is no run in .*content\.png: it holds no settings\.json\. Check the path\.$/,
  ],
  ['resume of a run at work', ['resume', at('busy')], new RegExp(`^Process ${process.pid} is at work in `)],
  [
    'resume with NaN iterations',
    ['resume', at('run'), '--iterations', 'NaN'],
    whole('--iterations', 1, 1000000, 'NaN'),
  ],
  [
    'resume with negative iterations',
    ['resume', at('run'), '--iterations', '-1'],
    whole('--iterations', 1, 1000000, '-1'),
  ],
  [
    'settings.json that is not JSON',
    ['resume', at('notJson')],
    /^The settings of a run in .*settings\.json are damaged\. Start a new run with wheatfield transfer --force\.$/,
  ],
  [
    'settings.json that is something else',
    ['resume', at('notSettings')],
    /^The settings of a run in .*settings\.json are damaged\. Start a new run with wheatfield transfer --force\.$/,
  ],
  [
    'settings.json with a setting out of range',
    ['resume', at('outOfRange')],
    /^height \(--height\) cannot be -3\. Give a whole number from 2 to 16383\.$/,
  ],
  [
    'losses.json that is damaged',
    ['resume', at('lossesCut')],
    /^The losses of a run in .*losses\.json are damaged\. Start a new run with wheatfield transfer --force\.$/,
  ],
  [
    'a checkpoint cut short',
    ['resume', at('checkpointCut')],
    /^.*checkpoint\.bin is not a whole checkpoint \(wheatfield-checkpoint-1\)\. Start a new run with wheatfield transfer --force\.$/,
  ],
  [
    'a checkpoint that is something else',
    ['resume', at('checkpointOther')],
    /^.* is not a whole checkpoint \(wheatfield-checkpoint-1\)/,
  ],
  [
    'a checkpoint of another size',
    ['resume', at('checkpointSize')],
    /^The checkpoint has \d+ variables, but this transfer has 19119\. Resume it with the size that it began with\.$/,
  ],
  [
    'a content picture that has changed',
    ['resume', at('pictureChanged')],
    /^These inputs changed since the run started: the content picture .*\. Put them back, or start a new run\.$/,
  ],
  [
    'weights that have changed',
    ['resume', at('weightsChanged')],
    /^These inputs changed since the run started: the weights .*\. Put them back, or start a new run\.$/,
  ],
];

/** With the real network's reader. Only block1_conv1 is read, so that the files can be small. */
const shallow = [
  '--network',
  'vgg19',
  '--content-layer',
  'block1_conv1',
  '--style-layers',
  'block1_conv1',
  '--weights',
];
const WEIGHTS: Row[] = [
  [
    'weights that are not there',
    [...shallow, at('none.h5')],
    /^The weights file .*none\.h5 does not exist\. Change the path given\.$/,
  ],
  [
    'weights that are a folder',
    [...shallow, folder],
    /^The weights file .* is a folder or a device, not a file\. Change the path given\.$/,
  ],
  [
    "vgg19-slim's weights that are not there",
    ['--network', 'vgg19-slim', '--weights', at('nope')],
    /^The weights file .*nope does not exist\. Change the path given\.$/,
  ],
  [
    "vgg19-slim's weights that are a folder",
    ['--network', 'vgg19-slim', '--weights', folder],
    /^The weights file .* is a folder or a device, not a file\. Change the path given\.$/,
  ],
  [
    "vgg19-slim's weights that are a picture",
    ['--network', 'vgg19-slim', '--weights', at('content.png')],
    /^.*content\.png is not a whole safetensors file: its header is cut short\. Fetch it again, or name another file\.$/,
  ],
  [
    'weights that are not HDF5',
    [...shallow, at('text.png')],
    /^.*text\.png is not an HDF5 file, so it does not hold Keras's weights\. Name another file\.$/,
  ],
  [
    'weights that are empty',
    [...shallow, at('empty.jpg')],
    /^.*empty\.jpg is not an HDF5 file, so it does not hold Keras's weights\. Name another file\.$/,
  ],
  [
    'weights that are cut short',
    [...shallow, at('cut.h5')],
    /^.*cut\.h5 is cut short or damaged\. Delete it and fetch it again\.$/,
  ],
  [
    'weights that end after the signature',
    [...shallow, at('signature.h5')],
    /^.*signature\.h5 is cut short or damaged\. /,
  ],
  [
    'weights of another network',
    [...shallow, TINY_WEIGHTS],
    /^VGG19's block1_conv1 has weights of shapes 3 x 3 x 3 x 64 and 64, but .* has 3 x 3 x 3 x 2 and 2\. It belongs to another network: name another file\.$/,
  ],
  [
    'weights of a network with other layers',
    [...shallow, at('otherLayers.h5')],
    /^.*otherLayers\.h5 does not hold VGG19's weights: it has no layer block1_conv1, only conv1\. Name another file\.$/,
  ],
  [
    'weights of another program',
    [...shallow, at('noNames.h5')],
    /^.*noNames\.h5 has no attribute layer_names, so it is not a weights file of Keras\. Name another file; /,
  ],
  [
    'weights with a NaN',
    [...shallow, at('nan.h5')],
    /^block1_conv1 in .*nan\.h5 holds a NaN or an infinity\. Name another file\.$/,
  ],
  [
    'weights of another type',
    [...shallow, at('double.h5')],
    /^block1_conv1 in .*double\.h5 holds numbers that are not float32\. Name a file of float32 weights\.$/,
  ],
];

/** The program in this process, on small pictures. */
async function wheatfield(args: readonly string[], openNetwork: OpenNetwork) {
  const isCommand = ['transfer', 'resume', 'tranfser'].includes(args[0]);
  const pictures = ['--content', at('content.png'), '--style', at('style.png'), '--height', '32'];
  const quick = ['--iterations', '1', '--evaluations', '1', '--threads', '1', '--out', out];
  const [stdout, stderr] = [kept(), kept()];
  const all = isCommand ? args : ['transfer', ...pictures, ...quick, ...args];
  const exitCode = await main(all, { stdout, stderr, openNetwork });
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}

function kept() {
  const stream = { text: '', write: (text: string) => (stream.text += text) };
  return stream;
}

/** Every file below the folder with its bytes: what a refusal must leave as it was. */
function everything(): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    names.map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      return [file, entry.isFile() ? readFileSync(file).toString('latin1') : ''];
    }),
  );
}

describe('wheatfield refuses, in one sentence, with exit code 2, and writes nothing:', () => {
  before(async function () {
    await tinyPictures(folder);
    await writePictures();
    await writeWeights();
    await writeRuns();
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const [group, rows, openNetwork] of [
    ['numbers', NUMBERS, openTinyVgg19],
    ['options', OPTIONS, openTinyVgg19],
    ['layers', LAYERS, openVgg19],
    ['pictures', PICTURES, openTinyVgg19],
    ['sizes', SIZES, openVgg19],
    ['places', PLACES, openTinyVgg19],
    ['runs to resume', RESUMED, openTinyVgg19],
    ['weights', WEIGHTS, openVgg19],
  ] as const) {
    describe(group, () => {
      for (const [what, args, says] of rows) {
        it(what, async () => {
          const before = everything();
          const { exitCode, stdout, stderr } = await wheatfield(args, openNetwork);
          assert.match(stderr.replace(/\n$/, ''), says);
          assert.deepEqual([exitCode, stdout, stderr.split('\n').length], [2, '', 2]);
          assert.deepEqual(everything(), before);
        });
      }
    });
  }
});

describe('wheatfield refuses, as a user whom the system denies it,', () => {
  /** The program in a process of its own, which is not the superuser's: that one may do everything. */
  function asNobody(...flags: string[]) {
    const pictures = ['--content', content, '--style', style, '--height', '32', '--iterations', '1'];
    const script = path.join(__dirname, 'helpers', 'tinyCli.ts');
    const args = ['--import', 'tsx', script, 'transfer', ...pictures, ...flags];
    const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const env = { ...process.env, TSX_DISABLE_CACHE: '1' };
    return spawnSync(process.execPath, args, { ...nobody, env, encoding: 'utf8' });
  }
  let closed: string;
  let content: string;
  let style: string;

  before(async function () {
    if (process.platform === 'win32') this.skip();
    closed = mkdtempSync(path.join(tmpdir(), 'wheatfield-closed-'));
    chmodSync(closed, 0o755);
    ({ content, style } = await tinyPictures(closed));
  });
  after(() => rmSync(closed, { recursive: true, force: true }));

  it('a picture that it may not read', () => {
    const secret = path.join(closed, 'secret.png');
    copyFileSync(content, secret);
    chmodSync(secret, 0);
    const { status, stderr } = asNobody(
      '--style',
      secret,
      '--out',
      path.join(tmpdir(), 'wheatfield-not-written'),
    );
    assert.match(
      stderr,
      /^Cannot read the picture .*secret\.png: EACCES: permission denied[^\n]*\. Name another file\.\n$/,
    );
    assert.equal(status, 2);
  });

  it('an --out that it may not write to', () => {
    chmodSync(closed, 0o555);
    const { status, stderr } = asNobody('--out', path.join(closed, 'run'));
    assert.match(stderr, /^Cannot write to .*run: EACCES: [^\n]*\. Choose another --out\.\n$/);
    assert.equal(status, 2);
    assert.ok(!existsSync(path.join(closed, 'run')));
  });
});

async function writePictures(): Promise<void> {
  const noise = Uint8Array.from({ length: 96 * 96 * 3 }, (_, i) => ((i * 7919) % 65_521) % 256);
  const picture = () => sharp(noise, { raw: { width: 96, height: 96, channels: 3 } });
  const flat = (width: number, height: number) =>
    sharp({ create: { width, height, channels: 3, background: 'teal' } })
      .png()
      .toBuffer();
  const half = (bytes: Buffer) => bytes.subarray(0, bytes.length / 2);
  const [png, jpg, webp, tif] = await Promise.all([
    picture().png().toBuffer(),
    picture().jpeg().toBuffer(),
    picture().webp().toBuffer(),
    picture().tiff({ compression: 'lzw' }).toBuffer(),
  ]);
  const size = (bytes: Buffer, width: number, height: number) => {
    const claimed = Buffer.from(bytes);
    claimed.writeUInt32BE(width, 16);
    claimed.writeUInt32BE(height, 20);
    return claimed;
  };
  const changed = Buffer.from(png);
  const middle = png.length >> 1;
  for (let i = middle; i < middle + 50; i++) changed[i] ^= 0x55;
  // The header of a lossless WebP, after the chunks' names: 14 bits each for width and height, less one.
  const bomb = await picture().webp({ lossless: true }).toBuffer();
  bomb.fill(0xff, 21, 24);
  const tiffBomb = plainTiff({ bits: 8, sampleFormat: 1 });
  for (const claim of [18, 30]) tiffBomb.writeUInt32LE(100_000, claim);
  const svg = (inner: string, before = '') =>
    `${before}<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="96" height="96">${inner}</svg>`;
  const entities = Array.from({ length: 30 }, (_, i) => `<!ENTITY e${i + 1} "${`&e${i};`.repeat(10)}">`).join(
    '',
  );
  const heic = Buffer.concat([
    Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'),
    Buffer.alloc(400),
  ]);
  const files: Record<string, string | Uint8Array> = {
    'empty.jpg': '',
    'zeros.jpg': new Uint8Array(5000),
    'text.png': 'not a picture',
    'page.jpg': '<!doctype html><html><body>404 Not Found</body></html>',
    'signature.png': png.subarray(0, 8),
    'a.pdf': '%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n',
    'a.bmp': Buffer.concat([Buffer.from('BM'), Buffer.alloc(200)]),
    'a.heic': heic,
    'heic.jpg': heic,
    'plain.svg': svg('<rect width="9" height="9"/>'),
    'external.svg': svg('<image xlink:href="http://127.0.0.1:9/a.png" width="9" height="9"/>'),
    'svg.png': svg('<image xlink:href="file:///etc/passwd" width="9" height="9"/>'),
    'entities.svg': svg('&e30;', `<!DOCTYPE svg [<!ENTITY e0 "e">${entities}]>`),
    'half.jpg': half(jpg),
    'half.png': half(png),
    'half.webp': half(webp),
    'half.tif': half(tif),
    'changed.png': changed,
    'bomb.png': size(png, 100_000, 100_000),
    'wide.png': size(png, 2 ** 31 - 1, 1),
    'bomb.webp': bomb,
    'bomb.tif': tiffBomb,
    'float.tif': plainTiff({ bits: 32, sampleFormat: 3 }),
    'pixel.png': await flat(1, 1),
    'tall.png': await flat(1, 2000),
    'wide2000.png': await flat(2000, 1),
  };
  for (const [name, bytes] of Object.entries(files)) writeFileSync(at(name), bytes);
}

async function writeWeights(): Promise<void> {
  const h5 = await import('h5wasm/node');
  await h5.ready;
  const write = (name: string, layer: string, kernel: Float32Array | Float64Array, named = true) => {
    const opened = new h5.File(at(name), 'w');
    if (named) opened.create_attribute('layer_names', [layer]);
    const group = opened.create_group(layer);
    group.create_dataset({ name: 'kernel', data: kernel, shape: [3, 3, 3, 64] });
    group.create_dataset({ name: 'bias', data: new Float32Array(64), shape: [64] });
    group.create_attribute('weight_names', ['kernel', 'bias']);
    opened.close();
  };
  const kernel = new Float32Array(3 * 3 * 3 * 64);
  write('otherLayers.h5', 'conv1', kernel);
  write('noNames.h5', 'block1_conv1', kernel, false);
  write(
    'nan.h5',
    'block1_conv1',
    kernel.map((x, i) => (i === 1000 ? NaN : x)),
  );
  write('double.h5', 'block1_conv1', new Float64Array(kernel.length));
  for (const [name, length] of [
    ['cut.h5', 3000],
    ['signature.h5', 8],
  ] as const) {
    copyFileSync(TINY_WEIGHTS, at(name));
    truncateSync(at(name), length);
  }
}

async function writeRuns(): Promise<void> {
  mkdirSync(at('results'));
  writeFileSync(at('results', 'losses.json'), '[]');
  for (const [dir, flags] of [
    ['run', []],
    ['smaller', ['--height', '24', '--margin', '20']],
  ] as const) {
    const { exitCode, stderr } = await wheatfield(['--out', at(dir), ...flags], openTinyVgg19);
    assert.equal(exitCode, 0, stderr);
  }
  /** The finished run, with one of its files changed. */
  const spoiled = (dir: string, name: string, change: (bytes: Buffer) => string | Uint8Array) => {
    mkdirSync(at(dir));
    for (const each of readdirSync(at('run'))) copyFileSync(at('run', each), at(dir, each));
    writeFileSync(
      at(dir, name),
      change(existsSync(at(dir, name)) ? readFileSync(at(dir, name)) : Buffer.alloc(0)),
    );
  };
  const half = (bytes: Buffer) => bytes.subarray(0, bytes.length / 2);
  const text = (from: RegExp, to: string) => (bytes: Buffer) => bytes.toString().replace(from, to);
  spoiled('busy', `.wheatfield-in-use.${process.pid}-0`, () => '');
  spoiled('notJson', 'settings.json', half);
  spoiled('notSettings', 'settings.json', () => 'null');
  spoiled('outOfRange', 'settings.json', text(/"height": 32,\n {4}"resize/, '"height": -3,\n    "resize'));
  spoiled('lossesCut', 'losses.json', half);
  spoiled('checkpointCut', 'checkpoint.bin', half);
  spoiled('checkpointOther', 'checkpoint.bin', () => 'no checkpoint');
  spoiled('checkpointSize', 'checkpoint.bin', () => readFileSync(at('smaller', 'checkpoint.bin')));
  spoiled('pictureChanged', 'settings.json', text(/("sha256": ")[0-9a-f]{64}/, `$1${'0'.repeat(64)}`));
  spoiled('weightsChanged', 'settings.json', text(/"md5": "0"/, '"md5": "1"'));
}
