import assert from 'node:assert/strict';
import sharp from 'sharp';
import type { MimeBundle } from '../scripts/notebooks/ipynb';
import { exerciseEdition, solvedExercise } from '../scripts/notebooks/editions';
import { readCells, readLesson } from '../scripts/notebooks/lessons';
import { withParameters } from '../scripts/notebooks/percent';
import { type LessonKernel, type Ran, startLessonKernel } from './helpers/lessonKernel';

/** What a code cell is expected to show, in the order of the cells. */
interface Expected {
  pictures?: number;
  plots?: number;
  printed?: RegExp;
}

const LESSONS: Record<string, { parameters: Record<string, string>; cells: Expected[] }> = {
  'style-transfer': {
    parameters: { imgHeight: '32', iterations: '2', evaluationsToCompare: '5', network: "'vgg19-slim'" },
    cells: [
      { printed: /^TensorFlow\.js computes in / },
      {},
      { pictures: 1, printed: /The result will be 53 x 32 pixels/ },
      {},
      {},
      { pictures: 1, printed: /shape: \[ 1, 32, 53, 3 \]/ },
      {},
      { printed: /block5_conv4/ },
      {},
      { printed: /filters \[3,3,3,\d+\].*\nat most \d(\.\d+)?e?-?\d* away/ },
      { pictures: 2, printed: /block1_conv2 \[ 1, 32, 53, 64 \][^]*block5_conv2 \[ 1, 2, 3, 512 \]/ },
      {},
      {},
      {},
      { pictures: 1 },
      {},
      { pictures: 1 },
      {},
      { printed: /outputsDict has .*block5_conv2/ },
      {},
      {},
      {},
      { pictures: 1 },
      {},
      {},
      { plots: 1, printed: /^(step size [\d.e-]+: loss .*\n){3}L-BFGS: loss \d.* after \d+ evaluations\n$/ },
      {},
      {
        pictures: 1,
        plots: 1,
        printed: /^iteration 0: loss \d.*\niteration 1: loss \d.*\nAll 2 iterations are done\.\nDone\.\n$/,
      },
      { pictures: 1 },
      { pictures: 1 },
      { pictures: 1, plots: 1, printed: /^\d+ % of the values are outside of 0 to 255\.\n$/ },
      {},
      { pictures: 1, plots: 1 },
    ],
  },
  layers: {
    parameters: { imgHeight: '32', evaluations: '2', network: "'vgg19-slim'", otherNetwork: "'vgg19-slim'" },
    cells: [
      { printed: /^TensorFlow\.js computes in / },
      {},
      { printed: /layers: .*block5_conv4/ },
      {},
      ...Array.from({ length: 6 }, () => ({ pictures: 1, printed: /^Done in [\d.]+ s\.\n$/ })),
      { pictures: 1, printed: /^The network is vgg19-slim, .*\nDone in [\d.]+ s\.\n$/ },
    ],
  },
  painter: {
    parameters: { imgHeight: '64', evaluations: '2', network: "'vgg19-slim'" },
    cells: [
      { printed: /^TensorFlow\.js computes in / },
      {},
      { pictures: 1, printed: /^The network is vgg19-slim/ },
      {},
      ...Array.from({ length: 5 }, () => ({ pictures: 1, printed: /^Done in \d+ s\.\n$/ })),
      { pictures: 2, printed: /^Done in \d+ s\.\n$/ },
    ],
  },
  'fast-style': {
    parameters: {
      imgHeight: '64',
      cropSize: '32',
      pairCount: '2',
      pairEvaluations: '2',
      pixelSteps: '2',
      perceptualSteps: '2',
      comparedSteps: '2',
    },
    cells: [
      { printed: /^TensorFlow\.js computes in / },
      {},
      { pictures: 1 },
      { pictures: 1, printed: /^The network is vgg19-slim.*\n2 pairs\.\n$/ },
      { printed: /^\d+ numbers to train\.\n$/ },
      {},
      { pictures: 1, plots: 1 },
      { pictures: 1, plots: 1 },
      { pictures: 1 },
      { pictures: 3, plots: 3 },
      { pictures: 1, printed: /^One pass of your network: .*\nOne pass of the bundled network: .*\n$/ },
    ],
  },
};

