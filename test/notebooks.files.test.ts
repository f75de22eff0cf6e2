import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { exerciseEdition, lessonEdition, withExercises, withoutBodies } from '../scripts/notebooks/editions';
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

describe('the two editions', () => {
  const text = (source: string, ...tags: string[]): Cell => ({ kind: 'markdown', tags, source });
  const code = (source: string, ...tags: string[]): Cell => ({ kind: 'code', tags, source });
  const twice = 'const two = 2;\n\nfunction twice(x: number): number {\n  return two * x;\n}';
  const script = [
    text('# Title'),
    text('Write twice.', 'exercise'),
    text('It is x + x.', 'lesson'),
    code(twice, 'solution'),
    code('check.twice(twice);', 'exercise'),
    code('const x = 1;', 'parameters'),
  ];

  it('the lesson has no tasks', () => {
    assert.deepEqual(lessonEdition(script), [script[0], script[2], script[3], script[5]]);
  });

  it('the exercise has neither solutions nor what gives them away, and no marks', () => {
    assert.deepEqual(exerciseEdition(script), [
      text('# Title'),
      text('Write twice.'),
      code(
        "const two = 2;\n\nfunction twice(x: number): number {\n  // Replace this line by your code.\n  throw check.notWritten('twice');\n}",
      ),
      code('check.twice(twice);'),
      code('const x = 1;', 'parameters'),
    ]);
    assert.deepEqual(exerciseEdition([script[0]]), []);
  });

  it('a class keeps its fields and its constructor', () => {
    const source =
      'class A {\n  kept = 1;\n\n  constructor(readonly f: () => void) {}\n\n  loss = async (x: number) => {\n    return x;\n  };\n\n  grads() {\n    return 2;\n  }\n}';
    const without = withoutBodies(source);
    assert.match(without, /kept = 1;\n\n {2}constructor\(readonly f: \(\) => void\) \{\}/);
    assert.match(
      without,
      /loss = async \(x: number\) => \{\n {4}\/\/ Replace.*\n {4}throw check\.notWritten\('loss'\);\n {2}\};/,
    );
    assert.match(
      without,
      /grads\(\) \{\n {4}\/\/ Replace.*\n {4}throw check\.notWritten\('grads'\);\n {2}\}/,
    );
    assert.doesNotMatch(without, /return/);
    assert.throws(() => withoutBodies('const x = 1;'), /has no function to write/);
  });

  it('a lesson that was edited gets its tasks back', () => {
    assert.deepEqual(withExercises(script, lessonEdition(script)), script);
    const edited = lessonEdition(script).map((cell, i) =>
      i === 2 ? { ...cell, source: `${cell.source}\n` } : cell,
    );
    assert.deepEqual(
      withExercises(script, edited).map(({ source }) => source.trim()),
      script.map(({ source }) => source),
    );
    const longer = [text('New.'), ...lessonEdition(script)];
    assert.deepEqual(withExercises(script, longer), [text('New.'), ...script]);
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
  const names = ['fast-style', 'layers', 'painter', 'style-transfer'];

  it('are four', async () => assert.deepEqual(await lessons(), names));

  for (const name of names) {
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
