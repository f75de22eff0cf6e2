/** The routes of the room to compare in: the gallery of runs, and the grids. */
import { Hono } from 'hono';
import { json, readJson, send, sideOf } from '../answers';
import type { Grids } from '../compare/grids';
import type { Runs } from '../compare/runs';
import type { Gallery, GivenGrid } from '../protocol';

export function compareRoutes({ runs, grids }: { runs: Runs; grids: Grids }): Hono {
  const app = new Hono();
  app.get('/api/runs', async (context) => {
    const { runs: all, problems } = await runs.all();
    return context.json({ runs: all, problems: [...problems, ...grids.problems] } satisfies Gallery);
  });
  app.get('/api/runs/:id/picture.png', async (context) =>
    send(context, await runs.picture(context.req.param('id')), 'image/png'),
  );
  app.get('/api/runs/:id/thumbnail', async (context) =>
    send(context, await runs.thumbnail(context.req.param('id'), sideOf(context)), 'image/jpeg'),
  );

  app.post('/api/grids', json, async (context) => {
    await grids.begin(await readJson<GivenGrid>(context));
    return context.json({});
  });
  app.post('/api/grids/:name/go-on', (context) => {
    grids.goOn(context.req.param('name'));
    return context.json({});
  });
  app.post('/api/grids/:name/stop', async (context) => {
    await grids.stop(context.req.param('name'));
    return context.json({});
  });
  return app;
}