/** The tasks of the exercise edition, in order. */
const TASKS = [
  'preprocessImage',
  'deprocessImage',
  'convolution',
  'contentLoss',
  'gramMatrix',
  'styleLoss',
  'totalVariationLoss',
  'Evaluator',
  'gradientStep',
];

const PLOT = 'application/vnd.plotly.v1+json';

function shown({ outputs }: Ran): MimeBundle[] {
  return outputs.flatMap((output) => (output.output_type === 'display_data' ? [output.data] : []));
}

/** A PNG that has something on it, and words for those who do not see it. */
async function assertPicture(data: MimeBundle): Promise<void> {
  const png = Buffer.from(data['image/png'] as string, 'base64');
  const { channels } = await sharp(png).stats();
  assert.ok(
    channels.some(({ stdev }) => stdev > 5),
    'the picture is empty',
  );
  assert.ok(((await sharp(png).metadata()).width ?? 0) >= 200);
  assert.match(data['text/plain'] as string, /^(Pictures|Heat maps|Loss|The same loss|The loss)\b.*\.$/);
}

describe('under the tslab kernel', function () {
  this.timeout(600_000);

  for (const [name, { parameters, cells: expected }] of Object.entries(LESSONS)) {
    it(`${name} runs from top to bottom, and every cell shows what it should`, async () => {
      const lesson = await startLessonKernel();
      try {
        const cells = withParameters(await readLesson(name), parameters).filter(
          ({ kind }) => kind === 'code',
        );
        assert.equal(cells.length, expected.length);
        for (const [i, { source }] of cells.entries()) {
          const ran = await lesson.run(source);
          const what = `${name}, code cell ${i + 1}: ${source.split('\n', 1)[0]}\n${ran.stderr}`;
          assert.equal(ran.status, 'ok', what);
          assert.equal(ran.stderr, '', what);
          const { pictures = 0, plots = 0, printed } = expected[i];
          const bundles = shown(ran);
          assert.equal(bundles.filter((data) => !(PLOT in data)).length, pictures, what);
          assert.equal(bundles.filter((data) => PLOT in data).length, plots, what);
          for (const data of bundles) await assertPicture(data);
          if (printed) assert.match(ran.stdout, printed, what);
          else assert.equal(ran.stdout, '', what);
        }
      } finally {
        await lesson.close();
      }
    });
  }
});

