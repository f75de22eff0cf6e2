import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type IncomingMessage, type Server, type ServerResponse, createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { UserError } from '../src/errors';
import { download } from '../src/network/download';

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

/** Half at once, the rest when another download has had the time to begin. */
function slowly(_: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'content-length': BYTES.length });
  response.write(BYTES.subarray(0, 150_000));
  setTimeout(() => response.end(BYTES.subarray(150_000)), 150);
}

describe('download', () => {
  let folder: string;
  let server: Server;
  let handler: Handler;
  let asked: (string | undefined)[];
  const file = () => path.join(folder, 'deep', 'weights.h5');
  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/weights.h5`;
  const left = () => (existsSync(path.dirname(file())) ? readdirSync(path.dirname(file())) : []);

  const environment = { ...process.env };
  // A proxy of the machine's own would stand between these tests and their server.
  before(() => {
    for (const name of Object.keys(environment))
      if (/^(https?|no)_proxy$/i.test(name)) Reflect.deleteProperty(process.env, name);
  });
  after(() => void Object.assign(process.env, environment));

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

  it('asks once more where nothing answers, and no more', async () => {
    const closed = url();
    await new Promise((resolve) => server.close(resolve));
    const started = Date.now();
    const options = { ...QUICK, retryAfter: [1, 60_000] };
    await assert.rejects(
      download(closed, file(), options),
      (error: Error) => error instanceof UserError && /ECONNREFUSED/.test(error.message),
    );
    assert.ok(Date.now() - started < 3000);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  it('refuses what is not a web address, before it waits for anything', async () => {
    for (const address of ['weights.h5', 'ftp://example.org/weights.h5'])
      await assert.rejects(
        download(address, file(), { md5: MD5 }),
        /is not a web address\. Give one that begins with http/,
      );
  });

  it('says so where the file cannot be written', async () => {
    handler = whole;
    writeFileSync(path.join(folder, 'deep'), 'a file, not a folder');
    await assert.rejects(download(url(), file(), QUICK), /^UserError: Cannot write .*weights\.h5: /);
    assert.equal(asked.length, 0);
  });

  /** What lies in the folder when a download begins. */
  const leave = (name: string, bytes = BYTES.subarray(0, 1000)) => {
    mkdirSync(path.dirname(file()), { recursive: true });
    writeFileSync(path.join(path.dirname(file()), name), bytes);
  };

  it('takes over what a process that has ended left behind, and leaves a living one alone', async () => {
    handler = whole;
    const living = `weights.h5.${process.ppid}-a.partial`;
    leave(living);
    leave('weights.h5.999999999-a.partial');
    leave('weights.h5x.partial');
    await download(url(), file(), QUICK);
    assert.deepEqual(asked, ['bytes=1000-']);
    assert.ok(readFileSync(file()).equals(BYTES));
    assert.deepEqual(left().sort(), ['weights.h5', living, 'weights.h5x.partial'].sort());
  });

  it('keeps what arrived where it gives up, for the next time', async () => {
    handler = (incoming, response, attempt) => {
      if (attempt === 2) return whole(incoming, response);
      response.writeHead(200, { 'content-length': BYTES.length });
      response.write(BYTES.subarray(0, 5000), () => setTimeout(() => response.destroy(), 20));
    };
    await assert.rejects(download(url(), file(), { ...QUICK, retryAfter: [] }), /broke off|terminated/);
    assert.deepEqual(left(), ['weights.h5.partial']);
    await arrives();
    assert.deepEqual(asked, [undefined, 'bytes=5000-']);
  });

  it('keeps what arrived where it is aborted, and the abort is not dressed up', async () => {
    handler = (incoming, response, attempt) => {
      if (attempt === 2) return whole(incoming, response);
      response.writeHead(200, { 'content-length': BYTES.length });
      response.write(BYTES.subarray(0, 5000));
    };
    const controller = new AbortController();
    const reason = new DOMException('enough', 'AbortError');
    const began = performance.now();
    await assert.rejects(
      download(url(), file(), {
        ...QUICK,
        stallAfter: 30_000,
        signal: controller.signal,
        onProgress: () => setTimeout(() => controller.abort(reason), 20),
      }),
      (error) => error === reason,
    );
    assert.ok(performance.now() - began < 1000);
    assert.deepEqual(left(), ['weights.h5.partial']);
    await arrives();
    assert.deepEqual(asked, [undefined, 'bytes=5000-']);
  });

  it('keeps the cause of a failure', async () => {
    handler = (_, response) => response.writeHead(404).end();
    await assert.rejects(download(url(), file(), QUICK), (error: Error) => {
      assert.match((error.cause as Error).message, /^the server answered 404/);
      return true;
    });
  });

  it('has enough when all of it was left behind', async () => {
    handler = (_, response) => response.writeHead(416).end();
    leave('weights.h5.partial', BYTES);
    await arrives();
  });

  it('begins again where what was left behind is wrong', async () => {
    handler = whole;
    leave('weights.h5.partial', Buffer.alloc(1000));
    await arrives();
    assert.deepEqual(asked, ['bytes=1000-', undefined]);
  });

  it('begins again where the server sends another part than asked', async () => {
    handler = (incoming, response, attempt) => {
      if (attempt > 1) return whole(incoming, response);
      response.writeHead(206, { 'content-range': `bytes 0-9/${BYTES.length}` }).end(BYTES.subarray(0, 10));
    };
    leave('weights.h5.partial');
    await arrives();
    assert.deepEqual(asked, ['bytes=1000-', undefined]);
  });

  it('asks for the rest of the same version only', async () => {
    const conditions: (string | undefined)[] = [];
    handler = (incoming, response, attempt) => {
      conditions.push(incoming.headers['if-range'] as string | undefined);
      // The server replaced the file after the first attempt, so it sends all of the new one.
      response.writeHead(200, { 'content-length': BYTES.length, etag: attempt === 1 ? '"old"' : '"new"' });
      if (attempt > 1) response.end(BYTES);
      else response.write(Buffer.alloc(5000), () => setTimeout(() => response.destroy(), 20));
    };
    await arrives();
    assert.deepEqual(conditions, [undefined, '"old"']);
  });

  it('counts only attempts that bring nothing new', async () => {
    handler = (incoming, response) => {
      const start = Number(/(\d+)-/.exec(incoming.headers.range ?? '')?.[1] ?? 0);
      response.writeHead(start ? 206 : 200, { 'content-length': BYTES.length - start });
      response.write(BYTES.subarray(start, start + 40_000), () => setTimeout(() => response.destroy(), 20));
      if (start + 40_000 >= BYTES.length) response.end();
    };
    await download(url(), file(), { ...QUICK, retryAfter: [1] });
    assert.ok(readFileSync(file()).equals(BYTES));
    assert.equal(asked.length, 8);
  });

  it('two of one process do each other no harm', async () => {
    handler = slowly;
    await Promise.all([download(url(), file(), QUICK), download(url(), file(), QUICK)]);
    assert.ok(readFileSync(file()).equals(BYTES));
    assert.deepEqual(left(), ['weights.h5']);
  });

  it('two processes do each other no harm', async () => {
    handler = slowly;
    const program = `require('./src/network/download').download(${JSON.stringify(url())}, ${JSON.stringify(file())}, { md5: '${MD5}' })`;
    const ends = [1, 2].map(
      () =>
        new Promise<number | null>((resolve) =>
          spawn(process.execPath, ['--import', 'tsx', '-e', program], {
            cwd: path.join(__dirname, '..'),
            stdio: 'inherit',
          }).on('exit', resolve),
        ),
    );
    assert.deepEqual(await Promise.all(ends), [0, 0]);
    assert.deepEqual(asked, [undefined, undefined]);
    assert.ok(readFileSync(file()).equals(BYTES));
    assert.deepEqual(left(), ['weights.h5']);
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
