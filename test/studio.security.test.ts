import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { fastStyleOnnx } from '../src/fastStyle/onnx';
import type { FastStyle } from '../src/studio/protocol';
import { randomModel } from './helpers/randomFastStyle';
import { type TestStudio, openTestStudio } from './helpers/studio';

/** A PNG of so many white pixels, in a few kilobytes or none: what a decompression bomb is. */
function pngOf(width: number, height: number, rows: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const crc = Buffer.alloc(4);
    crc.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, crc]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const pixels = deflateSync(Buffer.alloc(rows * (width * 3 + 1)));
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function crc32(bytes: Buffer): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

describe("the studio's guard", () => {
  let test: TestStudio;
  before(async () => {
    test = await openTestStudio();
  });
  after(() => test.close());

  const json = (body: Buffer) => JSON.parse(body.toString()) as { error?: string };

  it('opens for its own address, and keeps the page to itself', async () => {
    const { pathname, search } = new URL(test.studio.address);
    const first = await test.send(`${pathname}${search}`);
    assert.deepEqual([first.status, first.headers.location], [302, test.at('')]);
    const { status, headers, body } = await test.send(test.at(''));
    assert.equal(status, 200);
    assert.match(body.toString(), /<div id="studio">/);
    const policy = String(headers['content-security-policy']);
    assert.match(policy, /default-src 'none'.*frame-ancestors 'none'/);
    assert.match(policy, /script-src 'self' 'wasm-unsafe-eval';/);
    assert.doesNotMatch(policy, /https?:|\*/);
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin');
    assert.equal(headers['cross-origin-embedder-policy'], 'require-corp');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['access-control-allow-origin'], undefined);
  });

  const refusals: Record<string, () => { path: string; headers?: Record<string, string>; method?: string }> =
    {
      'no token': () => ({ path: '/' }),
      'another token': () => ({ path: `/?token=${'0'.repeat(48)}` }),
      'a part of the token': () => ({ path: `/${test.token.slice(0, 40)}/api/welcome` }),
      'no token, for the events': () => ({ path: '/api/events' }),
      'no token, for a command': () => ({ path: '/api/paint', method: 'POST' }),
      'a Host that leads here': () => ({ path: test.at(''), headers: { Host: `example.com:${test.port}` } }),
      'a Host without the port': () => ({ path: test.at(''), headers: { Host: '127.0.0.1' } }),
      'the Origin of another page': () => ({
        path: test.at('api/stop'),
        method: 'POST',
        headers: { Origin: 'http://example.com' },
      }),
      'the Origin of another program on this machine': () => ({
        path: test.at('api/events'),
        headers: { Origin: 'http://127.0.0.1:1' },
      }),
      'a page in a frame or a file, whose Origin is null': () => ({
        path: test.at('api/stop'),
        method: 'POST',
        headers: { Origin: 'null' },
      }),
    };
  for (const [what, make] of Object.entries(refusals)) {
    it(`refuses ${what}`, async () => {
      const { path: address, ...options } = make();
      const { status, body } = await test.send(address, options);
      assert.equal(status, 403);
      assert.match(json(body).error ?? '', /^[A-Z].+\. .+\.$/);
    });
  }

  it('listens on this machine only', () => {
    assert.equal(new URL(test.studio.address).hostname, '127.0.0.1');
  });

  for (const below of [
    'assets/../../../package.json',
    'assets/..%2f..%2f..%2fpackage.json',
    'assets/%2e%2e%2findex.js',
    '..%2f..%2f..%2fetc%2fpasswd',
    'api/pictures/..%2f..%2f..%2fetc%2fpasswd',
    'api/pictures/%2fetc%2fpasswd',
    'api/runs/..%2f..%2f..%2fetc/picture.png',
    'api/runs/%2fetc/thumbnail',
    'api/pictures/..%2f..%2f..%2fetc%2fpasswd/exact.png?height=100',
    'api/lab/..%2f..%2fetc%2fpasswd/block1_conv1/maps.png',
    'api/lab/wall/..%2f..%2fpackage.json',
    'api/fast/runtime/..%2fpackage.json',
    'api/fast/runtime/ort.node.min.js',
    'api/fast/runtime/constructor',
    'api/fast/networks/..%2f..%2fpackage.json',
  ]) {
    it(`gives no file for ${below}`, async () => {
      const { status, body } = await test.send(test.at(below));
      assert.ok([403, 404, 422].includes(status), String(status));
      assert.doesNotMatch(body.toString(), /root:|"dependencies"/);
    });
  }

  it('gives a picture at a height that a page can show, and no other', async () => {
    const { pictures } = await test.get<{ pictures: { id: string }[] }>('api/welcome');
    for (const height of ['', 'x', '0', '-1', '1.5', '1e9', '99999']) {
      const { status, body } = await test.send(
        test.at(`api/pictures/${pictures[0].id}/exact.png?height=${height}`),
      );
      assert.deepEqual([status, /^The height cannot be/.test(json(body).error ?? '')], [422, true], height);
    }
  });

  it('lets a browser keep thumbnails for a while, and nothing else', async () => {
    const { pictures } = await test.get<{ pictures: { id: string }[] }>('api/welcome');
    const keeps = async (below: string) => (await test.send(test.at(below))).headers['cache-control'];
    assert.equal(await keeps(`api/pictures/${pictures[0].id}?side=64`), 'private, max-age=600');
    for (const below of ['', 'api/welcome', `api/pictures/${pictures[0].id}/exact.png?height=32`]) {
      assert.equal(await keeps(below), 'no-store', below);
    }
  });

  it('gives the networks that there are, and no others', async () => {
    const { status, headers } = await test.send(test.at('api/fast/networks/0.onnx'));
    assert.deepEqual([status, headers['content-type']], [200, 'application/octet-stream']);
    for (const name of ['99.onnx', '-1.onnx', '0', '0.onnx.json', 'length.onnx']) {
      const { status, body } = await test.send(test.at(`api/fast/networks/${name}`));
      assert.deepEqual([status, json(body).error], [422, 'There is no such network. Reload the page.']);
    }
  });

  it('takes networks of wheatfield train, under harmless names, and nothing else', async () => {
    const hand = async (name: string, bytes: Uint8Array | string) => {
      const address = test.at(`api/fast/styles?name=${encodeURIComponent(name)}`);
      const { status, body } = await test.send(address, { method: 'POST' }, bytes);
      return { status, ...json(body) };
    };
    for (const bytes of ['', 'hello', '<!doctype html><script>alert(1)</script>', pngOf(9, 9, 9)]) {
      const { status, error } = await hand('../../etc/x.onnx', bytes);
      assert.equal(status, 422);
      assert.match(error ?? '', /^\S+x\.onnx is not .+\. [A-Z].+\.$/);
    }
    const folder = path.join(test.folder, 'results', 'studio-styles');
    assert.equal(existsSync(folder), false);
    const { one } = randomModel('quality').styles;
    const whole = await fastStyleOnnx({ ...randomModel('quality'), styles: { one } }, 'one');
    const { status } = await hand('../../../etc/<b>my "style"\u0000.onnx', whole);
    assert.equal(status, 200);
    assert.match((await readdir(folder)).join(), /^b-my-style-[0-9a-f]{8}\.onnx$/);
    const styles = await test.get<FastStyle[]>('api/fast/styles');
    assert.deepEqual(
      styles.filter(({ isOwn }) => isOwn).map(({ name }) => name),
      ['b-my-style'],
    );
  });

  it('looks with the layers and networks that there are, and no others', async () => {
    const { pictures } = await test.get<{ pictures: { id: string }[] }>('api/welcome');
    const [{ id }] = pictures;
    for (const below of [
      `${id}/block9_conv1/maps.png`,
      `${id}/constructor/maps.png`,
      `${id}/block1_conv1/maps.png?network=vgg16`,
    ]) {
      const { status, body } = await test.send(test.at(`api/lab/${below}`));
      assert.equal(status, 422, below);
      assert.match(json(body).error ?? '', /^[A-Z].+\. .+\.$/);
    }
    const given = { kind: 'style', content: id, style: id, network: 'vgg19-slim' };
    for (const wrong of [{ kind: 'all' }, { content: '/etc/passwd' }, { network: 'vgg16' }]) {
      const { status, value } = await test.post('api/lab/wall', { ...given, ...wrong });
      assert.equal(status, 422);
      assert.match(value.error ?? '', /^[A-Z].+\. .+\.$/);
    }
  });

  it('takes pictures by their ids only', async () => {
    for (const content of ['/etc/passwd', 'img/../../secret.png', '../../x.png']) {
      const { status, value } = await test.post('api/paint', { content, style: content });
      assert.deepEqual([status, /This picture is not here/.test(value.error ?? '')], [422, true]);
    }
    const { pictures } = await test.get<{ pictures: { id: string }[] }>('api/welcome');
    const [{ id }] = pictures;
    const { status } = await test.post('api/paint', { content: id, style: id, init: '/etc/passwd' });
    assert.equal(status, 422);
  });

  it('takes grids by their names only', async () => {
    for (const name of ['..%2f..%2fetc', '__proto__', 'grid-1']) {
      for (const act of ['stop', 'go-on']) {
        const { status, value } = await test.post(`api/grids/${name}/${act}`);
        assert.deepEqual([status, /This grid is not here/.test(value.error ?? '')], [422, true]);
      }
    }
  });

  const upload = (bytes: Uint8Array | string, name = 'mine.png', headers: Record<string, string> = {}) =>
    test.send(test.at(`api/pictures?name=${encodeURIComponent(name)}`), { method: 'POST', headers }, bytes);

  it('takes a picture, and keeps it under a harmless name', async () => {
    const png = await sharp({ create: { width: 30, height: 20, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const { status, body } = await upload(png, '../../../../etc/<b>my "picture"\u0000.png');
    assert.equal(status, 200, body.toString());
    const [kept] = await readdir(path.join(test.folder, 'results', 'studio-pictures'));
    assert.match(kept, /^b-my-picture-[0-9a-f]{8}\.png$/);
  });

  const wrong: Record<string, () => Promise<Buffer> | Buffer | string> = {
    'a text': () => 'hello',
    'a page': () => '<!doctype html><script>alert(1)</script>',
    'an SVG': () => '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script/></svg>',
    'nothing at all': () => '',
    'half a picture': async () => {
      const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
      const create = { width: 200, height: 200, channels: 3, background: 'red', noise } as const;
      const whole = await sharp({ create }).png().toBuffer();
      return whole.subarray(0, whole.length / 2);
    },
    'a bomb by its header': () => pngOf(100_000, 100_000, 1),
    'a bomb that is really that large': () => pngOf(16_000, 16_000, 16_000),
  };
  for (const [what, make] of Object.entries(wrong)) {
    it(`refuses ${what} in a sentence`, async () => {
      const before = process.memoryUsage.rss();
      const { status, body } = await upload(await make());
      assert.equal(status, 422, body.toString());
      assert.match(json(body).error ?? '', /^[A-Z].+\. .+\.$/);
      assert.ok(process.memoryUsage.rss() - before < 1e9, 'it was decoded');
    });
  }

  for (const [where, framing] of [
    ['api/pictures', `Content-Length: ${65 * 2 ** 20}`],
    ['api/pictures', 'Transfer-Encoding: chunked'],
    ['api/fast/styles', 'Transfer-Encoding: chunked'],
  ]) {
    it(`refuses more than 64 MB for ${where} with ${framing}`, async () => {
      const socket = connect(test.port, '127.0.0.1');
      // The server closes the line before it has read everything.
      socket.on('error', () => undefined);
      const ended = new Promise((resolve) => socket.on('close', resolve));
      let answer = '';
      socket.on('data', (data) => (answer += data.toString()));
      socket.write(`POST ${test.at(where)} HTTP/1.1\r\nHost: 127.0.0.1:${test.port}\r\n${framing}\r\n\r\n`);
      const piece = Buffer.alloc(2 ** 20);
      for (let sent = 0; sent < 65 && socket.writable && answer === ''; sent++) {
        if (framing.startsWith('Transfer')) socket.write('100000\r\n');
        if (!socket.write(piece)) {
          await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), ended]);
        }
        if (framing.startsWith('Transfer')) socket.write('\r\n');
      }
      while (answer === '' && socket.readable) await sleep(20);
      assert.match(answer, /^HTTP\/1.1 413 /);
      socket.destroy();
      assert.equal((await test.send(test.at(''))).status, 200);
    });
  }

  it('refuses what is no JSON object, and settings that do not exist', async () => {
    for (const body of ['', '[]', '"x"', '{', 'null']) {
      assert.equal((await test.send(test.at('api/paint'), { method: 'POST' }, body)).status, 422);
    }
    const { status, value } = await test.post('api/paint', { nonsense: 1 });
    assert.deepEqual([status, /no setting called 'nonsense'/.test(value.error ?? '')], [422, true]);
  });

  it('serves 200 lines of events at once, and answers meanwhile', async () => {
    const gone = new AbortController();
    const lines = await Promise.all(
      Array.from({ length: 200 }, () =>
        fetch(`http://127.0.0.1:${test.port}${test.at('api/events')}`, { signal: gone.signal }),
      ),
    );
    assert.ok(lines.every(({ ok }) => ok));
    const began = performance.now();
    assert.equal((await test.send(test.at('api/welcome'))).status, 200);
    assert.ok(performance.now() - began < 2000);
    gone.abort();
  });

  it('is not held up by a client that never reads', async () => {
    const sockets = Array.from({ length: 10 }, () => connect(test.port, '127.0.0.1'));
    for (const socket of sockets) {
      socket.on('error', () => undefined);
      socket.pause();
      socket.write(`GET ${test.at('api/events')} HTTP/1.1\r\nHost: 127.0.0.1:${test.port}\r\n\r\n`);
    }
    const { pictures } = await test.get<{ pictures: { id: string }[] }>('api/welcome');
    const [content, style] = pictures.map(({ id }) => id);
    await test.post('api/paint', {
      content,
      style,
      height: 32,
      iterations: 2,
      evaluations: 5,
      threads: 1,
      margin: 0,
      contentLayer: ['block2_conv2'],
      styleLayers: ['block1_conv1'],
    });
    const { painting } = await test.until((state) => state.painting?.status === 'ended');
    assert.equal(painting?.legs[0]?.end?.reason, 'iterations');
    for (const socket of sockets) socket.destroy();
    await sleep(50);
  });
});
