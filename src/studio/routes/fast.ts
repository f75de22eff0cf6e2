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
import { RUNTIME_FILES } from '../runtimeFiles';

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
    if (!Object.hasOwn(RUNTIME_FILES, name)) return context.notFound();
    const file = path.join(path.dirname(require.resolve('onnxruntime-web')), name);
    return send(context, await readFile(file), RUNTIME_FILES[name]);
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
