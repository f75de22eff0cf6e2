/** Reads back what `onnxModel` wrote beside the graph: the constants by name, and the metadata. */
import { type DType } from './graph';
import { DATA_TYPE, ModelProto } from './onnxFormat';

export interface OnnxConstant {
  dims: readonly number[];
  dtype: DType;
  /** Little-endian. */
  bytes: Uint8Array;
}

export interface OnnxContents {
  /** metadata_props. */
  metadata: Record<string, string>;
  /** The constants whose elements are in the file as raw bytes, by name. */
  constants: Record<string, OnnxConstant>;
}

interface DecodedModel {
  metadataProps?: { key: string; value: string }[];
  graph?: {
    initializer?: { name: string; dims?: number[]; dataType: number; rawData?: Uint8Array }[];
  };
}

/** @throws Error where the bytes are no ONNX model */
export function readOnnx(bytes: Uint8Array): OnnxContents {
  const { metadataProps = [], graph } = ModelProto.toObject(ModelProto.decode(bytes), {
    longs: Number,
  }) as DecodedModel;
  const initializers = graph?.initializer ?? [];
  const constants = initializers.flatMap(({ name, dims = [], dataType, rawData }) => {
    const dtype = (Object.keys(DATA_TYPE) as DType[]).find((type) => DATA_TYPE[type] === dataType);
    return dtype && rawData ? [[name, { dims, dtype, bytes: rawData }] as const] : [];
  });
  return {
    metadata: Object.fromEntries(metadataProps.map(({ key, value }) => [key, value])),
    constants: Object.fromEntries(constants),
  };
}
