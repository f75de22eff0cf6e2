/** The routes of the layer lab: what each layer sees, and what it alone would paint. */
import { type Context, Hono } from 'hono';
import { UserError } from '../../errors';
import type { NetworkName } from '../../network/chooseNetwork';
import { findWeights } from '../../network/weights';
import { json, readJson, send } from '../answers';
import type { Views } from '../lab/views';
import type { WallPainter } from '../lab/wall';
import type { Library } from '../library';
import type { GivenWall } from '../protocol';

export interface LabParts {
  library: Library;
  views: Views;
  wall: WallPainter;
}

export function labRoutes({ library, views, wall }: LabParts): Hono {
  const app = new Hono();
  app.get('/api/lab/networks', (context) => context.json(networksAtHand()));
  app.get('/api/lab/:picture/:layer/:kind', async (context) => {
    const { picture, layer, kind } = context.req.param();
    const view = await views.of(await library.pathOf(picture), layer, networkOf(context));
    if (kind === 'maps.png') return send(context, await view.maps.png(), 'image/png');
    if (kind === 'gram.png') return send(context, await view.gram.png(), 'image/png');
    return context.notFound();
  });

  app.get('/api/lab/wall/:file', (context) => {
    const [, layer = ''] = /^(\w+)\.png$/.exec(context.req.param('file')) ?? [];
    return send(context, wall.picture(layer), 'image/png');
  });
  app.post('/api/lab/wall', json, async (context) => {
    const given = await readJson<GivenWall>(context);
    assertAtHand(given.network);
    await wall.begin(given);
    return context.json({});
  });
  app.post('/api/lab/wall/stop', async (context) => {
    await wall.stop();
    return context.json({});
  });
  return app;
}

/** The networks that need no download. */
function networksAtHand(): NetworkName[] {
  return findWeights(undefined) ? ['vgg19-slim', 'vgg19'] : ['vgg19-slim'];
}

function networkOf(context: Context): NetworkName {
  const network = (context.req.query('network') ?? 'vgg19-slim') as NetworkName;
  assertAtHand(network);
  return network;
}

/** @throws UserError for a network that would have to be downloaded, or that does not exist */
function assertAtHand(network: NetworkName): void {
  if (networksAtHand().includes(network)) return;
  throw new UserError(
    `The network '${network}' is not on this machine. Choose vgg19-slim, or paint once with VGG19, which downloads it.`,
  );
}
