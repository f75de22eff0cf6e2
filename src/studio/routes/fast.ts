/** What the page needs to paint in one pass by itself: the styles, their networks, and the runtime that computes them. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Hono } from 'hono';
import { UserError } from '../../errors';
import type { FastStyleModel } from '../../fastStyle/modelFile';
import { fastStyleOnnx } from '../../fastStyle/onnx';
import { bundledStyles } from '../../stylize/models';
import { send } from '../answers';
import type { FastStyle } from '../protocol';

const SCRIPT = 'text/javascript; charset=utf-8';
const WASM = 'application/wasm';
/** The files of onnxruntime-web that are given away, and no others: for WebGPU, and for the processor. */
const RUNTIME: Readonly<Record<string, string>> = {
  'ort.webgpu.min.mjs': SCRIPT,
  'ort-wasm-simd-threaded.asyncify.mjs': SCRIPT,
  'ort-wasm-simd-threaded.asyncify.wasm': WASM,
  'ort.wasm.min.mjs': SCRIPT,
  'ort-wasm-simd-threaded.mjs': SCRIPT,
  'ort-wasm-simd-threaded.wasm': WASM,
};

export function fastRoutes(): Hono {
  const app = new Hono();
  app.get('/api/fast/styles', async (context) => context.json((await readStyles()).styles));
  app.get('/api/fast/networks/:file', async (context) => {
    const { networks } = await readStyles();
    const [, number] = /^(\d+)\.onnx$/.exec(context.req.param('file')) ?? [];
    const network = number === undefined ? undefined : networks[Number(number)];
    if (!network) throw new UserError('There is no such network. Reload the page.');
    return send(context, Buffer.from(await fastStyleOnnx(network)), 'application/octet-stream');
  });
  app.get('/api/fast/runtime/:file', async (context) => {
    const name = context.req.param('file');
    if (!Object.hasOwn(RUNTIME, name)) return context.notFound();
    const file = path.join(path.dirname(require.resolve('onnxruntime-web')), name);
    return send(context, await readFile(file), RUNTIME[name]);
  });
  return app;
}

async function readStyles(): Promise<{ styles: FastStyle[]; networks: FastStyleModel[] }> {
  const bundled = Object.values(await bundledStyles());
  const networks = [...new Set(bundled.map(({ model }) => model))];
  const styles = bundled.map(({ name, model, style }): FastStyle => {
    return { name, network: networks.indexOf(model), vector: [...model.styles[style]] };
  });
  return { styles, networks };
}
