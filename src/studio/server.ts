/** The studio's server: the page, the pictures, the line of events, and what the page asks for. */
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import path from 'node:path';
import { serve } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { streamSSE } from 'hono/streaming';
import { UserError } from '../errors';
import { vggLayers } from '../network/vgg19';
import type { OpenNetwork } from '../network/network';
import { projectVersion } from '../project';
import { PRESETS } from '../presets';
import { SETTINGS, type SettingName, type Settings } from '../settings';
import { Feed } from './feed';
import { guard } from './guard';
import { type Library, openLibrary } from './library';
import { type PageFile, readPage } from './page';
import { Painter } from './painter';
import type { GivenSettings, Refusal, Welcome } from './protocol';
import { settingsFrom, settingsPanel } from './settingsPanel';

/** Where dropped pictures are kept, in the working folder. */
const UPLOADS = 'results/studio-pictures';
/** Bytes. */
const MOST_UPLOAD = 64 * 2 ** 20;
const MOST_JSON = 2 ** 20;
/** Sockets; a browser opens six for each page. */
const MOST_CONNECTIONS = 1000;
/** Milliseconds between two signs of life, by which a lost connection is noticed. */
const HEARTBEAT = 15_000;

export interface StudioOptions {
  /** Default: a free one. */
  port?: number;
  /** Where img/ and results/ lie. Default the working folder. */
  folder?: string;
  openNetwork?: OpenNetwork;
  /** Which pages may show the studio in a frame, as CSP's frame-ancestors has them. Default none. */
  framedBy?: string;
}

/** A studio that is open. */
export interface Studio {
  /** The address of its page, with the token. */
  address: string;
  /** Stops what is being painted and closes the server. */
  close(): Promise<void>;
}

/**
 * Opens the studio on this machine, for this machine only.
 *
 * @throws UserError where the port is taken, or the page is not built
 */
export async function openStudio({
  port = 0,
  folder = process.cwd(),
  openNetwork,
  framedBy = "'none'",
}: StudioOptions = {}): Promise<Studio> {
  const token = randomBytes(24).toString('hex');
  const page = await readPage();
  const feed = new Feed();
  const library = openLibrary(folder, UPLOADS);
  const painter = new Painter({ feed, folder, openNetwork });
  const ended = new AbortController();

  const app = new Hono();
  app.use(guard({ token, framedBy }));
  app.get('/', (context) => context.redirect(`/${token}/`));
  app.route(`/${token}/`, routes({ page, feed, library, painter, folder, signal: ended.signal }));
  app.notFound((context) => context.json({ error: 'There is nothing here. Open the page again.' }, 404));
  app.onError(refused);

  const server = await listen(app, port);
  const { port: listeningPort } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${listeningPort}/?token=${token}`,
    async close() {
      ended.abort();
      await painter.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Parts {
  page: Map<string, PageFile>;
  feed: Feed;
  library: Library;
  painter: Painter;
  folder: string;
  /** Aborted when the studio closes. */
  signal: AbortSignal;
}

function routes({ page, feed, library, painter, folder, signal }: Parts): Hono {
  const app = new Hono();
  const json = bodyLimit({ maxSize: MOST_JSON, onError: tooLarge(MOST_JSON) });

  app.get('/', (context) => sendFile(context, page.get('index.html')));
  app.get('/assets/:name', (context) => sendFile(context, page.get(`assets/${context.req.param('name')}`)));

  app.get('/api/welcome', async (context) => {
    const welcome: Welcome = {
      version: projectVersion(),
      settings: settingsPanel(),
      presets: PRESETS,
      layers: vggLayers()
        .filter(({ kind }) => kind === 'conv')
        .map(({ name }) => name),
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

  const upload = bodyLimit({ maxSize: MOST_UPLOAD, onError: tooLarge(MOST_UPLOAD) });
  app.post('/api/pictures', upload, async (context) => {
    const bytes = new Uint8Array(await context.req.arrayBuffer());
    return context.json(await library.add(context.req.query('name') ?? 'picture', bytes));
  });
  app.get('/api/pictures/:id', async (context) => {
    const side = Math.min(Math.max(Math.trunc(Number(context.req.query('side'))) || 320, 16), 4096);
    const bytes = await library.thumbnail(context.req.param('id'), side);
    return send(context, bytes, 'image/jpeg');
  });

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

async function listen(app: Hono, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }, () => resolve(server)) as Server;
    server.maxConnections = MOST_CONNECTIONS;
    server.on('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'is taken' : `cannot be used (${error.message})`;
      reject(
        new UserError(`The port ${port} ${why}. Choose another --port, or leave it out.`, { cause: error }),
      );
    });
  });
}

/** @throws UserError where the body is not a JSON object */
async function readJson<T extends object>(context: Context): Promise<T> {
  const value: unknown = await context.req.json().catch(() => undefined);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as T;
  throw new UserError('The request is not a JSON object. Reload the page.');
}

function sendFile(context: Context, file: PageFile | undefined): Response | Promise<Response> {
  return file ? send(context, file.bytes, file.type) : context.notFound();
}

function send(context: Context, bytes: Buffer, type: string): Response {
  return context.body(new Uint8Array(bytes), 200, { 'Content-Type': type });
}

function tooLarge(most: number): (context: Context) => Response {
  return (context) =>
    context.json(
      { error: `This is larger than ${most / 2 ** 20} MB. Choose a smaller file.` } satisfies Refusal,
      413,
    );
}

/** An error as an answer: what the person can correct, and in all other cases a fault of the program, which is printed too. */
function refused(error: Error, context: Context): Response {
  const isTheirs = error instanceof UserError;
  if (!isTheirs) console.error(error);
  // readSettings begins its sentences with the setting's name.
  const [word] = error.message.split(' ');
  const refusal: Refusal = {
    error: isTheirs ? error.message : `The studio has a fault: ${error.message}. See where it was started.`,
    ...(Object.hasOwn(SETTINGS, word) && { setting: word as SettingName }),
  };
  const status: ContentfulStatusCode = isTheirs ? 422 : 500;
  return context.json(refusal, status);
}
