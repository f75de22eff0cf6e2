import assert from 'node:assert/strict';
import sharp from 'sharp';
import type { Welcome } from '../src/studio/protocol';
import { type TestStudio, openTestStudio } from './helpers/studio';

describe("the studio's layer lab", () => {
  let test: TestStudio;
  let content: string;
  let style: string;
  before(async () => {
    test = await openTestStudio();
    const { pictures } = await test.get<Welcome>('api/welcome');
    [content, style] = pictures.map(({ id }) => id);
  });
  after(() => test.close());

  const picture = async (path: string) => {
    const { status, headers, body } = await test.send(test.at(path));
    assert.deepEqual([status, headers['content-type']], [200, 'image/png'], body.toString().slice(0, 200));
    return sharp(body).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  };
  const isVaried = ({ data }: { data: Buffer }) => new Set(data).size > 20;

  it('shows the maps and the Gram matrix of a layer, which differ by layer and picture', async () => {
    const figures = [];
    for (const id of [content, style]) {
      for (const layer of ['block1_conv1', 'block2_conv2']) {
        for (const kind of ['maps', 'gram']) {
          const figure = await picture(`api/lab/${id}/${layer}/${kind}.png`);
          assert.ok(isVaried(figure), `${layer} ${kind}`);
          figures.push(figure.data.toString('base64'));
        }
      }
    }
    assert.equal(new Set(figures).size, figures.length);
    assert.equal((await test.send(test.at(`api/lab/${content}/block1_conv1/other.png`))).status, 404);
  });

  it('paints a wall from the first layer to the last, stops, goes on, and keeps what is painted', async () => {
    const given = { kind: 'style', content, style, network: 'vgg19-slim' };
    await test.post('api/lab/wall', given);
    await test.until(({ wall }) => wall?.cells[0]?.status === 'done');
    const { data: first, info } = await picture('api/lab/wall/block1_conv1.png');
    assert.equal(info.height, 128);
    await test.post('api/lab/wall/stop');
    const { wall } = await test.until((state) => state.wall?.status === 'stopped');
    assert.deepEqual([wall?.cells.at(-1)?.status, wall?.cells.at(-1)?.evaluations], ['waiting', 0]);
    assert.equal((await test.send(test.at('api/lab/wall/block5_conv4.png'))).status, 422);

    await test.post('api/lab/wall', { ...given, kind: 'content' });
    await test.until((state) => state.wall?.kind === 'content' && state.wall.cells[0]?.status === 'done');
    assert.notDeepEqual((await picture('api/lab/wall/block1_conv1.png')).data, first);

    await test.post('api/lab/wall', given);
    const again = await test.until((state) => state.wall?.kind === 'style');
    assert.equal(again.wall?.cells[0]?.status, 'done');
    assert.deepEqual((await picture('api/lab/wall/block1_conv1.png')).data, first);
    await test.until((state) => state.wall?.cells[1]?.status === 'done');
    assert.ok(isVaried(await picture('api/lab/wall/block1_conv2.png')));
    await test.post('api/lab/wall/stop');
  });

  it('rests while a painting is at work', async () => {
    await test.post('api/paint', {
      content,
      style,
      height: 48,
      iterations: 1000,
      margin: 0,
      threads: 1,
      contentLayer: ['block2_conv2'],
      styleLayers: ['block1_conv1'],
    });
    await test.until(({ painting }) => painting?.status === 'painting');
    await test.post('api/lab/wall', { kind: 'style', content: style, style: content, network: 'vgg19-slim' });
    await test.until(({ wall }) => wall?.status === 'resting');
    await test.post('api/stop');
    await test.until(({ wall }) => wall?.status === 'painting');
    await test.post('api/lab/wall/stop');
  });
});
