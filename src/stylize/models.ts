/** Which network paints: a style that comes with the package, a file of `wheatfield train`, or a mix of several. */
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { closest } from '../closest';
import { UserError } from '../errors';
import { type FastStyleModel, loadFastStyle } from '../fastStyle/modelFile';
import { readFastStyleOnnx } from '../fastStyle/onnx';
import { PROJECT_FOLDER } from '../project';

/** A network with the one style that it is to paint in. */
export interface StyleModel {
  /** A name for files: the style's, or the file's. */
  name: string;
  model: FastStyleModel;
  /** A key of model.styles. */
  style: string;
}

/** A model and its part of a mix. */
export interface Share {
  model: string;
  share: number;
}

const MODELS = path.join(PROJECT_FOLDER, 'models');
/** The files with the styles that come with the package; of equal names, the first file's counts. */
const BUNDLED = /^fast-style.*\.safetensors$/;

/**
 * The styles that come with the package, by name.
 *
 * @param folder where the networks lie
 */
export async function bundledStyles(folder = MODELS): Promise<Record<string, StyleModel>> {
  const files = (await readdir(folder)).filter((file) => BUNDLED.test(file)).sort();
  const styles: Record<string, StyleModel> = {};
  for (const file of files) {
    const model = await loadFastStyle(path.join(folder, file));
    for (const name of Object.keys(model.styles)) styles[name] ??= { name, model, style: name };
  }
  return styles;
}

/**
 * The model of that name or in that file.
 *
 * @param nameOrFile the name of a style that comes with the package, or the path of an ONNX file that wheatfield train has written
 * @throws UserError where there is none
 */
export async function findModel(nameOrFile: string, folder = MODELS): Promise<StyleModel> {
  if (/[\\/]|\.onnx$/i.test(nameOrFile)) return fromFile(nameOrFile);
  const styles = await bundledStyles(folder);
  if (Object.hasOwn(styles, nameOrFile)) return styles[nameOrFile];
  const names = Object.keys(styles);
  const near = closest(nameOrFile, names);
  const choice = names.length > 0 ? `Choose one of ${names.sort().join(', ')}, or name` : 'Name';
  const advice = near ? `Did you mean ${near}?` : `${choice} an .onnx file of wheatfield train.`;
  throw new UserError(`There is no style '${nameOrFile}'. ${advice}`);
}

async function fromFile(file: string): Promise<StyleModel> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new UserError(`Cannot read the model ${file}: ${(error as Error).message}. Name another file.`, {
      cause: error,
    });
  });
  return readModel(bytes, file);
}

/**
 * The model in the bytes of an ONNX file that wheatfield train has written.
 *
 * @param file its name or path
 * @throws UserError where they are no such file, or one without a style of its own
 */
export async function readModel(bytes: Uint8Array, file: string): Promise<StyleModel> {
  const model = await readFastStyleOnnx(bytes, file);
  const [style] = Object.keys(model.styles);
  if (!style) {
    throw new UserError(
      `${file} takes its style as an input and holds none. Name a file with a style of its own.`,
    );
  }
  return { name: path.parse(file).name, model, style };
}

/**
 * Reads great-wave:0.6,kandinsky:0.4.
 *
 * @throws UserError where it is anything else
 */
export function readMix(text: string): Share[] {
  const shares = text.split(',').map((part) => {
    const [, model, share] = /^\s*(.*?[^\s:])(?::(\d+\.?\d*|\.\d+))?\s*$/.exec(part) ?? [];
    return { model, share: Number(share ?? 1) };
  });
  if (shares.every(({ model, share }) => model && share > 0)) return shares;
  throw new UserError(
    `'${text}' is not a mix of styles. Name each with its part, such as great-wave:0.6,kandinsky:0.4.`,
  );
}

/**
 * One network between several: each number is the weighted mean of theirs. That works for networks that were trained from the same base,
 * which stay close to it, and so do all points between them (Wang et al. 2019, "Deep Network Interpolation"); networks that share all but
 * their style vectors mix by those alone (Dumoulin, Shlens and Kudlur 2017).
 *
 * @param shares need not add up to 1
 * @throws UserError where two networks have different forms
 */
export async function mixedModel(shares: readonly Share[], folder = MODELS): Promise<StyleModel> {
  const total = shares.reduce((sum, { share }) => sum + share, 0);
  const parts = await Promise.all(
    shares.map(async ({ model, share }) => ({ ...(await findModel(model, folder)), part: share / total })),
  );
  const [first] = parts;
  const stranger = parts.find(({ model }) => model.architecture !== first.model.architecture);
  if (stranger) {
    throw new UserError(
      `${first.name} is of the size '${first.model.architecture}' and ${stranger.name} of '${stranger.model.architecture}', which do not mix. ` +
        'Mix models of one size.',
    );
  }
  const mean = (arrayOf: (part: StyleModel) => Float32Array) => {
    const sum = new Float32Array(arrayOf(first).length);
    for (const part of parts) arrayOf(part).forEach((value, i) => (sum[i] += part.part * value));
    return sum;
  };
  const parameters = Object.entries(first.model.parameters).map(
    ([name, { shape }]) => [name, { shape, data: mean(({ model }) => model.parameters[name].data) }] as const,
  );
  const name = parts.map(({ name: each, part }) => `${each}-${Math.round(100 * part)}`).join('-');
  return {
    name,
    style: name,
    model: {
      ...first.model,
      parameters: Object.fromEntries(parameters),
      styles: { [name]: mean(({ model, style }) => model.styles[style]) },
    },
  };
}
