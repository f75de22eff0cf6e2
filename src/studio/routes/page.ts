/** The routes that every room needs: the page's files, the line of events, the pictures that can be chosen. */
import path from 'node:path';
import { type Context, Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { convolutionNames } from '../../network/vgg19';
import { PRESETS } from '../../presets';
import { projectVersion } from '../../project';
import { MOST_UPLOAD, atMost, send, sideOf } from '../answers';
import type { Feed } from '../feed';
import type { Library } from '../library';
import type { PageFile } from '../page';
import type { Welcome } from '../protocol';
import { settingsPanel } from '../settingsPanel';

/** Milliseconds between two signs of life, by which a lost connection is noticed. */
const HEARTBEAT = 15_000;

/** Seconds. */
const THUMBNAIL_AGE = 600;

export interface PageParts {
  page: Map<string, PageFile>;
  feed: Feed;
  library: Library;
  folder: string;
  /** Aborted when the studio closes. */
  signal: AbortSignal;
}

export function pageRoutes({ page, feed, library, folder, signal }: PageParts): Hono {
  const app = new Hono();
  app.get('/', (context) => sendFile(context, page.get('index.html')));
  app.get('/assets/:name', (context) => sendFile(context, page.get(`assets/${context.req.param('name')}`)));

  app.get('/api/welcome', async (context) => {
    const welcome: Welcome = {
      version: projectVersion(),
      settings: settingsPanel(),
      presets: PRESETS,
      layers: convolutionNames(),
      pictures: await library.all(),
      folder: path.join(folder, 'results'),
      isWindows: process.platform === 'win32',
    };
    return context.json(welcome);
  });
  app.get('/api/events', (context) =>
    streamSSE(context, async (stream) => {
      const gone = new AbortController();
      stream.onAbort(() => gone.abort());
      const beat = setInterval(() => void stream.write(': \n\n'), HEARTBEAT);
      try {
        for await (const message of feed.read(AbortSignal.any([gone.signal, signal]))) {
          await stream.writeSSE({ data: JSON.stringify(message) });
        }
      } finally {
        clearInterval(beat);
      }
    }),
  );

  app.post('/api/pictures', atMost(MOST_UPLOAD), async (context) => {
    const bytes = new Uint8Array(await context.req.arrayBuffer());
    return context.json(await library.add(context.req.query('name') ?? 'picture', bytes));
  });
  app.get('/api/pictures/:id', async (context) => {
    const bytes = await library.thumbnail(context.req.param('id'), sideOf(context));
    // Every room shows them, and they are made by the process that paints: the browser keeps them for a while.
    context.header('Cache-Control', `private, max-age=${THUMBNAIL_AGE}`);
    return send(context, bytes, 'image/jpeg');
  });
  app.get('/api/pictures/:id/exact.png', async (context) => {
    const bytes = await library.exact(context.req.param('id'), Number(context.req.query('height')));
    return send(context, bytes, 'image/png');
  });
  return app;
}

function sendFile(context: Context, file: PageFile | undefined): Response | Promise<Response> {
  return file ? send(context, file.bytes, file.type) : context.notFound();
}