describe('the exercise edition under the tslab kernel', function () {
  this.timeout(600_000);

  it('with its solutions: every check says that the answer is right', async () => {
    const lesson = await startLessonKernel();
    try {
      const cells = solvedExercise(
        withParameters(await readCells('style-transfer'), LESSONS['style-transfer'].parameters),
      );
      // Behind the last task there is only the lesson.
      const last = cells.map(({ source }) => source.includes('check.')).lastIndexOf(true);
      const said: string[] = [];
      for (const { source } of cells.slice(0, last + 1).filter(({ kind }) => kind === 'code')) {
        const ran = await lesson.run(source);
        assert.deepEqual([ran.status, ran.stderr], ['ok', ''], source);
        if (source.includes('check.')) said.push(...ran.stdout.trim().split('\n'));
      }
      assert.deepEqual(
        said,
        TASKS.map((task) => `${task}: right.`),
      );
    } finally {
      await lesson.close();
    }
  });

  it('without them: every check says what is still to be written, and the kernel goes on', async () => {
    const lesson = await startLessonKernel();
    try {
      const cells = exerciseEdition(
        withParameters(await readCells('style-transfer'), LESSONS['style-transfer'].parameters),
      );
      const code = cells.filter(({ kind }) => kind === 'code').map(({ source }) => source);
      const said: string[] = [];
      for (const source of code) {
        const needed = /^import|check\.|imgHeight = |function imgToArray/.test(source);
        if (!needed) continue;
        const ran = await lesson.run(source);
        assert.deepEqual([ran.status, ran.stderr], ['ok', ''], source);
        if (/console\.log\(await check/.test(source)) said.push(...ran.stdout.trim().split('\n'));
      }
      assert.equal(said.length, TASKS.length);
      for (const [i, words] of said.entries())
        assert.match(words, new RegExp(`^${TASKS[i]}: not yet\\. .*is not written yet`));
    } finally {
      await lesson.close();
    }
  });
});

describe('an import in a cell', function () {
  this.timeout(300_000);

  it('finds the package and its parts, with their types', async () => {
    const lesson = await startLessonKernel();
    try {
      const imports = [
        "import { PROJECT_FOLDER } from 'wheatfield';",
        "import { compile } from 'wheatfield/compile';",
        "import { fminLbfgsb } from 'wheatfield/lbfgsb';",
        "import { pictureGrid } from 'wheatfield/notebook';",
      ];
      const { stdout, stderr } = await lesson.run(
        `${imports.join('\n')}\nconsole.log(typeof compile, typeof fminLbfgsb, typeof pictureGrid, typeof PROJECT_FOLDER);`,
      );
      assert.deepEqual([stdout, stderr], ['function function function string\n', '']);
      assert.match((await lesson.run('fminLbfgsb(1);')).stderr, /Expected 2-3 arguments, but got 1/);
    } finally {
      await lesson.close();
    }
  });
});

describe('what students do', function () {
  this.timeout(300_000);
  let lesson: LessonKernel;
  let cells: string[];
  /** The one cell whose source has this in it, with changes. */
  const cell = (part: string, ...changes: [from: string | RegExp, to: string][]) => {
    const found = cells.filter((source) => source.includes(part));
    assert.equal(found.length, 1, `cells with ${part}`);
    return changes.reduce((source, [from, to]) => {
      const changed = source.replace(from, to);
      assert.notEqual(changed, source, `${part}: nothing to change at ${String(from)}`);
      return changed;
    }, found[0]);
  };
  const runs = async (source: string): Promise<Ran> => {
    const ran = await lesson.run(source);
    assert.equal(ran.status, 'ok', `${source}\n${ran.stderr}`);
    return ran;
  };
  /** The cell fails with these words, and the kernel goes on. */
  const fails = async (source: string, words: RegExp) => {
    const ran = await lesson.run(source);
    assert.equal(ran.status, 'error', source);
    assert.match(ran.stderr, words);
    assert.equal((await runs('console.log(6 * 7)')).stdout, '42\n');
    return ran;
  };

  before(async () => {
    const code = withParameters(await readLesson('style-transfer'), {
      imgHeight: '32',
      iterations: '500',
      network: "'vgg19-slim'",
    });
    cells = code.filter(({ kind }) => kind === 'code').map(({ source }) => source);
    lesson = await startLessonKernel();
  });
  after(() => lesson.close());

  it('run a cell out of order', async () => {
    await fails(cell('model.summary()'), /Cannot find name 'wf'/);
    await runs(cell("from 'wheatfield'"));
    await fails(
      cell('fetchLossAndGrads = await wf.compile'),
      /Cannot find name 'loss'[^]*Cannot find name 'imgHeight'/,
    );
  });

  it('name a picture that does not exist', async () => {
    const { stderr } = await fails(
      cell('const imgHeight', [/'img\/bazille[^']*'/, "'img/bazile.png'"]),
      /^There is no picture at img\/bazile\.png\. Check the path\.\n$/,
    );
    assert.doesNotMatch(stderr, / at .*:\d+:\d+/);
    await runs(cell('const imgHeight'));
  });

  it('misspell a layer', async () => {
    await runs(cell('function imgToArray'));
    await runs(cell('function deprocessImage'));
    await runs(cell('const asItIs'));
    await runs(cell('const network'));
    await runs(cell('model.summary()'));
    await runs(cell('function contentLoss'));
    await runs(cell('function gramMatrix'));
    await runs(cell('function styleLoss'));
    await runs(cell('function totalVariationLoss'));
    await runs(cell('const contentLayer', ['block5_conv2', 'block5_conv9']));
    await fails(
      cell('const layerFeatures'),
      /^outputsDict|^There is no layer 'block5_conv9' in the model\. The layers are .*block5_conv2.*\.\n$/,
    );
  });

  it('set every weight to 0', async () => {
    const zero = cell('const contentLayer', ['= 1e-4', '= 0'], ['= 1.0', '= 0'], ['= 0.025', '= 0']);
    await runs(zero);
    await fails(
      cell('const layerFeatures'),
      /^Every weight is 0, so there is nothing to minimise\. Raise one of them\.\n$/,
    );
  });

  it('set one weight to 0: it is left out, and the plot says so', async () => {
    await runs(cell('const contentLayer', ['= 0.025', '= 0']));
    await runs(cell('const layerFeatures'));
    await runs(cell('fetchLossAndGrads = await wf.compile'));
    await runs(cell('class Evaluator'));
    await runs(cell('new Evaluator'));
    await runs(cell('function gradientStep'));
    await runs(cell('const evaluationsToCompare', ['= 15', '= 5']));
    await runs(cell('const targetValues'));
    await runs(cell('let checkpoint', [/const iterations = .*/, 'const iterations = 1;']));
    const plot = shown(await runs(cell('wf.transfer(problem'))).find((data) => PLOT in data)?.[PLOT];
    const { data } = plot as { data: { name: string; y: (number | null)[] }[] };
    assert.deepEqual(
      data.map(({ name }) => name),
      ['sum', 'content: 0', 'style', 'total variation'],
    );
    const sum = data[0]?.y as number[];
    assert.ok(sum.length > 2 && (sum.at(-1) as number) < sum[0], `the loss falls: ${sum.join()}`);
  });

  it('change the size and go on in the middle', async () => {
    await runs(cell('const imgHeight', ['imgHeight = 32', 'imgHeight = 64']));
    await fails(
      cell('fetchLossAndGrads = await wf.compile'),
      /^The layer has different shapes for the two pictures: \[1,2,3,512\] and \[1,4,6,512\]\. Run .*\.\n$/,
    );
    await runs(cell('const imgHeight'));
  });

  it('forget an await', async () => {
    const { stderr } = await runs(
      "wf.loadImage('img/nowhere.png'); await new Promise((done) => setTimeout(done, 200));",
    );
    assert.match(stderr, /There is no picture at img\/nowhere\.png/);
    await runs('console.log(1)');
  });

  it('interrupt the loop: it keeps what it has, and goes on when the cell is run again', async function () {
    // There an interrupt ends a process.
    if (process.platform === 'win32') this.skip();
    await runs(cell('const contentLayer'));
    await runs(cell('const layerFeatures'));
    await runs(cell('fetchLossAndGrads = await wf.compile'));
    await runs(cell('class Evaluator'));
    await runs(cell('new Evaluator'));
    await runs(cell('function gradientStep'));
    await runs(cell('const evaluationsToCompare', ['= 15', '= 5']));
    await runs(cell('const targetValues'));
    await runs(cell('let checkpoint'));
    const evaluations: number[] = [];
    for (let time = 0; time < 2; time++) {
      let updates = 0;
      const status = await lesson.kernel.execute(cell('wf.transfer(problem'), ({ header, content }) => {
        if (header.msg_type === 'update_display_data' && ++updates === 4) lesson.kernel.interrupt();
        assert.notEqual(content.name, 'stderr', content.text);
        if (content.name === 'stdout' && content.text?.startsWith('Interrupted')) evaluations.push(updates);
      });
      assert.equal(status, 'ok');
      assert.equal(evaluations.length, time + 1, 'it says that it was interrupted');
      assert.ok(updates >= 4, 'the preview and the curves were drawn again in place');
      evaluations[time] = Number((await runs('console.log(history.length)')).stdout);
    }
    assert.ok(evaluations[1] > evaluations[0], `went on: ${evaluations.join(', ')}`);
    await runs(cell("'side-by-side'"));
  });

  it('interrupt what does not listen: the kernel survives', async function () {
    if (process.platform === 'win32') this.skip();
    const running = lesson.run('await new Promise((done) => setTimeout(done, 60_000));');
    setTimeout(() => lesson.kernel.interrupt(), 500);
    const { status, stderr } = await running;
    assert.equal(status, 'error');
    assert.match(stderr, /Interrupted/);
    await runs('console.log(1)');
  });
});
