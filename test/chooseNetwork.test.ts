import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chooseNetwork } from '../src/network/chooseNetwork';
import { SLIM_WEIGHTS_FILE } from '../src/network/vgg19SlimWeights';

/** What decides where weights are; each test sets them anew. */
const PLACES = ['WHEATFIELD_WEIGHTS', 'WHEATFIELD_CACHE', 'KERAS_HOME', 'WHEATFIELD_MIRROR'] as const;

describe('chooseNetwork', () => {
  let folder: string;
  let before: Record<string, string | undefined>;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'wheatfield-choice-'));
    before = Object.fromEntries(PLACES.map((name) => [name, process.env[name]]));
    delete process.env.WHEATFIELD_WEIGHTS;
    process.env.WHEATFIELD_CACHE = path.join(folder, 'cache');
    process.env.KERAS_HOME = path.join(folder, 'keras');
    // Nothing listens there.
    process.env.WHEATFIELD_MIRROR = 'http://127.0.0.1:9';
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
    for (const name of PLACES) {
      if (before[name] === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = before[name];
    }
  });

  it('auto is VGG19 where its weights are at hand, and says where', async () => {
    const file = path.join(folder, 'mine.h5');
    writeFileSync(file, '');
    const choice = 'The network is VGG19, whose weights are on this machine.';
    const expected = { name: 'vgg19', weights: file, choice };
    assert.deepEqual(await chooseNetwork('auto', { weights: file }), expected);
    process.env.WHEATFIELD_WEIGHTS = file;
    assert.deepEqual(await chooseNetwork('auto'), expected);
    assert.deepEqual(await chooseNetwork('vgg19'), expected);
  });

  it('auto is vgg19-slim where they are not and cannot be downloaded, and says why', async () => {
    const { name, weights, choice } = await chooseNetwork('auto');
    assert.deepEqual([name, weights], ['vgg19-slim', SLIM_WEIGHTS_FILE]);
    assert.match(
      choice,
      /^The network is vgg19-slim, because VGG19's weights cannot be had: .*127\.0\.0\.1:9.* put it at /,
    );
  }).timeout(30_000);

  it('vgg19 and weights that are named never turn into another network', async () => {
    await assert.rejects(chooseNetwork('vgg19'), /127\.0\.0\.1:9/);
    await assert.rejects(
      chooseNetwork('auto', { weights: path.join(folder, 'none.h5') }),
      /Expected VGG19's weights .* at the path given, .*none\.h5, but there is no such file/,
    );
  }).timeout(30_000);

  it('vgg19-slim asks nobody', async () => {
    let asked = 0;
    const server = createServer((_, response) => {
      asked++;
      response.writeHead(404).end();
    }).listen(0);
    const { port } = server.address() as AddressInfo;
    process.env.WHEATFIELD_MIRROR = `http://127.0.0.1:${port}`;
    const { name, choice } = await chooseNetwork('vgg19-slim');
    server.close();
    assert.deepEqual([name, asked], ['vgg19-slim', 0]);
    assert.match(choice, /^The network is vgg19-slim, as asked for\.$/);
  });
});
