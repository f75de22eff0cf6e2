/**
 * Every setting of a transfer, once: its name, default, help and valid values. The command line's flags, settings.json and the notebooks'
 * defaults are all read from here.
 */
import { availableParallelism } from 'node:os';
import { UserError } from './errors';
import { type PresetName, PRESETS, PRESET_NAMES } from './presets';

/** What a setting may be. `read` takes text from the command line or a value from a program, and returns undefined if it is not valid. */
export interface Kind<T> {
  expected: string;
  /** How a value is shown in help, such as <file>; absent for a setting that is on or off. */
  placeholder?: string;
  /** The valid words, where there are only a few; the path of a file may be valid besides. */
  choices?: readonly string[];
  read: (given: unknown) => T | undefined;
}

export interface Setting<T> {
  kind: Kind<T>;
  /** Without a default a setting must be given, unless it is optional. */
  default: T | undefined;
  optional: boolean;
  help: string;
  group: 'Pictures' | 'Loss' | 'Optimiser' | 'Network' | 'Output';
}

const { painter: PAINTER } = PRESETS;

/** A layer's name, the size at which it sees the pictures, and the share of the loss's weight that it gets: name, name/2, name/2:share. */
const LAYER = /^[^\s:,/]+(\/(2|4|8|16))?(:(\d+\.?\d*|\.\d+)(e[+-]?\d+)?)?$/i;

const MOST_WEIGHT = 1e12;

const file: Kind<string> = { ...text('the path of a file'), placeholder: '<file>' };
const files: Kind<readonly string[]> = {
  expected: 'the paths of one or more files',
  placeholder: '<files...>',
  read(given) {
    const list = (Array.isArray(given) ? given : [given]) as unknown[];
    return list.length > 0 && list.every(isText) ? list : undefined;
  },
};
const masks: Kind<readonly string[]> = {
  ...files,
  expected: 'sky, or the paths of one or more files',
  placeholder: '<sky|files...>',
  choices: ['sky'],
};
const numbers: Kind<readonly number[]> = {
  expected: 'numbers, not all of them 0, such as 2,1',
  placeholder: '<numbers...>',
  read(given) {
    const list = ((Array.isArray(given) ? given : [given]) as unknown[]).flatMap((item) =>
      typeof item === 'string' ? item.split(',') : [item],
    );
    const values = list.map(number(0, MOST_WEIGHT).read).filter((value) => value !== undefined);
    return values.length === list.length && values.some((value) => value > 0) ? values : undefined;
  },
};
const folder: Kind<string> = { ...text('the path of a folder'), placeholder: '<dir>' };
const layers: Kind<readonly string[]> = {
  expected:
    'names of layers, each once, such as block1_conv1,block2_conv1 or block1_conv1:0.7,block2_conv1:0.3',
  placeholder: '<layers...>',
  read(given) {
    const list = (Array.isArray(given) ? given : [given]) as unknown[];
    if (!list.every((item) => typeof item === 'string')) return undefined;
    const specs = list.flatMap((item) => item.split(',')).map((item) => item.trim());
    const names = new Set(specs.map((spec) => spec.split(':')[0]));
    const valid =
      specs.length > 0 &&
      names.size === specs.length &&
      specs.every((spec) => LAYER.test(spec) && Number(spec.split(':')[1] ?? 1) <= MOST_WEIGHT);
    return valid ? specs : undefined;
  },
};
const pictureToBegin: Kind<string> = {
  ...text('draft, content, style, noise, or the path of a picture'),
  placeholder: '<draft|content|style|noise|file>',
  choices: ['draft', 'content', 'style', 'noise'],
};
const onOrOff: Kind<boolean> = {
  expected: 'true or false',
  read: (given) => (typeof given === 'boolean' ? given : undefined),
};

const tileKind: Kind<'auto' | 'whole' | number> = {
  expected: `auto, whole, or ${wholeNumber(128, 16383).expected}`,
  placeholder: '<auto|whole|pixels>',
  choices: ['auto', 'whole'],
  read: (given) => oneOf('auto', 'whole').read(given) ?? wholeNumber(128, 16383).read(given),
};

