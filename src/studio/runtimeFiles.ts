/** The files of onnxruntime-web that the page computes with, by their types: for WebGPU, and for the processor. */
const SCRIPT = 'text/javascript; charset=utf-8';
const WASM = 'application/wasm';

export const RUNTIME_FILES: Readonly<Record<string, string>> = {
  'ort.webgpu.min.mjs': SCRIPT,
  'ort-wasm-simd-threaded.asyncify.mjs': SCRIPT,
  'ort-wasm-simd-threaded.asyncify.wasm': WASM,
  'ort.wasm.min.mjs': SCRIPT,
  'ort-wasm-simd-threaded.mjs': SCRIPT,
  'ort-wasm-simd-threaded.wasm': WASM,
};
