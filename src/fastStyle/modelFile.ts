/**
 * A fast style network as a file: safetensors, with every number in float16. Its arrays are the shared parameters by name
 * (encoder1/kernel ...) and one style vector for each style, `style/NAME`; its metadata says the architecture, and what a training
 * wrote down.
 */
import { UserError } from '../errors';
import { type SafeTensor, readSafetensors, writeSafetensors } from '../network/safetensors';
import type { Parameters } from '../train/parameters';
import { ARCHITECTURES, type ArchitectureName, parameterShapes, styleLength } from './architecture';

export interface FastStyleModel {
  architecture: ArchitectureName;
  /** The parameters that all styles share, by name. */
  parameters: Parameters;
  /** Style vectors by the styles' names. */
  styles: Record<string, Float32Array>;
  /** Text by name, such as where the styles come from, their licence, and how the network was trained. */
  metadata: Record<string, string>;
}

/** How a file's metadata says what it is. */
export const NETWORK = 'wheatfield-fast-style';
const STYLE = 'style/';

/** @throws UserError where the file cannot be written */
export async function saveFastStyle(file: string, model: FastStyleModel): Promise<void> {
  const tensors: Record<string, SafeTensor> = {};
  for (const [name, { shape, data }] of Object.entries(model.parameters)) {
    tensors[name] = { shape, data, isHalf: true };
  }
  for (const [name, data] of Object.entries(model.styles)) {
    tensors[STYLE + name] = { shape: [data.length], data, isHalf: true };
  }
  const { architecture, metadata } = model;
  await writeSafetensors(file, { tensors, metadata: { ...metadata, network: NETWORK, architecture } });
}

/** @throws UserError where the file is missing, damaged, or of another network */
export async function loadFastStyle(file: string): Promise<FastStyleModel> {
  const { tensors, metadata } = await readSafetensors(file);
  const { network, architecture, ...rest } = metadata;
  if (network !== NETWORK || !isArchitecture(architecture)) {
    throw new UserError(
      `${file} is not a fast style network. Name a file that wheatfield train has written.`,
    );
  }
  const take = (name: string, shape: readonly number[]) => {
    const tensor = tensors[name] as SafeTensor | undefined;
    if (tensor?.shape.join() === shape.join()) return { shape, data: Float32Array.from(tensor.data) };
    throw new UserError(
      `${file} is not a whole fast style network: ${name} is missing, or of another shape. Fetch it again, or name another file.`,
    );
  };
  const shapes = Object.entries(parameterShapes(ARCHITECTURES[architecture]));
  const length = [styleLength(ARCHITECTURES[architecture])];
  const styles = Object.keys(tensors).filter((name) => name.startsWith(STYLE));
  return {
    architecture,
    parameters: Object.fromEntries(shapes.map(([name, shape]) => [name, take(name, shape)])),
    styles: Object.fromEntries(styles.map((name) => [name.slice(STYLE.length), take(name, length).data])),
    metadata: rest,
  };
}

export function isArchitecture(name: string | undefined): name is ArchitectureName {
  return name !== undefined && Object.hasOwn(ARCHITECTURES, name);
}