export const SETTINGS = {
  preset: setting(
    oneOf(...PRESET_NAMES),
    'painter',
    'Pictures',
    'where the other settings come from: painter, for a picture on the wall, or chapter, the book to the letter',
  ),
  content: required(file, 'Pictures', 'the picture whose content is kept'),
  style: required(files, 'Pictures', 'the picture whose style is taken, or several'),
  styleWeights: optional(
    numbers,
    'Pictures',
    'how much each style picture counts beside the others, one number for each, such as 2,1',
  ),
  mask: optional(
    masks,
    'Pictures',
    'grey pictures, white where each style is painted, or sky, which is found in the content picture; without the last one, the last style gets the rest',
  ),
  styleScale: setting(
    number(0.1, 4),
    1,
    'Pictures',
    "the long side of a style picture as a multiple of the result's: more gives larger strokes, up to its own pixels",
  ),
  strength: setting(
    number(0, 1),
    0.5,
    'Loss',
    'how strong the style is, from 0 to 1, in even steps for the eye; it scales the content weight',
  ),
  height: setting(
    wholeNumber(2, 16383),
    400,
    'Pictures',
    'height of the result in pixels; its width keeps the content picture in proportion',
  ),
  resize: setting(
    oneOf('lanczos3', 'nearest'),
    PAINTER.resize,
    'Pictures',
    'how both pictures are resized; nearest is what Keras does',
  ),
  init: setting(
    pictureToBegin,
    PAINTER.init,
    'Pictures',
    'the picture that the optimiser starts from: draft (a quick painting at a quarter of the size; the content picture where that would be less than 64 pixels), content, style, noise, or a file such as the result of another run',
  ),
  seed: setting(
    wholeNumber(0, 2 ** 32 - 1),
    0,
    'Pictures',
    'for --init noise; the same number gives the same noise',
  ),

  color: setting(
    oneOf('style', 'content', 'luminance'),
    'style',
    'Pictures',
    "whose colours the result has: the style picture's; the content picture's, which the style picture is recoloured to first; or only luminance is transferred and the content picture's chroma kept",
  ),

  measure: setting(
    oneOf('shares', 'sums'),
    PAINTER.measure,
    'Loss',
    "how differences are counted: as shares of the picture's own, which mean the same at every size, or the chapter's sums, for which the style picture is squeezed to the result's size",
  ),
  contentLayer: setting(
    layers,
    PAINTER.contentLayer,
    'Loss',
    'layers at which content is compared; name:share sets the share of the weight, which is otherwise equal, and name/2 sees the pictures at half size',
  ),
  styleLayers: setting(
    layers,
    PAINTER.styleLayers,
    'Loss',
    'layers at which style is compared; name:share as above',
  ),
  contentWeight: setting(
    number(0, MOST_WEIGHT),
    PAINTER.contentWeight,
    'Loss',
    'more keeps more of the content',
  ),
  styleWeight: setting(number(0, MOST_WEIGHT), PAINTER.styleWeight, 'Loss', 'more takes more of the style'),
  tvWeight: setting(number(0, MOST_WEIGHT), PAINTER.tvWeight, 'Loss', 'total variation: more is smoother'),
  clippingWeight: setting(
    number(0, MOST_WEIGHT),
    PAINTER.clippingWeight,
    'Loss',
    'more keeps values away from plain black and white, where no strokes show',
  ),
  margin: setting(
    wholeNumber(0, 256),
    PAINTER.margin,
    'Loss',
    'how many pixels are painted beyond each border and cut off; without them the picture gets a frame',
  ),

  iterations: setting(
    wholeNumber(1, 1e6),
    PAINTER.iterations,
    'Optimiser',
    'how many pictures to save, one after each iteration',
  ),
  evaluations: setting(
    wholeNumber(1, 1e6),
    PAINTER.evaluations,
    'Optimiser',
    "an iteration ends with the L-BFGS step that exceeds this many evaluations (SciPy's maxfun)",
  ),
  restart: setting(
    onOrOff,
    PAINTER.restart,
    'Optimiser',
    "forget L-BFGS's memory at every iteration, as the chapter does",
  ),
  variables: setting(
    oneOf('pyramid', 'pixels'),
    PAINTER.variables,
    'Optimiser',
    'what L-BFGS changes: smooth layers of all sizes, which take far fewer evaluations, or single pixels as in the chapter',
  ),
  bounds: setting(
    onOrOff,
    PAINTER.bounds,
    'Optimiser',
    'with pixels: keep every value displayable, so that what is optimised is what is saved',
  ),
  device: setting(
    oneOf('cpu', 'webgpu', 'auto'),
    // Not auto: a crash of the graphics driver ends the whole process, and a GPU's numbers differ in their last digits.
    'cpu',
    'Optimiser',
    'where to compute: on the processor, a GPU, or whichever is faster (auto tries the GPU and says which it chose)',
  ),
  winograd: setting(
    onOrOff,
    PAINTER.winograd,
    'Optimiser',
    "compute wide convolutions by Winograd's algorithm on the processor: faster, and rounded differently",
  ),
  tile: setting(
    tileKind,
    'auto',
    'Optimiser',
    'how the network sees a large picture: whole, in windows with sides of about so many pixels, or auto, which is whole if that fits into the memory; the picture is the same',
  ),
  threads: setting(wholeNumber(1, 1024), availableParallelism(), 'Optimiser', 'how many processors to use'),

  network: setting(
    oneOf('auto', 'vgg19', 'vgg19-slim'),
    'auto',
    'Network',
    'the network that compares pictures; auto is VGG19 if its weights are here or can be downloaded, else vgg19-slim',
  ),
  weights: optional(
    file,
    'Network',
    "file of the network's weights, for VGG19 Keras's HDF5 file; without it they are looked for, then downloaded",
  ),

  rounding: setting(
    oneOf('round', 'truncate'),
    PAINTER.rounding,
    'Output',
    'how values become whole numbers when a picture is saved',
  ),
  format: setting(
    oneOf('png', 'png16', 'tiff16', 'jpg'),
    'png',
    'Output',
    'what pictures are saved as: PNG or TIFF without loss, with 8 or 16 bits a channel, or JPEG at quality 95; with the profile of sRGB and the settings in each',
  ),
  out: setting(folder, 'results', 'Output', 'folder for the pictures, losses.json and settings.json'),
} as const;

