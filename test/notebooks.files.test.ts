import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import {
  formatNotebook,
  keepOutputs,
  parseNotebook,
  withoutOutputs,
  type CellWithOutputs,
} from '../scripts/notebooks/ipynb';
import { check, lessons, notebookPath, readNotebook } from '../scripts/notebooks/lessons';
import { type Cell, formatPercent, parsePercent, withParameters } from '../scripts/notebooks/percent';

const CELLS: Cell[] = [
  { kind: 'markdown', tags: [], source: '# Title\n\nText with `code`,\n\n    and a block.' },
  { kind: 'code', tags: ['parameters'], source: "const height = 240;\nconst name = 'a'; // of the picture" },
  { kind: 'code', tags: [], source: "// a comment\n\nconst text = `\n// %x\n`;\nconsole.log(text, '\\n');" },
];

describe('the percent format', () => {
  it('gives back the cells that were written', () => {
    assert.deepEqual(parsePercent(formatPercent(CELLS)), CELLS);
  });

  it('is text that stays the same when read and written again', () => {
    const script = formatPercent(CELLS);
    assert.equal(formatPercent(parsePercent(script)), script);
    assert.match(script, /^\/\/ %% \[markdown\]\n\/\/ # Title\n\/\/\n\/\/ Text/);
    assert.match(script, /\n\n\/\/ %% tags=\["parameters"\]\nconst height = 240;/);
  });

  it('reads files with the line ends of Windows', () => {
    assert.deepEqual(parsePercent(formatPercent(CELLS).replace(/\n/g, '\r\n')), CELLS);
  });

  it('refuses what it would lose', () => {
    assert.throws(() => parsePercent('const x = 1;\n// %%\n'), /Line 1 lies before the first cell/);
    assert.throws(() => parsePercent('// %% [raw]\n'), /Line 1 is no marker of a cell: \/\/ %% \[raw\]/);
    assert.throws(
      () => parsePercent('// %% [markdown]\n// text\nconst x = 1;\n'),
      /Line 3 is in a cell of Markdown/,
    );
  });
});

describe('withParameters', () => {
  it('changes constants of tagged cells, comments kept', () => {
    const [, changed, same] = withParameters(CELLS, { height: '64', name: "'b'" });
    assert.equal(changed?.source, "const height = 64;\nconst name = 'b'; // of the picture");
    assert.equal(same, CELLS[2]);
  });

  it('refuses names that no tagged cell declares', () => {
    assert.throws(() => withParameters(CELLS, { text: '1' }), /has a line const text = \.\.\.;/);
  });
});

describe('a notebook file', () => {
  const executed: CellWithOutputs[] = [
    { ...CELLS[0], executionCount: null, outputs: [] },
    {
      ...CELLS[1],
      executionCount: 1,
      outputs: [{ output_type: 'stream', name: 'stdout', text: 'one\ntwo\n' }],
    },
    {
      ...CELLS[2],
      executionCount: 2,
      outputs: [
        {
          output_type: 'display_data',
          data: {
            'text/plain': 'a\nb',
            'image/png': 'iVBORw0KGgo=',
            'application/vnd.plotly.v1+json': { z: 1, a: [2] },
          },
          metadata: { 'image/png': { width: 3, height: 2 } },
        },
      ],
    },
  ];

  it('gives back cells and outputs', () => {
    assert.deepEqual(parseNotebook(formatNotebook(executed)), executed);
  });

  it('has its keys in order, and lines apart, as Jupyter writes them', () => {
    const text = formatNotebook(executed);
    const keys = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      if (!Array.isArray(value)) assert.deepEqual(Object.keys(value), Object.keys(value).sort());
      Object.values(value).forEach(keys);
    };
    keys(JSON.parse(text));
    assert.ok(text.includes('"one\\n",\n'));
    assert.ok(text.endsWith('}\n'));
  });

  it('keeps outputs up to the first cell that changed', () => {
    const changed = CELLS.map((cell, i) => (i === 2 ? { ...cell, source: 'other()' } : cell));
    const kept = keepOutputs(changed, executed);
    assert.deepEqual(kept[1], executed[1]);
    assert.deepEqual(kept[2], { ...changed[2], executionCount: null, outputs: [] });
    assert.deepEqual(keepOutputs(CELLS, executed), executed);
    const first = CELLS.map((cell, i) => (i === 1 ? { ...cell, source: 'other()' } : cell));
    assert.deepEqual(keepOutputs(first, executed), withoutOutputs(first));
  });

  it('refuses what is no notebook', () => {
    assert.throws(() => parseNotebook('{}'), /has no cells/);
    assert.throws(() => parseNotebook('{"cells": [{"cell_type": "raw", "source": ""}]}'), /of the kind raw/);
  });
});

describe('the lessons', () => {
  it('are three', async () => assert.deepEqual(await lessons(), ['fast-style', 'layers', 'style-transfer']));

  for (const name of ['fast-style', 'layers', 'style-transfer']) {
    it(`${name}: notebook and script are in step`, async () => {
      await check(name);
    });

    it(`${name}: the notebook was executed whole, holds no error and no path of a machine, and is small`, async () => {
      const code = (await readNotebook(name)).filter(({ kind }) => kind === 'code');
      assert.deepEqual(
        code.map(({ executionCount }) => executionCount),
        code.map((_, i) => i + 1),
        'run npm run notebooks:execute and commit the outputs',
      );
      const outputs = code.flatMap((cell) => cell.outputs);
      for (const output of outputs) {
        if (output.output_type === 'stream') assert.notEqual(output.name, 'stderr', output.text);
        else assert.equal(typeof output.data['image/png'], 'string');
      }
      const text = await readFile(notebookPath(name), 'utf8');
      assert.doesNotMatch(text, /\/(home|root|Users|work|tmp)\/|[A-Z]:\\\\Users/);
      assert.ok((await stat(notebookPath(name))).size <= 3e6);
    });
  }
});
