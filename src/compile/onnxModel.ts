/** Writes a recorded graph as an ONNX model. Field numbers are those of onnx.proto; only the messages used here are declared. */
import { Root, type Type } from 'protobufjs/light';
import type { Attribute, ConstantData, DType, Graph, Value } from './graph';

const OPSET_VERSION = 20;
const IR_VERSION = 9;

/** onnx.TensorProto.DataType */
const DATA_TYPE: Record<DType, number> = { float32: 1, int32: 6, int64: 7, bool: 9 };

/** onnx.AttributeProto.AttributeType */
const ATTRIBUTE_TYPE = { FLOAT: 1, INT: 2, STRING: 3, INTS: 7 };

const ModelProto: Type = Root.fromJSON({
  nested: {
    ModelProto: {
      fields: {
        irVersion: { id: 1, type: 'int64' },
        producerName: { id: 2, type: 'string' },
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

/** The name that a value goes by in the model. */
export function valueName({ id }: Value): string {
  return `v${id}`;
}

function attributeProto(name: string, attribute: Attribute) {
  if (typeof attribute === 'number') return { name, i: attribute, type: ATTRIBUTE_TYPE.INT };
  if (Array.isArray(attribute)) return { name, ints: attribute, type: ATTRIBUTE_TYPE.INTS };
  if (typeof attribute === 'object') return { name, f: attribute.float, type: ATTRIBUTE_TYPE.FLOAT };
  return { name, s: Buffer.from(attribute), type: ATTRIBUTE_TYPE.STRING };
}

function valueInfo(value: Value) {
  const shape = { dim: value.dims.map((dimValue) => ({ dimValue })) };
  return { name: valueName(value), type: { tensorType: { elemType: DATA_TYPE[value.dtype], shape } } };
}

function bytesOf(data: ConstantData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/**
 * The ONNX model (little-endian bytes) that computes `outputs` from the graph's inputs. Nodes and constants that no output needs are
 * left out, and so are second outputs that nobody reads.
 */
export function onnxModel(graph: Graph, outputs: readonly Value[]): Uint8Array {
  const nodes = graph.reachable(outputs);
  const used = new Set<Value | undefined>([...outputs, ...nodes.flatMap((node) => node.inputs)]);
  const constants = [...used].filter((value) => value?.constant) as Value[];
  const model = {
    irVersion: IR_VERSION,
    producerName: 'wheatfield',
    opsetImport: [{ domain: '', version: OPSET_VERSION }],
    graph: {
      name: 'compiled',
      node: nodes.map(({ op, inputs, outputs: results, attributes }) => ({
        opType: op,
        name: `${op}_${valueName(results[0] as Value)}`,
        input: inputs.map((value) => (value ? valueName(value) : '')),
        output: results.filter((value, i) => i === 0 || used.has(value)).map(valueName),
        attribute: Object.entries(attributes).map(([name, attribute]) =>
          name === 'to'
            ? attributeProto(name, DATA_TYPE[attribute as DType])
            : attributeProto(name, attribute),
        ),
      })),
      initializer: constants.map((value) => ({
        name: valueName(value),
        dims: value.dims,
        dataType: DATA_TYPE[value.dtype],
        rawData: bytesOf(value.constant as ConstantData),
      })),
      input: graph.inputs.map(valueInfo),
      output: outputs.map(valueInfo),
    },
  };
  return ModelProto.encode(ModelProto.fromObject(model)).finish();
}
