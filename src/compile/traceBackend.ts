/**
 * The tracing backend: a tfjs KernelBackend whose kernels compute nothing. Each appends ONNX nodes to the graph being traced, so that
 * running a function once, with tfjs's own gradient functions inside it, records the whole computation.
 */
import * as tf from '@tensorflow/tfjs';
import { type ConstantData, type DType, Graph } from './graph';
import { type View, dtypeOf, viewOf } from './view';

export const TRACE_BACKEND = 'trace';

/** What the backend knows of a tensor: a constant's values, or where a traced tensor lies in which graph. */
type Stored = { refCount: number } & (
  | { values: tf.backend_util.BackendValues; shape: number[]; dtype: tf.DataType }
  | { graph: Graph; view: View }
);

export class TraceBackend extends tf.KernelBackend {
  private readonly data: tf.DataStorage<Stored>;
  private tracing?: Graph;

  constructor() {
    super();
    this.data = new tf.DataStorage<Stored>(this, tf.engine());
  }

  /** Runs `fn` with its kernels recorded in `graph`. */
  record<T>(graph: Graph, fn: () => T): T {
    this.tracing = graph;
    try {
      return fn();
    } finally {
      this.tracing = undefined;
    }
  }

  get graph(): Graph {
    if (!this.tracing) {
      throw new Error(
        "The 'trace' backend only records functions for compile(). Choose another with tf.setBackend() to compute.",
      );
    }
    return this.tracing;
  }

  /** How a tensor lies in the graph. */
  view(info: tf.TensorInfo): View {
    const stored = this.data.get(info.dataId);
    if ('view' in stored) {
      if (stored.graph !== this.graph)
        throw new Error(
          'The function uses a tensor that another call of compile traced. Return it there, and pass it in as an input here.',
        );
      return stored.view;
    }
    return constantView(this.graph, stored.values, info.shape, info.dtype);
  }

  /** A new tensor that lies where `view` says. */
  tensor(view: View, dtype: tf.DataType = dtypeOf(view) as tf.DataType): tf.TensorInfo {
    const dataId = this.nextDataId();
    this.data.set(dataId, { refCount: 1, graph: this.graph, view });
    return { dataId, shape: [...view.shape], dtype };
  }

  private nextDataId(): tf.DataId {
    return {};
  }

  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): tf.DataId {
    const dataId = this.nextDataId();
    this.move(dataId, values, shape, dtype, 1);
    return dataId;
  }

  override move(
    dataId: tf.DataId,
    values: tf.backend_util.BackendValues,
    shape: number[],
    dtype: tf.DataType,
    refCount: number,
  ): void {
    this.data.set(dataId, { refCount, values, shape, dtype });
  }

  override readSync(dataId: tf.DataId): tf.backend_util.BackendValues {
    const stored = this.data.get(dataId);
    if ('values' in stored) return stored.values;
    const { value } = stored.view;
    const origin = value.node ? `the result of ${value.node.op}` : 'an input';
    throw new Error(
      `The function reads a value (dataSync, data, array or print on ${origin} of shape [${stored.view.shape.join(', ')}]), but while ` +
        'compile traces it there are none. Return that tensor and read it after the call.',
    );
  }

  override read(dataId: tf.DataId): Promise<tf.backend_util.BackendValues> {
    return Promise.resolve(this.readSync(dataId));
  }

  override refCount(dataId: tf.DataId): number {
    return this.data.has(dataId) ? this.data.get(dataId).refCount : 0;
  }

  override incRef(dataId: tf.DataId): void {
    this.data.get(dataId).refCount++;
  }

  decRef(dataId: tf.DataId): void {
    if (this.data.has(dataId)) this.data.get(dataId).refCount--;
  }

  override disposeData(dataId: tf.DataId, force = false): boolean {
    if (!this.data.has(dataId)) return true;
    const stored = this.data.get(dataId);
    stored.refCount--;
    if (!force && stored.refCount > 0) return false;
    this.data.delete(dataId);
    return true;
  }

  override numDataIds(): number {
    return this.data.numDataIds();
  }

  override memory() {
    return { unreliable: true, reasons: ['Traced tensors hold no data.'] };
  }

  override timerAvailable(): boolean {
    return false;
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override dispose(): void {
    this.tracing = undefined;
  }
}

/** A constant in the graph. One that repeats a single number (tf.ones, tf.fill) is held as that number. */
function constantView(
  graph: Graph,
  values: tf.backend_util.BackendValues,
  shape: number[],
  tfDtype: tf.DataType,
): View {
  const { data, dtype } = constantData(values, tfDtype);
  const first = data[0];
  if (data.length > 1 && repeatsItself(data)) {
    const single = graph.constant(data.slice(0, 1), [1], dtype);
    const value = dtype === 'float32' ? graph.scalar(Number(first)) : single;
    const ones = shape.map(() => 1);
    return {
      value: graph.add('Reshape', [value, graph.int64(ones)], ones),
      shape,
      axes: shape.map((_, i) => i),
    };
  }
  return viewOf(graph.constant(data, shape, dtype));
}

/**
 * Whether all elements are the same. Gradients of sums have constants as large as activations, so their bytes are compared with themselves,
 * one element further, at the speed of memory.
 */
function repeatsItself({ buffer, byteOffset, byteLength, BYTES_PER_ELEMENT: size }: ConstantData): boolean {
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  return bytes.subarray(size).equals(bytes.subarray(0, -size));
}

function constantData(
  values: tf.backend_util.BackendValues,
  dtype: tf.DataType,
): { data: ConstantData; dtype: DType } {
  if (dtype === 'float32' && values instanceof Float32Array) return { data: values, dtype };
  if (dtype === 'int32' && values instanceof Int32Array) return { data: values, dtype };
  if (dtype === 'bool' && values instanceof Uint8Array) return { data: values, dtype };
  throw new Error(
    `compile cannot trace a constant of ${dtype}. Cast it to float32, int32 or bool before the call.`,
  );
}
