import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import ts from '@tslab/typescript-for-tslab';
import packageJson from '../package.json';

/** The package as others see it: by its name, compiled. `npm install` and `npm run build` compile it. */
describe('the package', () => {
  const root = path.join(__dirname, '..');
  const program = path.join(__dirname, 'fixtures', 'package', 'stranger.ts');

  before(() => assert.ok(existsSync(path.join(root, packageJson.main)), 'dist/ is missing: npm run build'));

  it("has declarations that tslab's TypeScript 5.0 reads, the old Node way", () => {
    assert.match(ts.version, /^5\.0\./);
    const checked = ts.createProgram([program], {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.CommonJS,
      moduleResolution: ts.ModuleResolutionKind.Node10,
      esModuleInterop: true,
      strict: true,
      skipLibCheck: true,
      noEmit: true,
      types: ['node'],
    });
    const ours = checked
      .getSourceFiles()
      .filter(({ fileName }) => fileName.includes('/dist/') && !fileName.includes('node_modules'));
    assert.ok(ours.length > 5, 'the declarations were read from dist/');
    const wrong = [
      ...checked.getGlobalDiagnostics(),
      ...[checked.getSourceFile(program), ...ours].flatMap((file) => [
        ...checked.getSyntacticDiagnostics(file),
        ...checked.getSemanticDiagnostics(file),
      ]),
    ];
    assert.deepEqual(
      wrong.map(
        ({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
      ),
      [],
    );
  });

  it("runs a stranger's program that imports it by name", () => {
    const printed = execFileSync(process.execPath, ['--import', 'tsx', program], {
      cwd: root,
      encoding: 'utf8',
    });
    const { x, minVal, warnflag } = JSON.parse(printed.trim().split('\n').at(-1) as string);
    assert.ok(Math.abs(x - 3) < 1e-4 && minVal < 1e-4 && warnflag === 0);
  });

  it('prints its version and its help', () => {
    const run = (...args: string[]) =>
      execFileSync(process.execPath, [path.join(root, packageJson.bin.wheatfield), ...args], {
        encoding: 'utf8',
      });
    assert.equal(run('--version').trim(), packageJson.version);
    assert.match(run('transfer', '--help'), /--content <file>/);
  });
});
