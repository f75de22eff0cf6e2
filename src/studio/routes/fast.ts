/** What the page needs to paint in one pass by itself: the styles, their networks, and the runtime that computes them. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Hono } from 'hono';
import { UserError } from '../../errors';
import type { FastStyleModel } from '../../fastStyle/modelFile';
import { fastStyleOnnx } from '../../fastStyle/onnx';
import { bundledStyles } from '../../stylize/models';
import { MOST_UPLOAD, atMost, send } from '../answers';
import type { OwnStyles } from '../ownStyles';
import type { FastStyle } from '../protocol';
import { RUNTIME_FILES } from '../runtimeFiles';

export function fastRoutes({ ownStyles }: { ownStyles: OwnStyles }): Hono {
  const app = new Hono();
  app.get('/api/fast/styles', async (context) => context.json((await readStyles(ownStyles)).styles));
  app.post('/api/fast/styles', atMost(MOST_UPLOAD), async (context) => {
    const bytes = new Uint8Array(await context.req.arrayBuffer());
    const { id } = await ownStyles.add(context.req.query('name') ?? 'This file', bytes);
    return context.json({ id, styles: (await readStyles(ownStyles)).styles });
  });
  app.get('/api/fast/networks/:file', async (context) => {
    const { networks } = await readStyles(ownStyles);
    const [, number] = /^(\d+)\.onnx$/.exec(context.req.param('file')) ?? [];
    const network = number === undefined ? undefined : networks[Number(number)];
    if (!network) throw new UserError('There is no such network. Reload the page.');
    const bytes = await fastStyleOnnx(network, undefined, { precision: 'float32' });
    return send(context, Buffer.from(bytes), 'application/octet-stream');
  });
  app.get('/api/fast/runtime/:file', async (context) => {
    const name = context.req.param('file');
    if (!Object.hasOwn(RUNTIME_FILES, name)) return context.notFound();
    const file = path.join(path.dirname(require.resolve('onnxruntime-web')), name);
    return send(context, await readFile(file), RUNTIME_FILES[name]);
  });
  return app;
}

async function readStyles(
  ownStyles: OwnStyles,
): Promise<{ styles: FastStyle[]; networks: FastStyleModel[] }> {
  const bundled = Object.entries(await bundledStyles()).map(([id, style]) => ({ id, style }));
  const own = await ownStyles.all();
  const all = [...bundled, ...own];
  const networks = [...new Set(all.map(({ style: { model } }) => model))];
  const styles = all.map(({ id, style: { name, model, style } }, i): FastStyle => {
    const isOwn = i >= bundled.length;
    return { id, name, isOwn, network: networks.indexOf(model), vector: [...model.styles[style]] };
  });
  return { styles, networks };
}