/** The settings with their kinds and defaults. */
export type Table = typeof SETTINGS;
export type SettingName = keyof Table;

/** All settings of a transfer, valid. */
export type Settings = {
  [Name in SettingName]: Table[Name] extends Setting<infer T>
    ? Table[Name]['optional'] extends true
      ? T | undefined
      : T
    : never;
};

/**
 * All settings: those given, else the preset's, else the defaults.
 *
 * @param given values, or text as on the command line; undefined counts as absent
 * @throws UserError for an unknown name, an invalid value, or a required setting that is missing
 */
export function readSettings(given: Readonly<Partial<Record<SettingName, unknown>>>): Settings {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(SETTINGS, name)) {
      throw new UserError(
        `There is no setting called '${name}'. The settings are ${Object.keys(SETTINGS).join(', ')}.`,
      );
    }
  }
  const preset: Partial<Record<SettingName, unknown>> =
    PRESETS[readSetting('preset', given.preset ?? SETTINGS.preset.default) as PresetName];
  const entries = Object.entries(SETTINGS).map(([name, each]) => {
    const key = name as SettingName;
    const value = given[key] ?? preset[key] ?? each.default;
    return [name, value === undefined ? missing(key) : readSetting(key, value)];
  });
  return Object.fromEntries(entries) as Settings;
}

/** The command line's name of a setting. */
export function flagOf(name: SettingName): string {
  return `--${name.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)}`;
}

function readSetting(name: SettingName, given: unknown): unknown {
  const { expected, read } = SETTINGS[name].kind;
  const value = read(given);
  if (value !== undefined) return value;
  throw new UserError(`${name} (${flagOf(name)}) cannot be ${shown(given)}. Give ${expected}.`);
}

function missing(name: SettingName): undefined {
  if (SETTINGS[name].optional) return undefined;
  throw new UserError(`${name} (${flagOf(name)}) is missing. Give ${SETTINGS[name].kind.expected}.`);
}

function shown(given: unknown): string {
  if (typeof given === 'string') return `'${given}'`;
  return Array.isArray(given) ? `'${given.join(',')}'` : String(given);
}

function setting<T>(kind: Kind<T>, defaultValue: T, group: Setting<T>['group'], help: string) {
  return { kind, default: defaultValue, optional: false, help, group } as const;
}

function required<T>(kind: Kind<T>, group: Setting<T>['group'], help: string) {
  return { kind, default: undefined, optional: false, help, group } as const;
}

function optional<T>(kind: Kind<T>, group: Setting<T>['group'], help: string) {
  return { kind, default: undefined, optional: true, help, group } as const;
}

function text(expected: string): Kind<string> {
  return {
    expected,
    read: (given) => (isText(given) ? given : undefined),
  };
}

function isText(given: unknown): given is string {
  return typeof given === 'string' && given.trim() !== '';
}

function number(least: number, most: number): Kind<number> {
  return {
    expected: `a number from ${least} to ${most}`,
    placeholder: '<number>',
    read(given) {
      const value = typeof given === 'string' && given.trim() !== '' ? Number(given) : given;
      return typeof value === 'number' && value >= least && value <= most ? value : undefined;
    },
  };
}

function wholeNumber(least: number, most: number): Kind<number> {
  const { read } = number(least, most);
  return {
    expected: `a whole number from ${least} to ${most}`,
    placeholder: '<n>',
    read(given) {
      const value = read(given);
      return Number.isInteger(value) ? value : undefined;
    },
  };
}

function oneOf<const Choice extends string>(...choices: readonly Choice[]): Kind<Choice> {
  return {
    expected: choices.join(' or '),
    placeholder: `<${choices.join('|')}>`,
    choices,
    read: (given) => choices.find((choice) => choice === given),
  };
}
