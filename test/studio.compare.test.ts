import assert from 'node:assert/strict';
import { mkdir, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Picture, loadImage } from '../src/picture/image';
import type { Gallery, Grid, StudioState, Welcome } from '../src/studio/protocol';
import { type TestStudio, newTestFolder, openTestStudio } from './helpers/studio';

/** Quick: few layers, and no larger or smaller sizes of the pictures. */
const SMALL = {
  height: 40,
  iterations: 2,
  evaluations: 3,
  margin: 0,
  contentLayer: ['block2_conv2'],
  styleLayers: ['block1_conv1', 'block3_conv1'],
};

describe('comparing in the studio', () => {
  let folder: string;
  let test: TestStudio;
  let pair: { content: string; style: string };
  const open = async () => {
    test = await openTestStudio(folder);
    const { pictures } = await test.get<Welcome>('api/welcome');
    const named = (part: string) => pictures.find(({ name }) => name.startsWith(part))?.id ?? '';
    pair = { content: named('bazille'), style: named('vangogh') };
  };
  beforeEach(async () => {
    folder = await newTestFolder();
    await open();
  });
  afterEach(async () => {
    await test.close();
    await rm(folder, { recursive: true, force: true });
  });

  const results = (...names: string[]) => path.join(folder, 'results', ...names);
  const gallery = () => test.get<Gallery>('api/runs');
  const pictureOf = async (id: string): Promise<Picture> =>
    loadImage((await test.send(test.at(`api/runs/${id}/picture.png`))).body);
  const isGrid =
    (isReached: (grid: Grid) => boolean) =>
    ({ grids }: StudioState): boolean =>
      grids.some(isReached);
  const grid = (more: object = {}) => ({
    settings: { ...pair, ...SMALL },
    rows: { setting: 'contentWeight', values: ['10', '1000'] },
    columns: { setting: 'styleScale', values: ['0.5', '1'] },
    ...more,
  });
  const statuses = ({ cells }: Grid) => cells.map((row) => row.map(({ status }) => status));

  it('shows every run with its picture, settings and losses, the latest first', async () => {
    assert.deepEqual(await gallery(), { runs: [], problems: [] });
    for (const contentWeight of [10, 1000]) {
      await test.post('api/paint', { ...pair, ...SMALL, contentWeight });
      await test.until(({ painting }) => painting?.status === 'ended');
    }
    const { runs, problems } = await gallery();
    assert.deepEqual(problems, []);
    assert.deepEqual(
      runs.map(({ name, pictures, last }) => [name, pictures, last?.iteration]),
      [
        ['studio-2', 2, 1],
        ['studio-1', 2, 1],
      ],
    );
    const [{ id, settings, size, last }] = runs;
    assert.deepEqual(
      [settings.contentWeight, settings.content, size.height],
      [1000, 'img/bazille_ramparts_aigues-mortes_1867.png', 40],
    );
    assert.ok((last?.loss ?? 0) > 0 && Object.keys(last?.terms ?? {}).length > 1);
    assert.deepEqual(await pictureOf(id), await loadImage(results('studio-2', 'result_at_iteration_1.png')));
    const thumbnail = await test.send(test.at(`api/runs/${id}/thumbnail?side=20`));
    assert.equal(thumbnail.headers['content-type'], 'image/jpeg');
    const { width, height } = await loadImage(thumbnail.body);
    assert.equal(Math.max(width, height), 20);
  });

  it('says which runs are damaged, and follows no link out of results/', async () => {
    await mkdir(results('broken'), { recursive: true });
    await writeFile(results('broken', 'settings.json'), '{');
    await mkdir(path.join(folder, 'elsewhere'));
    await writeFile(path.join(folder, 'elsewhere', 'settings.json'), '{');
    await symlink(path.join(folder, 'elsewhere'), results('link'), 'junction');
    const { runs, problems } = await gallery();
    assert.deepEqual([runs.length, problems.length], [0, 1]);
    assert.match(problems[0], /^The settings of a run in .*broken.* are damaged\. .+\.$/);
  });

  it('paints a grid, each run with its two values, and lists its runs', async () => {
    assert.equal((await test.post('api/grids', grid())).status, 200);
    const { grids } = await test.until(isGrid(({ status }) => status === 'ended'));
    const [{ name, cells, doing, rows, columns }] = grids;
    assert.deepEqual([name, doing], ['grid-1', '4 of 4 runs are done.']);
    assert.deepEqual(
      [rows.values, columns.values],
      [
        [10, 1000],
        [0.5, 1],
      ],
    );
    const { runs } = await gallery();
    const values = cells.map((row) =>
      row.map(({ run }) => {
        const settings = runs.find(({ id }) => id === run)?.settings;
        return [settings?.contentWeight, settings?.styleScale];
      }),
    );
    assert.deepEqual(values, [
      [
        [10, 0.5],
        [10, 1],
      ],
      [
        [1000, 0.5],
        [1000, 1],
      ],
    ]);
    const pictures = await Promise.all(cells.flat().map(({ run }) => pictureOf(run)));
    const different = new Set(pictures.map(({ data }) => Buffer.from(data).toString('base64')));
    assert.equal(different.size, 4);
  });

  it('varies pictures, layers and words too', async () => {
    const { content, style } = pair;
    const given = grid({
      settings: { ...SMALL, content },
      rows: { setting: 'style', values: [[style], [content]] },
      columns: { setting: 'styleLayers', values: [['block1_conv1'], ['block1_conv1:0.5', 'block2_conv1']] },
    });
    assert.equal((await test.post('api/grids', given)).status, 200);
    const { grids } = await test.until(isGrid(({ status }) => status === 'ended'));
    assert.deepEqual(statuses(grids[0]), [
      ['done', 'done'],
      ['done', 'done'],
    ]);
    assert.deepEqual(grids[0].rows.values, [
      ['img/vangogh_village_street_auvers_1890.png'],
      ['img/bazille_ramparts_aigues-mortes_1867.png'],
    ]);
  });

  const mistakes: Record<string, { more: object; says: RegExp }> = {
    'one setting twice': {
      more: { columns: { setting: 'contentWeight', values: [1] } },
      says: /vary the same setting/,
    },
    'no setting': { more: { rows: { values: [1] } }, says: /The rows vary no setting/ },
    'a setting that is not the page’s to choose': {
      more: { rows: { setting: 'out', values: ['/tmp/a', '/tmp/b'] } },
      says: /The rows vary no setting/,
    },
    'no values': { more: { rows: { setting: 'seed', values: [] } }, says: /The rows have no values/ },
    'a value that is not valid': {
      more: { rows: { setting: 'contentWeight', values: [1, 'much'] } },
      says: /^contentWeight .*cannot be 'much'\. Give a number/,
    },
    'the same value twice': {
      more: { rows: { setting: 'contentWeight', values: ['1', '1.0'] } },
      says: /contentWeight has the value 1 twice/,
    },
    'far too many runs': {
      more: { rows: { setting: 'seed', values: Array.from({ length: 60 }, (_, i) => i) } },
      says: /The grid has 120 runs, more than 100\. Leave out/,
    },
    'a picture by its path': {
      more: { rows: { setting: 'content', values: ['/etc/passwd'] } },
      says: /This picture is not here/,
    },
  };
  for (const [what, { more, says }] of Object.entries(mistakes)) {
    it(`refuses a grid with ${what} before it paints`, async () => {
      const { status, value } = await test.post('api/grids', grid(more));
      assert.equal(status, 422);
      assert.match(value.error ?? '', says);
      assert.deepEqual((await readdir(folder)).includes('results'), false);
    });
  }

  it('stops, outlives its studio, and goes on with what is left', async () => {
    await test.post('api/grids', grid({ settings: { ...pair, ...SMALL, iterations: 4 } }));
    await test.until(isGrid(({ cells }) => cells[0]?.[1]?.status === 'painting'));
    await test.post('api/grids/grid-1/stop');
    const [stopped] = (await test.until(() => true)).grids;
    assert.deepEqual([stopped.status, stopped.doing], ['stopped', '1 of 4 runs are done.']);
    const first = await readFile(results('grid-1', '1-1', 'losses.json'));
    await test.close();
    await open();
    const [opened] = (await test.until(() => true)).grids;
    assert.deepEqual(opened, { ...stopped, cells: opened.cells });
    assert.deepEqual(statuses(opened), [
      ['done', 'waiting'],
      ['waiting', 'waiting'],
    ]);
    await test.post('api/grids/grid-1/go-on');
    const { grids } = await test.until(isGrid(({ status }) => status === 'ended'));
    assert.equal(grids[0]?.doing, '4 of 4 runs are done.');
    assert.deepEqual(await readFile(results('grid-1', '1-1', 'losses.json')), first);
  });

  it('paints one grid after the other, and drops one that is stopped while it waits', async () => {
    for (let i = 0; i < 3; i++)
      await test.post('api/grids', grid({ rows: { setting: 'seed', values: [1] } }));
    await test.post('api/grids/grid-2/stop');
    const { grids } = await test.until(isGrid(({ name, status }) => name === 'grid-3' && status === 'ended'));
    assert.deepEqual(
      grids.map(({ status }) => status),
      ['ended', 'stopped', 'ended'],
    );
    assert.deepEqual(await readdir(results('grid-2')), ['grid.json']);
  });

  it('rests while a painting is at work', async () => {
    await test.post('api/paint', { ...pair, ...SMALL, iterations: 1000 });
    await test.until(({ painting }) => painting?.status === 'painting');
    await test.post('api/grids', grid());
    await test.until(isGrid(({ status }) => status === 'resting'));
    assert.deepEqual((await readdir(results('grid-1'))).sort(), ['grid.json']);
    await test.post('api/stop');
    const { grids } = await test.until(isGrid(({ status }) => status === 'ended'));
    assert.equal(grids[0]?.doing, '4 of 4 runs are done.');
  });

  it('says which runs of a grid failed, and paints the others', async () => {
    const rows = { setting: 'contentLayer', values: [['block9_conv9'], ['block1_conv2']] };
    await test.post('api/grids', grid({ rows }));
    const { grids } = await test.until(isGrid(({ status }) => status === 'ended'));
    assert.deepEqual(statuses(grids[0]), [
      ['failed', 'failed'],
      ['done', 'done'],
    ]);
    assert.match(grids[0].cells[0][0].error ?? '', /block9_conv9/);
    assert.equal(grids[0].doing, '2 of 4 runs are done, and 2 failed.');
  });

  it('says that a grid.json is damaged', async () => {
    await test.close();
    await mkdir(results('grid-1'), { recursive: true });
    await writeFile(results('grid-1', 'grid.json'), '{"rows": 1}');
    await open();
    assert.match((await gallery()).problems.join(), /^The grid in .*grid\.json is damaged\. Delete the file/);
  });
});
