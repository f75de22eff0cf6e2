import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { UserError } from '../src/errors';
import { chooseNetwork } from '../src/network/chooseNetwork';
import { SLIM_WEIGHTS_FILE } from '../src/network/vgg19SlimWeights';

/** What decides where weights are; each test sets them anew. */
const PLACES = ['WHEATFIELD_WEIGHTS', 'WHEATFIELD_CACHE', 'KERAS_HOME', 'WHEATFIELD_MIRROR'] as const;

describe('chooseNetwork', () => {
  let folder: string;
  let environment: Record<string, string | undefined>;

  /** An address where nothing listens. */
  let nobody: string;

  before(async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    nobody = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.close();
  });

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'wheatfield-choice-'));
    environment = Object.fromEntries(PLACES.map((name) => [name, process.env[name]]));
    delete process.env.WHEATFIELD_WEIGHTS;
    process.env.WHEATFIELD_CACHE = path.join(folder, 'cache');
    process.env.KERAS_HOME = path.join(folder, 'keras');
    process.env.WHEATFIELD_MIRROR = nobody;
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
    for (const name of PLACES) {
      if (environment[name] === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = environment[name];
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
      /^The network is vgg19-slim, because VGG19's weights are not here\. Cannot download .* put it at /,
    );
    assert.ok(choice.includes(nobody));
  });

  it('vgg19 and weights that are named never turn into another network', async () => {
    await assert.rejects(chooseNetwork('vgg19'), /^UserError: Cannot download http:.* put it at /);
    await assert.rejects(
      chooseNetwork('auto', { weights: path.join(folder, 'none.h5') }),
      /^UserError: The weights file .*none\.h5 does not exist\. Change the path given\.$/,
    );
  });

  it('weights that are named are a file, for either network', async () => {
    for (const network of ['auto', 'vgg19', 'vgg19-slim'] as const) {
      const named = (weights: string) => chooseNetwork(network, { weights });
      await assert.rejects(
        named(path.join(folder, 'none')),
        /^UserError: The weights file .*none does not exist\./,
      );
      await assert.rejects(
        named(folder),
        /^UserError: The weights file .* is a folder or a device, not a file\./,
      );
    }
  });

  for (const [when, answer] of [
    ['before it is answered', () => undefined],
    ['while the file arrives', (response: ServerResponse) => void response.write(Buffer.alloc(1000))],
    ['between two attempts', (response: ServerResponse) => void response.writeHead(503).end()],
  ] as const) {
    it(`an aborted download stops within a second, ${when}, and is no choice of another network`, async () => {
      const controller = new AbortController();
      const server = createServer((_, response) => {
        answer(response);
        setTimeout(() => controller.abort('SIGINT'), 100);
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      process.env.WHEATFIELD_MIRROR = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const began = performance.now();
      try {
        await chooseNetwork('auto', { signal: controller.signal }).then(
          () => assert.fail('a network was chosen'),
          (reason: unknown) => assert.equal(reason, 'SIGINT'),
        );
        assert.ok(performance.now() - began < 1100);
      } finally {
        server.closeAllConnections();
        server.close();
      }
    }).timeout(15_000);
  }

  it('a signal that is aborted already stops a download before it begins', async () => {
    const reason = new UserError('no');
    await assert.rejects(chooseNetwork('auto', { signal: AbortSignal.abort(reason) }), reason);
  });

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
