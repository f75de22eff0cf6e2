import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { main } from '../src/commandLine/cli';
import type { Copies, Message, Painting, Welcome } from '../src/studio/protocol';
import { type Picture, loadImage } from '../src/picture/image';
import { commandOf } from '../src/studio/copies';
import { Feed } from '../src/studio/feed';
import { Painter } from '../src/studio/painter';
import type { UserError } from '../src/errors';
import { readSettings } from '../src/settings';
import { openTinyVgg19 } from './helpers/tinyVgg19';
import { CONTENT, STYLE, type TestStudio, openTestStudio } from './helpers/studio';

/** Quick: few layers, and no larger or smaller sizes of the pictures. */
const SMALL = {
  height: 40,
  iterations: 3,
  evaluations: 6,
  margin: 0,
  contentLayer: ['block2_conv2'],
  styleLayers: ['block1_conv1', 'block3_conv1'],
};

describe('the studio', () => {
  let test: TestStudio;
  let pair: { content: string; style: string };
  const cwd = process.cwd();
  beforeEach(async () => {
    test = await openTestStudio();
    const { pictures } = await test.get<Welcome>('api/welcome');
    const named = (part: string) => pictures.find(({ name }) => name.startsWith(part))?.id ?? '';
    pair = { content: named('bazille'), style: named('vangogh') };
  });
  afterEach(async () => {
    await test.close();
  });

  const ended = ({ painting }: { painting?: Painting }) => painting?.status === 'ended';
  const shown = async () => loadImage((await test.send(test.at('api/picture.png'))).body);
  /** Runs a copied command with the tiny network, and reads the picture that it saves last. */
  async function again(command: string): Promise<Picture> {
    const words = command.replace(/^npx wheatfield /, '').split(' ');
    const quiet = { write: () => undefined };
    process.chdir(test.folder);
    const code = await main([...words, '--force'], {
      stdout: quiet,
      stderr: process.stderr,
      openNetwork: openTinyVgg19,
    }).finally(() => process.chdir(cwd));
    assert.equal(code, 0);
    const names = await readdir(path.join(test.folder, 'results', 'again'));
    const numbers = names.map((name) => Number(/^result_at_iteration_(\d+)\.png$/.exec(name)?.[1] ?? -1));
    return loadImage(
      path.join(test.folder, 'results', 'again', `result_at_iteration_${Math.max(...numbers)}.png`),
    );
  }

  it('offers every setting of the table, and the pictures of img/', async () => {
    const { settings, pictures, layers } = await test.get<Welcome>('api/welcome');
    assert.ok(pair.content && pair.style && pictures.length >= 2);
    assert.equal(layers.length, 16);
    const controls = Object.fromEntries(settings.map(({ name, control }) => [name, control]));
    assert.equal(controls.content, 'picture');
    assert.equal(controls.init, 'picture');
    assert.equal(controls.contentWeight, 'number');
    assert.equal(controls.iterations, 'whole number');
    assert.equal(controls.styleLayers, 'layers');
    assert.equal(controls.bounds, 'switch');
    assert.equal(controls.network, 'choice');
    assert.ok(!('out' in controls) && !('weights' in controls));
  });

  it('paints to the end, and keeps a run that every command can read', async () => {
    await test.post('api/paint', { ...pair, ...SMALL });
    const { painting } = await test.until(ended);
    const [leg] = (painting as Painting).legs;
    assert.equal(leg?.end?.reason, 'iterations');
    assert.equal(leg.settings.content, 'img/bazille_ramparts_aigues-mortes_1867.png');
    const files = await readdir(path.join(test.folder, 'results', 'studio-1'));
    assert.ok(files.includes('result_at_iteration_2.png') && files.includes('settings.json'));
    assert.deepEqual(
      await shown(),
      await loadImage(path.join(test.folder, 'results', 'studio-1', 'result_at_iteration_2.png')),
    );
  });

  it('copies a command that paints the picture again, pixel for pixel', async () => {
    await test.post('api/paint', {
      ...pair,
      ...SMALL,
      contentWeight: 0.3,
      styleLayers: ['block1_conv1', 'block2_conv1:0.4'],
    });
    await test.until(ended);
    const { command } = await test.get<Copies>('api/copies');
    assert.match(
      command,
      /--style-layers block1_conv1 block2_conv1:0.4 --content-weight 0.3 --margin 0 --iterations 1/,
    );
    assert.deepEqual(await again(command), await shown());
  });

  it('rests, stops in the middle, and copies what paints that picture', async () => {
    await test.post('api/paint', { ...pair, ...SMALL, iterations: 1000 });
    await test.until(({ painting }) => (painting?.legs[0]?.steps.length ?? 0) > 9);
    await test.post('api/pause');
    await test.until(({ painting }) => painting?.status === 'paused');
    await test.post('api/go-on');
    await test.until(({ painting }) => painting?.status === 'painting');
    await test.post('api/stop');
    const { painting } = await test.until(ended);
    assert.equal(painting?.legs[0]?.end?.reason, 'stopped');
    const { command } = await test.get<Copies>('api/copies');
    assert.deepEqual(await again(command), await shown());
  });

  it('goes on from the picture at hand with other settings, and says so in what it copies', async () => {
    await test.post('api/paint', { ...pair, ...SMALL, evaluations: 10000 });
    await test.until(({ painting }) => painting?.shown !== undefined);
    await test.post('api/pause');
    await test.until(({ painting }) => painting?.status === 'paused');
    const refused = await test.post('api/steer', { ...pair, ...SMALL, contentWeight: -1 });
    assert.deepEqual([refused.status, refused.value.setting], [422, 'contentWeight']);
    assert.notEqual((await test.get<Copies>('api/copies')).command, '');
    await test.post('api/steer', { ...pair, ...SMALL, contentWeight: 5 });
    const { painting } = await test.until((state) => ended(state) && state.painting?.legs.length === 2);
    const [before, after] = (painting as Painting).legs;
    assert.equal(before?.end?.reason, 'stopped');
    assert.equal(after?.settings.init, 'results/studio-2/first.png');
    const first = await loadImage(path.join(test.folder, 'results', 'studio-2', 'first.png'));
    assert.deepEqual(
      first,
      await loadImage(path.join(test.folder, 'results', 'studio-1', 'result_when_stopped.png')),
    );
    const { command, note } = await test.get<Copies>('api/copies');
    assert.match(note, /begin at the picture that was at hand then, results\/studio-2\/first.png/);
    assert.deepEqual(await again(command), await shown());
  });

  it('shows the picture that it begins with, and copies no command for it', async () => {
    const feed = new Feed();
    const { folder } = test;
    const painter = new Painter({ feed, folder, openNetwork: openTinyVgg19 });
    const refusals: string[] = [];
    const publish = feed.publish.bind(feed);
    feed.publish = (change) => {
      publish(change);
      if (change.type !== 'shown' || change.shown.evaluations > 0) return;
      try {
        painter.copies();
      } catch (error) {
        refusals.push((error as UserError).message);
      }
    };
    const gone = new AbortController();
    const reader = feed.read(gone.signal);
    await reader.next();
    const [content, style] = [CONTENT, STYLE].map((name) => path.join(folder, 'img', name));
    const out = path.join(folder, 'results', 'x');
    await painter.paint(readSettings({ ...SMALL, init: 'noise', content, style, out }));
    while (!ended(feed.state)) await reader.next();
    gone.abort();
    assert.equal(refusals.length, 1);
    assert.match(refusals[0], /^Only the picture that the painting begins with is there\. Wait/);
    assert.match(painter.copies().command, /transfer/);
  });

  it('sends steps together, with the next other change or after a while', async () => {
    const feed = new Feed();
    const gone = new AbortController();
    const reader = feed.read(gone.signal);
    const next = async () => {
      const message = (await reader.next()).value as Message;
      return message.type === 'changes' ? message.changes.map(({ type }) => type) : message.type;
    };
    const step = { iteration: 0, evaluations: 1, evaluationsInIteration: 1, seconds: 1, loss: 1, terms: {} };
    assert.equal(await next(), 'state');
    const both = next();
    feed.publish({ type: 'step', step });
    await sleep(50);
    feed.publish({ type: 'step', step });
    feed.publish({ type: 'status', status: 'paused', doing: 'It rests.' });
    assert.deepEqual(await both, ['step', 'step', 'status']);
    const began = performance.now();
    feed.publish({ type: 'step', step });
    assert.deepEqual(await next(), ['step']);
    assert.ok(performance.now() - began > 1000);
    gone.abort();
  });

  it('restarts L-BFGS and copies the whole iteration that is shown', async () => {
    await test.post('api/paint', { ...pair, ...SMALL, restart: true });
    await test.until(ended);
    const { command } = await test.get<Copies>('api/copies');
    assert.match(command, /--iterations 3 --evaluations 6 --restart/);
    assert.deepEqual(await again(command), await shown());
  });

  it('shows an error in its place: a layer that does not exist', async () => {
    await test.post('api/paint', { ...pair, ...SMALL, styleLayers: ['block9_conv1'] });
    const { painting } = await test.until(ended);
    assert.match(painting?.legs[0]?.error ?? '', /block9_conv1/);
    assert.equal((await test.post('api/steer', { ...pair })).status, 422);
  });

  it('is the same painting for whoever comes later', async () => {
    await test.post('api/paint', { ...pair, ...SMALL });
    const first = await test.until(ended);
    const second = await test.until(() => true);
    assert.deepEqual(second, first);
  });

  it('says where its port is taken', async () => {
    const lines: string[] = [];
    const code = await main(['studio', '--no-open', '--port', String(test.port)], {
      stdout: { write: () => undefined },
      stderr: { write: (text) => lines.push(text) },
    });
    assert.equal(code, 2);
    assert.match(lines.join(''), /^The port \d+ is taken\. Choose another --port/);
  });
});

describe('a command', () => {
  it('is quoted for the shell that it is copied to', () => {
    const given = { content: "my 'best' photo.jpg", contentWeight: 1, winograd: false, restart: true };
    assert.equal(
      commandOf(given, false),
      `npx wheatfield transfer --content 'my '\\''best'\\'' photo.jpg' --content-weight 1 --no-winograd --restart`,
    );
    assert.match(commandOf({ content: 'my photo.jpg' }, true), /--content "my photo.jpg"$/);
  });
});
