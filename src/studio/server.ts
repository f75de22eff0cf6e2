/** The studio's server: it listens on this machine, and has routes for each room of the page. */
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import path from 'node:path';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import '../greeting';
import { UserError } from '../errors';
import type { OpenNetwork } from '../network/network';
import { refused } from './answers';
import { Grids } from './compare/grids';
import { openRuns } from './compare/runs';
import { Feed } from './feed';
import { guard } from './guard';
import { Views } from './lab/views';
import { WallPainter } from './lab/wall';
import { openLibrary } from './library';
import { openOwnStyles } from './ownStyles';
import { readPage } from './page';
import { Painter } from './painter';
import { compareRoutes } from './routes/compare';
import { fastRoutes } from './routes/fast';
import { labRoutes } from './routes/lab';
import { paintRoutes } from './routes/paint';
import { pageRoutes } from './routes/page';
import { warmUp } from './warmUp';

/** Where dropped pictures are kept, in the working folder. */
const UPLOADS = 'results/studio-pictures';
/** Where dropped networks are kept. */
const STYLES = 'results/studio-styles';
/** Sockets; a browser opens six for each page. */
const MOST_CONNECTIONS = 1000;

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
  const grids = new Grids({ feed, library, folder, openNetwork });
  await grids.open();
  const wall = new WallPainter({ feed, library, openNetwork });
  const ended = new AbortController();

  const app = new Hono();
  app.use(guard({ token, framedBy }));
  app.get('/', (context) => context.redirect(`/${token}/`));
  app.route(`/${token}/`, pageRoutes({ page, feed, library, folder, signal: ended.signal }));
  app.route(`/${token}/`, paintRoutes({ library, painter }));
  app.route(`/${token}/`, compareRoutes({ runs: openRuns(folder), grids }));
  app.route(`/${token}/`, labRoutes({ library, views: new Views(openNetwork), wall }));
  app.route(`/${token}/`, fastRoutes({ ownStyles: openOwnStyles(path.join(folder, STYLES)) }));
  app.notFound((context) => context.json({ error: 'There is nothing here. Open the page again.' }, 404));
  app.onError(refused);

  const server = await listen(app, port);
  void warmUp();
  const { port: listeningPort } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${listeningPort}/?token=${token}`,
    async close() {
      ended.abort();
      await Promise.all([painter.stop(), grids.close(), wall.stop()]);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
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
