/** Registers how one tfjs kernel is traced. */
import * as tf from '@tensorflow/tfjs';
import type { DType, Graph } from '../graph';
import { TRACE_BACKEND, type TraceBackend } from '../traceBackend';
import { type View, dtypeOf } from '../view';

export interface KernelCall<Attributes> {
  graph: Graph;
  /** The input of that name. */
  input: (name: string) => View;
  /** The input of that name, or undefined where an optional one is left out. */
  optional: (name: string) => View | undefined;
  /** All inputs, for the kernels that take a list (Concat, AddN, Pack). */
  list: () => View[];
  attrs: Attributes;
}

/** tfjs's type for a graph type: tensors of 64 bits and of 16 are ONNX's business alone. */
function tfDtype(dtype: DType): tf.DataType {
  if (dtype === 'int64') return 'int32';
  return dtype === 'float64' || dtype === 'float16' ? 'float32' : dtype;
}

export function traceKernel<Attributes = object>(
  kernelName: string,
  trace: (call: KernelCall<Attributes>) => View | View[],
): void {
  tf.registerKernel({
    kernelName,
    backendName: TRACE_BACKEND,
    kernelFunc: ({ inputs, attrs, backend: kernelBackend }) => {
      const backend = kernelBackend as TraceBackend;
      const named = inputs as Record<string, tf.TensorInfo | undefined>;
      const optional = (name: string) => named[name] && backend.view(named[name]);
      const traced = trace({
        graph: backend.graph,
        input: (name) => {
          const view = optional(name);
          if (!view) throw new Error(`tfjs called ${kernelName} without its input '${name}'.`);
          return view;
        },
        optional,
        list: () => Object.values(named).flatMap((info) => (info ? [backend.view(info)] : [])),
        attrs: attrs as Attributes,
      });
      const views = Array.isArray(traced) ? traced : [traced];
      const tensors = views.map((view) => backend.tensor(view, tfDtype(dtypeOf(view))));
      return Array.isArray(traced) ? tensors : tensors[0];
    },
  });
}
