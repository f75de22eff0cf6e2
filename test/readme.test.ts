import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { typeCheck } from './helpers/typeCheck';

const ROOT = path.join(__dirname, '..');
/** Inside the project, so that `from 'wheatfield'` finds it; git ignores it. */
const FOLDER = path.join(ROOT, '.cache', 'readme');

describe("the README's programs", function () {
  this.timeout(120_000);
  const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8');
  const programs = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, program]) => program);
  const files = programs.map((_, i) => path.join(FOLDER, `${i}.mts`));

  before(() => {
    mkdirSync(FOLDER, { recursive: true });
    for (const [i, file] of files.entries()) writeFileSync(file, programs[i]);
  });
  after(() => rmSync(FOLDER, { recursive: true }));

  it('are there', () => assert.ok(programs.length >= 2, `${programs.length} programs`));

  it("fit the package's types", () => {
    // What a program ends with need not be used.
    assert.equal(typeCheck(files, { noUnusedLocals: false }), '');
  });

  it('finds the minimum that the pieces are shown with', () => {
    const i = programs.findIndex((program) => program.includes('fminLbfgsb'));
    const file = files[i];
    writeFileSync(file, `${programs[i]}console.log(JSON.stringify([x[0], minVal, info.warnflag]));\n`);
    const printed = execFileSync(process.execPath, ['--import', 'tsx', file], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    const [x, minVal, warnflag] = JSON.parse(printed) as [number, number, number];
    assert.ok(Math.abs(x - 3) < 1e-4 && minVal < 1e-4);
    assert.equal(warnflag, 0);
  });
});
