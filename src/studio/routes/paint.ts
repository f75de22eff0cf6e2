/** The routes of the room to paint in. */
import { type Context, Hono } from 'hono';
import type { Settings } from '../../settings';
import { json, readJson, send } from '../answers';
import type { Library } from '../library';
import type { Painter } from '../painter';
import type { GivenSettings } from '../protocol';
import { settingsFrom } from '../settingsPanel';

export function paintRoutes({ library, painter }: { library: Library; painter: Painter }): Hono {
  const app = new Hono();
  const settingsOf = async (context: Context): Promise<Settings> =>
    settingsFrom(await readJson<GivenSettings>(context), library);
  app.post('/api/paint', json, async (context) => {
    await painter.paint(await settingsOf(context));
    return context.json({});
  });
  app.post('/api/steer', json, async (context) => {
    await painter.steer(await settingsOf(context));
    return context.json({});
  });
  app.post('/api/pause', (context) => {
    painter.pause();
    return context.json({});
  });
  app.post('/api/go-on', (context) => {
    painter.goOn();
    return context.json({});
  });
  app.post('/api/stop', async (context) => {
    await painter.stop();
    return context.json({});
  });
  app.get('/api/preview.png', (context) => send(context, painter.preview(), 'image/png'));
  app.get('/api/picture.png', async (context) => {
    context.header('Content-Disposition', 'attachment; filename="wheatfield.png"');
    return send(context, await painter.png(), 'image/png');
  });
  app.get('/api/copies', (context) => context.json(painter.copies()));
  return app;
}
