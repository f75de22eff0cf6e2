/** Writes a recorded graph as an ONNX model. Field numbers are those of onnx.proto; only the messages used here are declared. */
import { Root, type Type } from 'protobufjs/light';
import { projectVersion } from '../project';
import type { Attribute, Computation, ConstantData, DType, Node, Value } from './graph';
import { unlike } from './names';

const OPSET_VERSION = 20;
const IR_VERSION = 9;

/** onnx.TensorProto.DataType */
const DATA_TYPE: Record<DType, number> = { float32: 1, int32: 6, int64: 7, bool: 9, float64: 11 };

/** onnx.AttributeProto.AttributeType */
const ATTRIBUTE_TYPE = { FLOAT: 1, INT: 2, STRING: 3, INTS: 7 };

const ModelProto: Type = Root.fromJSON({
  nested: {
    ModelProto: {
      fields: {
        irVersion: { id: 1, type: 'int64' },
        producerName: { id: 2, type: 'string' },
        producerVersion: { id: 3, type: 'string' },
        graph: { id: 7, type: 'GraphProto' },
        opsetImport: { id: 8, type: 'OperatorSetIdProto', rule: 'repeated' },
      },
    },
    OperatorSetIdProto: { fields: { domain: { id: 1, type: 'string' }, version: { id: 2, type: 'int64' } } },
    GraphProto: {
      fields: {
        node: { id: 1, type: 'NodeProto', rule: 'repeated' },
        name: { id: 2, type: 'string' },
        initializer: { id: 5, type: 'TensorProto', rule: 'repeated' },
        input: { id: 11, type: 'ValueInfoProto', rule: 'repeated' },
        output: { id: 12, type: 'ValueInfoProto', rule: 'repeated' },
      },
    },
    NodeProto: {
      fields: {
        input: { id: 1, type: 'string', rule: 'repeated' },
        output: { id: 2, type: 'string', rule: 'repeated' },
        name: { id: 3, type: 'string' },
        opType: { id: 4, type: 'string' },
        attribute: { id: 5, type: 'AttributeProto', rule: 'repeated' },
      },
    },
    AttributeProto: {
      fields: {
        name: { id: 1, type: 'string' },
        f: { id: 2, type: 'float' },
        i: { id: 3, type: 'int64' },
        s: { id: 4, type: 'bytes' },
        ints: { id: 8, type: 'int64', rule: 'repeated' },
        type: { id: 20, type: 'int32' },
      },
    },
    TensorProto: {
      fields: {
        dims: { id: 1, type: 'int64', rule: 'repeated' },
        dataType: { id: 2, type: 'int32' },
        name: { id: 8, type: 'string' },
        rawData: { id: 9, type: 'bytes' },
      },
    },
    ValueInfoProto: { fields: { name: { id: 1, type: 'string' }, type: { id: 2, type: 'TypeProto' } } },
    TypeProto: { fields: { tensorType: { id: 1, type: 'TensorTypeProto' } } },
    TensorTypeProto: {
      fields: { elemType: { id: 1, type: 'int32' }, shape: { id: 2, type: 'TensorShapeProto' } },
    },
    TensorShapeProto: { fields: { dim: { id: 1, type: 'DimensionProto', rule: 'repeated' } } },
    DimensionProto: { fields: { dimValue: { id: 1, type: 'int64' } } },
  },
}).lookupType('ModelProto');

function attributeProto(name: string, attribute: Attribute) {
  if (typeof attribute === 'number') return { name, i: attribute, type: ATTRIBUTE_TYPE.INT };
  if (Array.isArray(attribute)) return { name, ints: attribute, type: ATTRIBUTE_TYPE.INTS };
  if (typeof attribute === 'object') return { name, f: attribute.float, type: ATTRIBUTE_TYPE.FLOAT };
  return { name, s: Buffer.from(attribute), type: ATTRIBUTE_TYPE.STRING };
}

function valueInfo({ dims, dtype }: Value, name: string) {
  const shape = { dim: dims.map((dimValue) => ({ dimValue })) };
  return { name, type: { tensorType: { elemType: DATA_TYPE[dtype], shape } } };
}

function bytesOf(data: ConstantData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

export interface ModelNames {
  inputs: readonly string[];
  outputs: readonly string[];
}

/**
 * The ONNX model (little-endian bytes) that computes `outputs` from the graph's inputs. Nodes and constants that no output needs are
 * left out, and so are second outputs that nobody reads.
 *
 * @param names one for each output, and for each input unless the outputs depend on none, each its own; a value may be several outputs
 */
export function onnxModel({ graph, outputs }: Computation, names: ModelNames): Uint8Array {
  const nodes = graph.reachable(outputs);
  const used = new Set<Value | undefined>([...outputs, ...nodes.flatMap((node) => node.inputs)]);
  const constants = [...used].filter((value) => value?.constant) as Value[];
  const taken = new Set([...names.inputs, ...names.outputs]);
  const named = new Map<Value, string>();
  const inputs = graph.inputs.slice(0, names.inputs.length);
  inputs.forEach((value, i) => named.set(value, names.inputs[i]));
  outputs.forEach((value, i) => named.set(value, names.outputs[i]));
  const name = (value: Value) => named.get(value) ?? unlike(taken, `v${value.id}`);
  const model = {
    irVersion: IR_VERSION,
    producerName: 'wheatfield',
    producerVersion: projectVersion(),
    opsetImport: [{ domain: '', version: OPSET_VERSION }],
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
      input: inputs.map((value, i) => valueInfo(value, names.inputs[i])),
      output: outputs.map((value, i) => valueInfo(value, names.outputs[i])),
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
