/** Writes a graph as an ONNX model. */
import { projectVersion } from '../project';
import type { Attribute, Computation, ConstantData, DType, Node, Value } from './graph';
import { unlike } from './names';
import { ATTRIBUTE_TYPE, DATA_TYPE, ModelProto } from './onnxFormat';

const OPSET_VERSION = 20;
const IR_VERSION = 9;

function attributeProto(name: string, attribute: Attribute) {
  if (typeof attribute === 'number') return { name, i: attribute, type: ATTRIBUTE_TYPE.INT };
  if (Array.isArray(attribute)) return { name, ints: attribute, type: ATTRIBUTE_TYPE.INTS };
  if (typeof attribute === 'object') return { name, f: attribute.float, type: ATTRIBUTE_TYPE.FLOAT };
  return { name, s: Buffer.from(attribute), type: ATTRIBUTE_TYPE.STRING };
}

function valueInfo({ dims, dtype }: Value, name: string, shape: readonly (number | string)[] = dims) {
  const dim = shape.map((each) => (typeof each === 'number' ? { dimValue: each } : { dimParam: each }));
  return { name, type: { tensorType: { elemType: DATA_TYPE[dtype], shape: { dim } } } };
}

function bytesOf(data: ConstantData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

export interface ModelNames {
  inputs: readonly string[];
  outputs: readonly string[];
  /** Names that constants keep, by which a reader finds them. */
  constants?: ReadonlyMap<Value, string>;
}

/** What a model says of itself besides its graph. */
export interface ModelDetails {
  /** The version of ONNX's operators that the graph is written in. Default 20. */
  opset?: number;
  /** Shapes of inputs and outputs, by name, that have names in place of the sizes that may be any. */
  shapes?: Readonly<Record<string, readonly (number | string)[]>>;
  /** Text by name: metadata_props. */
  metadata?: Readonly<Record<string, string>>;
}

/**
 * The ONNX model (little-endian bytes) that computes `outputs` from the graph's inputs. Nodes and constants that no output needs are
 * left out, and so are second outputs that nobody reads.
 *
 * @param names one for each output, and for each input unless the outputs depend on none, each its own; a value may be several outputs
 */
export function onnxModel(
  { graph, outputs }: Computation,
  names: ModelNames,
  { opset = OPSET_VERSION, shapes = {}, metadata = {} }: ModelDetails = {},
): Uint8Array {
  const nodes = graph.reachable(outputs);
  const used = new Set<Value | undefined>([...outputs, ...nodes.flatMap((node) => node.inputs)]);
  const constants = [...used].filter((value) => value?.constant) as Value[];
  const named = new Map<Value, string>(names.constants);
  const taken = new Set([...names.inputs, ...names.outputs, ...named.values()]);
  const inputs = graph.inputs.slice(0, names.inputs.length);
  inputs.forEach((value, i) => named.set(value, names.inputs[i]));
  outputs.forEach((value, i) => named.set(value, names.outputs[i]));
  const name = (value: Value) => named.get(value) ?? unlike(taken, `v${value.id}`);
  const model = {
    irVersion: IR_VERSION,
    producerName: 'wheatfield',
    producerVersion: projectVersion(),
    opsetImport: [{ domain: '', version: opset }],
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    graph: {
      name: 'compiled',
      node: [
        ...nodes.map((node) => nodeProto(node, used, name)),
        ...outputs.flatMap((value, i) =>
          name(value) === names.outputs[i]
            ? []
            : [{ opType: 'Identity', input: [name(value)], output: [names.outputs[i]] }],
        ),
      ],
      initializer: constants.map((value) => ({
        name: name(value),
        dims: value.dims,
        dataType: DATA_TYPE[value.dtype],
        rawData: bytesOf(value.constant as ConstantData),
      })),
      input: inputs.map((value, i) => valueInfo(value, names.inputs[i], shapes[names.inputs[i]])),
      output: outputs.map((value, i) => valueInfo(value, names.outputs[i], shapes[names.outputs[i]])),
    },
  };
  return ModelProto.encode(ModelProto.fromObject(model)).finish();
}

function nodeProto(
  { op, inputs, outputs, attributes }: Node,
  used: ReadonlySet<Value | undefined>,
  name: (value: Value) => string,
) {
  return {
    opType: op,
    name: `${op}_${name(outputs[0])}`,
    input: inputs.map((value) => (value ? name(value) : '')),
    output: outputs.filter((value, i) => i === 0 || used.has(value)).map(name),
    attribute: Object.entries(attributes).map(([key, attribute]) =>
      key === 'to' ? attributeProto(key, DATA_TYPE[attribute as DType]) : attributeProto(key, attribute),
    ),
  };
}
