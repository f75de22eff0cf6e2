/** Reads a weights file that Keras saved (HDF5, the old save_weights layout) into a model with the same layer names. */
import { openSync, readSync, closeSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import type * as h5wasm from 'h5wasm/node' with { 'resolution-mode': 'import' };
import { UserError } from '../errors';

const HDF5_SIGNATURE = Buffer.from([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]);

/**
 * Loads the kernel and bias of every convolution of `model` from `file`, by the file's layer_names and weight_names attributes.
 *
 * @throws UserError where the file is not HDF5, is damaged, belongs to another network, or holds a NaN or an infinity
 */
export async function loadKerasWeights(model: tf.LayersModel, file: string): Promise<void> {
  assertHdf5(file);
  const h5 = await import('h5wasm/node');
  const library = await h5.ready;
  // Without this it prints dozens of lines for each error and continues.
  library.activate_throwing_error_handler();
  const opened = reading(file, () => new h5.File(file, 'r'));
  try {
    const groups = reading(file, () => names(opened.attrs.layer_names));
    if (!groups) {
      throw new UserError(
        `${file} has no attribute layer_names, so it is not a weights file of Keras. ` +
          'Name another file; one saved with the whole model, or by another program, cannot be read.',
      );
    }
    for (const layer of model.layers.filter((each) => each.getClassName() === 'Conv2D')) {
      if (!groups.includes(layer.name)) {
        throw new UserError(
          `${file} does not hold VGG19's weights: it has no layer ${layer.name}, only ${groups.join(', ')}. Name another file.`,
        );
      }
      setLayer(layer, readLayer(opened, layer.name, file), file);
    }
  } finally {
    opened.close();
  }
}

/** The result of `read`. Any error of the library means that the file is damaged. */
function reading<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw damaged(file, error);
  }
}

function assertHdf5(file: string): void {
  const start = Buffer.alloc(HDF5_SIGNATURE.length);
  try {
    const descriptor = openSync(file, 'r');
    try {
      readSync(descriptor, start);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw new UserError(`Cannot read the weights ${file}: ${(error as Error).message}. Name another file.`, {
      cause: error,
    });
  }
  if (!start.equals(HDF5_SIGNATURE)) {
    throw new UserError(
      `${file} is not an HDF5 file, so it does not hold Keras's weights. Name another file.`,
    );
  }
}

function damaged(file: string, cause: unknown): UserError {
  return new UserError(`${file} is cut short or damaged. Delete it and fetch it again.`, { cause });
}

function names(attribute: h5wasm.Attribute | undefined): string[] | undefined {
  const value = attribute?.value;
  return Array.isArray(value) ? value.map(String) : undefined;
}

interface Array32 {
  data: Float32Array;
  shape: number[];
}

/** Kernel and bias of one layer, in the order of its weight_names. */
function readLayer(opened: h5wasm.File, layer: string, file: string): Array32[] {
  return reading(file, () => {
    const group = opened.get(layer) as h5wasm.Group;
    return (names(group.attrs.weight_names) ?? []).map((name) => {
      const { value, shape } = group.get(name) as h5wasm.Dataset;
      return { data: value as Float32Array, shape: shape ?? [] };
    });
  });
}

function setLayer(layer: tf.layers.Layer, arrays: Array32[], file: string): void {
  const expected = layer.weights.map((weight) => weight.shape.join(' x '));
  const came = arrays.map(({ shape }) => shape.join(' x '));
  if (came.join() !== expected.join()) {
    throw new UserError(
      `VGG19's ${layer.name} has weights of shapes ${expected.join(' and ')}, but ${file} has ${came.join(' and ')}. ` +
        'It belongs to another network: name another file.',
    );
  }
  if (!arrays.every(({ data }) => data instanceof Float32Array)) {
    throw new UserError(
      `${layer.name} in ${file} holds numbers that are not float32. Name a file of float32 weights.`,
    );
  }
  if (!arrays.every(({ data }) => allFinite(data))) {
    throw new UserError(`${layer.name} in ${file} holds a NaN or an infinity. Name another file.`);
  }
  tf.tidy(() => layer.setWeights(arrays.map(({ data, shape }) => tf.tensor(data, shape))));
}

/** A plain loop: over twenty million weights `every` takes six times as long. */
function allFinite(data: Float32Array): boolean {
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return false;
  return true;
}
