import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readCells } from '../scripts/notebooks/lessons';
import { formatPercent, withParameters } from '../scripts/notebooks/percent';

const PROJECT = path.join(__dirname, '..');
/** Inside the project, so that `from 'wheatfield'` finds it; git ignores it. */
const COPIES = path.join(PROJECT, '.cache', 'headless');

const LESSONS: Record<string, { parameters: Record<string, string>; files: string[] }> = {
  'style-transfer': {
    parameters: {
      imgHeight: '32',
      iterations: '1',
      evaluationsToCompare: '5',
      resultFolder: "'results/headless-style-transfer'",
    },
    files: [
      '01-paintings.png',
      '02-preprocessed.png',
      '03-feature-maps-block1_conv2.png',
      '04-feature-maps-block5_conv2.png',
      '05-gram-matrices.png',
      '06-total-variation.png',
      '07-what-each-loss-wants.png',
      '08-optimisers.html',
      '08-optimisers.png',
      '09-preview.png',
      '10-loss-curves.html',
      '10-loss-curves.png',
      '11-side-by-side.png',
      '12-filmstrip.png',
      '13-clipping.html',
      '13-clipping.png',
      '14-outside.png',
      '15-pixels-against-pyramid.html',
      '15-pixels-against-pyramid.png',
      '16-pictures-of-either.png',
      'plotly.min.js',
      'result_at_iteration_0.png',
    ],
  },
  layers: {
    parameters: { imgHeight: '32', evaluations: '1', otherNetwork: "'vgg19-slim'" },
    files: [
      '01-content-by-layer.png',
      '02-style-by-layers.png',
      '03-content-layer.png',
      '04-weights.png',
      '05-pooling.png',
      '06-beginnings.png',
      '07-networks.png',
    ],
  },
  painter: {
    parameters: { imgHeight: '64', evaluations: '1' },
    files: [
      '01-pictures.png',
      '02-one-by-one.png',
      '03-strength.png',
      '04-style-scale.png',
      '05-color.png',
      '06-two-styles.png',
      '07-mask.png',
      '08-regions.png',
    ],
  },
  'fast-style': {
    parameters: {
      imgHeight: '48',
      cropSize: '32',
      pairCount: '2',
      pairEvaluations: '2',
      pixelSteps: '2',
      perceptualSteps: '2',
      comparedSteps: '2',
    },
    files: [
      '01-style-and-photo.png',
      '02-pairs.png',
      '03-pixels.png',
      '04-pixels-curves.html',
      '04-pixels-curves.png',
      '05-perceptual.png',
      '06-perceptual-curves.html',
      '06-perceptual-curves.png',
      '07-blur-and-strokes.png',
      '08-without-norm.png',
      '09-without-norm-curves.html',
      '09-without-norm-curves.png',
      '10-with-norm.png',
      '11-with-norm-curves.html',
      '11-with-norm-curves.png',
      '12-norm-pictures.png',
      '13-norm-curves.html',
      '13-norm-curves.png',
      '14-own.png',
      'plotly.min.js',
    ],
  },
};

describe('headless', function () {
  this.timeout(600_000);

  for (const [name, { parameters, files }] of Object.entries(LESSONS)) {
    it(`npx tsx notebooks/${name}.ts leaves its pictures and plots in results/`, async () => {
      const copy = path.join(COPIES, `headless-${name}.mts`);
      const results = path.join(PROJECT, 'results', `headless-${name}`);
      await mkdir(COPIES, { recursive: true });
      try {
        const cells = withParameters(await readCells(name), { ...parameters, network: "'vgg19-slim'" });
        await writeFile(copy, formatPercent(cells));
        execFileSync(process.execPath, ['--import', 'tsx', copy], { cwd: PROJECT, stdio: 'pipe' });
        assert.deepEqual((await readdir(results)).sort(), files);
        for (const file of files.filter((each) => each.endsWith('.html'))) {
          assert.match(
            await readFile(path.join(results, file), 'utf8'),
            /Plotly\.newPlot\('plot', \{"data":\[\{/,
          );
        }
      } finally {
        await rm(copy, { force: true });
        await rm(results, { recursive: true, force: true });
      }
    });
  }
});
