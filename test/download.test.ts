import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, type Server, type ServerResponse, createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { download } from '../src/download';
import { UserError } from '../src/errors';

const BYTES = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 251));
const MD5 = createHash('md5').update(BYTES).digest('hex');
const QUICK = { md5: MD5, retryAfter: [1, 1, 1, 1], stallAfter: 200 };

type Handler = (request: IncomingMessage, response: ServerResponse, attempt: number) => void;

/** Sends from the byte that a Range header asks for. */
function whole(asked: IncomingMessage, response: ServerResponse): void {
  const start = Number(/bytes=(\d+)-/.exec(asked.headers.range ?? '')?.[1] ?? 0);
  response.writeHead(asked.headers.range ? 206 : 200, { 'content-length': BYTES.length - start });
  response.end(BYTES.subarray(start));
}

describe('download', () => {
  let folder: string;
  let server: Server;
  let handler: Handler;
  let asked: (string | undefined)[];
  const file = () => path.join(folder, 'deep', 'weights.h5');
  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/weights.h5`;
  const left = () => (existsSync(path.dirname(file())) ? readdirSync(path.dirname(file())) : []);

  beforeEach((done) => {
    folder = mkdtempSync(path.join(tmpdir(), 'wheatfield-download-'));
    asked = [];
    server = createServer((incoming, response) => {
      asked.push(incoming.headers.range);
      handler(incoming, response, asked.length);
    }).listen(0, '127.0.0.1', done);
  });
  afterEach((done) => {
    rmSync(folder, { recursive: true });
    server.closeAllConnections();
    server.close(done);
  });

  async function arrives(): Promise<void> {
    await download(url(), file(), QUICK);
    assert.ok(readFileSync(file()).equals(BYTES));
    assert.deepEqual(left(), ['weights.h5']);
  }

  async function fails(message: RegExp): Promise<void> {
    await assert.rejects(
      download(url(), file(), QUICK),
      (error: Error) => error instanceof UserError && message.test(error.message),
    );
    assert.ok(!existsSync(file()), 'no file under the final name');
  }

  it('brings a file, and says how far it is', async () => {
    handler = whole;
    const seen: number[] = [];
    await download(url(), file(), {
      ...QUICK,
      onProgress: ({ received, total }) => {
        assert.equal(total, BYTES.length);
        seen.push(received);
      },
    });
    assert.equal(seen.at(-1), BYTES.length);
    assert.ok(readFileSync(file()).equals(BYTES));
  });

  it('goes on after a break where it left off', async () => {
    handler = (incoming, response, attempt) => {
      if (attempt > 2) return whole(incoming, response);
      const start = attempt === 1 ? 0 : Number(/(\d+)-/.exec(incoming.headers.range ?? '')?.[1]);
      response.writeHead(attempt === 1 ? 200 : 206, { 'content-length': BYTES.length - start });
      response.write(BYTES.subarray(start, start + 100_000), () => setTimeout(() => response.destroy(), 20));
    };
    await arrives();
    assert.equal(asked.length, 3);
    assert.equal(asked[0], undefined);
    assert.match(asked[1] ?? '', /^bytes=[1-9]\d*-$/);
  });

  it('begins again where the server ignores what is asked', async () => {
    handler = (_, response, attempt) => {
      response.writeHead(200, { 'content-length': BYTES.length });
      if (attempt > 1) response.end(BYTES);
      else response.write(BYTES.subarray(0, 1000), () => setTimeout(() => response.destroy(), 20));
    };
    await arrives();
  });

  it('gives up on a server that stalls, and tries again', async () => {
    handler = (incoming, response, attempt) => {
      if (attempt > 1) return whole(incoming, response);
      response.writeHead(200, { 'content-length': BYTES.length });
      response.write(BYTES.subarray(0, 5000));
    };
    await arrives();
    assert.equal(asked.length, 2);
  });

  it('follows redirects', async () => {
    handler = (incoming, response) => {
      if (incoming.url === '/elsewhere') return whole(incoming, response);
      response.writeHead(302, { location: '/elsewhere' }).end();
    };
    await arrives();
  });

  it('tries again after a 503', async () => {
    handler = (incoming, response, attempt) => {
      if (attempt > 2) return whole(incoming, response);
      response.writeHead(503).end('busy');
    };
    await arrives();
    assert.equal(asked.length, 3);
  });

  it('does not try again after a 404', async () => {
    handler = (_, response) => response.writeHead(404).end();
    await fails(/the server answered 404/);
    assert.equal(asked.length, 1);
  });

  it('never takes the wrong bytes', async () => {
    handler = (_, response) => response.end(BYTES.subarray(1));
    await fails(/another checksum/);
    assert.equal(asked.length, 5);
    assert.deepEqual(left(), []);
  });

  it('fails at once where nothing answers', async () => {
    const closed = url();
    await new Promise((resolve) => server.close(resolve));
    const started = Date.now();
    await assert.rejects(download(closed, file(), QUICK), UserError);
    assert.ok(Date.now() - started < 3000);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  it('takes over what a process that has ended left behind, and leaves a living one alone', async () => {
    handler = (_, response, attempt) => {
      // What is on the disk is right as far as it goes.
      if (attempt === 1)
        response.writeHead(206, { 'content-length': BYTES.length - 1000 }).end(BYTES.subarray(1000));
    };
    const living = `weights.h5.${process.ppid}.partial`;
    const dead = 'weights.h5.999999999.partial';
    await download(url(), file(), { ...QUICK, retryAfter: [] }).catch(() => undefined);
    for (const name of left()) rmSync(path.join(path.dirname(file()), name));
    asked = [];
    for (const name of [living, dead])
      writeFileSync(path.join(path.dirname(file()), name), BYTES.subarray(0, 1000));
    await download(url(), file(), QUICK);
    assert.equal(asked[0], 'bytes=1000-');
    assert.deepEqual(left().sort(), ['weights.h5', living].sort());
  });

  it('two at once do each other no harm', async () => {
    handler = whole;
    const other = path.join(folder, 'deep', 'second.h5');
    await Promise.all([download(url(), file(), QUICK), download(url(), other, QUICK)]);
    assert.ok(readFileSync(file()).equals(BYTES) && readFileSync(other).equals(BYTES));
  });

  it('goes through the proxy that the environment names', async () => {
    handler = whole;
    const through: (string | undefined)[] = [];
    const proxy = createServer((incoming, response) => {
      through.push(incoming.url);
      const target = new URL(incoming.url ?? '');
      incoming.pipe(
        request(
          { host: target.hostname, port: target.port, path: target.pathname, headers: incoming.headers },
          (answer) => {
            response.writeHead(answer.statusCode ?? 500, answer.headers);
            answer.pipe(response);
          },
        ),
      );
    }).listen(0, '127.0.0.1');
    proxy.on('connect', (incoming, socket) => {
      through.push(incoming.url);
      const [host, port] = (incoming.url ?? '').split(':') as [string, string];
      const upstream = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        upstream.pipe(socket).pipe(upstream);
      });
      upstream.on('error', () => socket.destroy());
      socket.on('error', () => upstream.destroy());
    });
    await new Promise((resolve) => proxy.once('listening', resolve));
    process.env.http_proxy = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    try {
      await arrives();
    } finally {
      delete process.env.http_proxy;
      proxy.closeAllConnections();
      proxy.close();
    }
    assert.equal(through.length, 1);
    assert.match(through[0] ?? '', /127\.0\.0\.1/);
  });
});
