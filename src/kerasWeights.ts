/** Reads a weights file that Keras saved (HDF5, the old save_weights layout) into a model with the same layer names. */
import { openSync, readSync, closeSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import type * as h5wasm from 'h5wasm/node' with { 'resolution-mode': 'import' };
import { UserError } from './errors';

const HDF5_SIGNATURE = Buffer.from([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]);

/**
 * Loads the kernel and bias of every convolution of `model` from `file`, by the file's layer_names and weight_names attributes.
 *
 * @throws UserError where the file is not HDF5, is damaged, belongs to another network, or holds a NaN or an infinity
 */
export async function loadKerasWeights(model: tf.LayersModel, file: string): Promise<void> {
  assertHdf5(file);
  const h5 = await import('h5wasm/node');
  await h5.ready;
  let opened: h5wasm.File | undefined;
  try {
    opened = new h5.File(file, 'r');
    const groups = layerNames(opened, file);
    for (const layer of model.layers.filter((each) => each.getClassName() === 'Conv2D')) {
      if (!groups.includes(layer.name)) {
        throw new UserError(
          `Expected ${file} to hold VGG19's weights, but it has no layer ${layer.name}; it has ${groups.join(', ')}.`,
        );
      }
      setLayer(layer, readLayer(opened, layer.name, file), file);
    }
  } catch (error) {
    // Whatever the library stumbles over, the file is at fault.
    throw error instanceof UserError ? error : damaged(file);
  } finally {
    opened?.close();
  }
}

function assertHdf5(file: string): void {
  const start = Buffer.alloc(HDF5_SIGNATURE.length);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, start);
  } finally {
    closeSync(descriptor);
  }
  if (!start.equals(HDF5_SIGNATURE)) {
    throw new UserError(`Expected Keras's weights in an HDF5 file, but ${file} is not one.`);
  }
}

function damaged(file: string): UserError {
  return new UserError(
    `Expected a whole HDF5 file, but ${file} is cut short or damaged. Delete it and fetch it again.`,
  );
}

function names(attribute: h5wasm.Attribute | undefined): string[] | undefined {
  const value = attribute?.value;
  return Array.isArray(value) ? value.map(String) : undefined;
}

function layerNames(opened: h5wasm.File, file: string): string[] {
  const found = names(opened.attrs.layer_names);
  if (!found) {
    throw new UserError(
      `Expected ${file} to be a weights file of Keras, but it has no attribute layer_names. ` +
        'A file saved with the whole model, or by another program, cannot be read.',
    );
  }
  return found;
}

interface Array32 {
  data: Float32Array;
  shape: number[];
}

/** Kernel and bias of one layer, in the order of its weight_names. */
function readLayer(opened: h5wasm.File, layer: string, file: string): Array32[] {
  const group = opened.get(layer) as h5wasm.Group | null;
  const weights = names(group?.attrs.weight_names);
  if (!weights) throw damaged(file);
  return weights.map((name) => {
    const dataset = group?.get(name) as h5wasm.Dataset | null | undefined;
    const data = dataset?.value;
    if (!(data instanceof Float32Array) || !dataset?.shape) throw damaged(file);
    return { data, shape: dataset.shape };
  });
}

function setLayer(layer: tf.layers.Layer, arrays: Array32[], file: string): void {
  const expected = layer.weights.map((weight) => weight.shape.join(' x '));
  const came = arrays.map(({ shape }) => shape.join(' x '));
  if (came.join() !== expected.join()) {
    throw new UserError(
      `Expected weights of shapes ${expected.join(' and ')} for ${layer.name}, but ${file} has ${came.join(' and ')}. ` +
        'It belongs to another network.',
    );
  }
  if (arrays.some(({ data }) => !data.every(Number.isFinite))) {
    throw new UserError(`Expected finite weights, but ${layer.name} in ${file} holds a NaN or an infinity.`);
  }
  tf.tidy(() => layer.setWeights(arrays.map(({ data, shape }) => tf.tensor(data, shape))));
}
