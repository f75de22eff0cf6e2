/**
 * A fast style network as an ONNX model that any runtime can run.
 *
 *     image     float32 [1, 3, height, width], RGB, 0 to 255; any size from 5 x 5 pixels on
 *     style     float32 [length], a style vector; only in a model that was written for all styles
 *     stylized  float32 [1, 3, height, width], RGB, 0 to 255: the same size
 *
 * That is the layout of ONNX's model zoo and of PyTorch, and what onnxruntime-web makes of a canvas (`Tensor.fromImage`) and draws
 * (`toImageData`). The operators are standard ones of opset 17. metadata_props say the architecture, the style, its licence and its training.
 */
import type { OnnxContents } from '../compile/readOnnx';
import { UserError } from '../errors';
import { fromHalf } from '../network/float16';
import { ARCHITECTURES, parameterShapes, styleLength, styleParts } from './architecture';
import { type FastStyleModel, NETWORK, isArchitecture } from './modelFile';
import {
  IMAGE,
  PICTURE_SHAPE,
  type Precision,
  STYLE,
  STYLIZED,
  layoutOfTfjs,
  networkGraph,
} from './onnxGraph';

const OPSET_VERSION = 17;

export interface OnnxOptions {
  /** The precision that the file keeps its numbers in; every runtime computes in float32. float16, the default, is half the size. */
  precision?: Precision;
}

/**
 * The ONNX model of a network with one style; without a style, the model of all its styles, which takes a style vector as its second input.
 * Two styles mix there as their vectors do: a x + (1 - a) y.
 *
 * @param style the name of one of the model's styles
 * @returns the bytes of the file
 */
export async function fastStyleOnnx(
  { architecture, parameters, styles, metadata }: FastStyleModel,
  style?: string,
  { precision = 'float16' }: OnnxOptions = {},
): Promise<Uint8Array> {
  const vector = style === undefined ? undefined : styles[style];
  if (style !== undefined && !vector) {
    const names = Object.keys(styles).join(', ');
    throw new UserError(`The network has no style '${style}'. Choose one of ${names}.`);
  }
  // Its library takes time to load: not before a model is written.
  const { onnxModel } = await import('../compile/onnxModel.js');
  const { constants, ...computation } = networkGraph({
    architecture: ARCHITECTURES[architecture],
    parameters,
    style: vector,
    precision,
  });
  const names = { inputs: vector ? [IMAGE] : [IMAGE, STYLE], outputs: [STYLIZED], constants };
  return onnxModel(computation, names, {
    opset: OPSET_VERSION,
    shapes: { [IMAGE]: PICTURE_SHAPE, [STYLIZED]: PICTURE_SHAPE },
    metadata: { ...metadata, network: NETWORK, architecture, ...(style === undefined ? {} : { style }) },
  });
}

/**
 * Reads a file of fastStyleOnnx back: its shared parameters, and its style where it holds one.
 *
 * @param name of the file, for messages
 * @throws UserError where the bytes are no ONNX model, or another one
 */
export async function readFastStyleOnnx(bytes: Uint8Array, name: string): Promise<FastStyleModel> {
  const { metadata, constants } = await contents(bytes, name);
  const { network, architecture, style, ...rest } = metadata;
  if (network !== NETWORK || !isArchitecture(architecture)) {
    throw new UserError(
      `${name} is not a fast style network of Wheatfield. Name a file that wheatfield train has written.`,
    );
  }
  const take = (constant: string, length: number) => {
    const found = constants[constant] as OnnxContents['constants'][string] | undefined;
    const data = found && numbers(found);
    if (data?.length === length) return data;
    throw new UserError(
      `${name} is not a whole fast style network: ${constant} is missing, or of another size. Fetch it again, or name another file.`,
    );
  };
  const form = ARCHITECTURES[architecture];
  const parameters = Object.entries(parameterShapes(form)).map(([key, shape]) => {
    const data = take(
      key,
      shape.reduce((product, n) => product * n, 1),
    );
    return [key, { shape, data: shape.length === 4 ? layoutOfTfjs(data, shape) : data }] as const;
  });
  const styles: FastStyleModel['styles'] = {};
  if (style !== undefined) {
    const vector = new Float32Array(styleLength(form));
    for (const [layer, { scales, shifts, channels }] of Object.entries(styleParts(form))) {
      vector.set(take(`${layer}/scale`, channels), scales);
      vector.set(take(`${layer}/shift`, channels), shifts);
    }
    styles[style] = vector;
  }
  return { architecture, parameters: Object.fromEntries(parameters), styles, metadata: rest };
}

async function contents(bytes: Uint8Array, name: string): Promise<OnnxContents> {
  const { readOnnx } = await import('../compile/readOnnx.js');
  try {
    return readOnnx(bytes);
  } catch (error) {
    throw new UserError(
      `${name} is not a whole ONNX file. Fetch it again, or name a file that wheatfield train has written.`,
      { cause: error },
    );
  }
}

/** The elements of a constant, in memory of their own. */
function numbers({ dtype, bytes }: OnnxContents['constants'][string]): Float32Array | undefined {
  const { buffer } = Uint8Array.from(bytes);
  if (dtype === 'float16' && buffer.byteLength % 2 === 0) return fromHalf(new Uint16Array(buffer));
  return dtype === 'float32' && buffer.byteLength % 4 === 0 ? new Float32Array(buffer) : undefined;
}
