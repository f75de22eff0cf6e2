import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import oldTs from '@tslab/typescript-for-tslab';
import ts from 'typescript';
import packageJson from '../package.json';

const ROOT = path.join(__dirname, '..');
/** Inside the project, so that the package finds its dependencies without a download; git ignores it. */
const STRANGER = path.join(ROOT, '.cache', 'stranger');
/** What every entry is known by. */
const ENTRIES = {
  wheatfield: 'styleTransfer',
  'wheatfield/compile': 'compile',
  'wheatfield/exercises': 'gramMatrix',
  'wheatfield/fast-style': 'openStylizer',
  'wheatfield/lbfgsb': 'fminLbfgsb',
  'wheatfield/notebook': 'pictureGrid',
};

/** Packages that most programs do without, or need late. */
const LAZY = [
  'jsdom',
  'plotly.js',
  'undici',
  'commander',
  'h5wasm',
  'sharp',
  'protobufjs',
  'onnxruntime-node',
];

/** npm, on every system. */
function npm(...args: string[]) {
  return spawnSync(`npm ${args.join(' ')}`, { cwd: ROOT, encoding: 'utf8', shell: true });
}

/** The package as others get it: the files that npm packs, compiled. `npm install` and `npm run build` compile them. */
describe('the package', () => {
  const installed = path.join(STRANGER, 'node_modules', 'wheatfield');
  const program = path.join(STRANGER, 'stranger.ts');
  let files: string[];

  before(() => {
    assert.ok(existsSync(path.join(ROOT, packageJson.main)), 'dist/ is missing: npm run build');
    rmSync(STRANGER, { recursive: true, force: true });
    const { stdout } = npm('pack', '--dry-run', '--json', '--ignore-scripts');
    const [packed] = JSON.parse(stdout) as [{ files: { path: string }[] }];
    files = packed.files.map((file) => file.path);
    for (const file of files) {
      mkdirSync(path.dirname(path.join(installed, file)), { recursive: true });
      copyFileSync(path.join(ROOT, file), path.join(installed, file));
    }
    copyFileSync(path.join(__dirname, 'fixtures', 'package', 'stranger.ts'), program);
  });
  after(() => rmSync(STRANGER, { recursive: true, force: true }));

  const node = (...args: string[]) =>
    execFileSync(process.execPath, args, { cwd: STRANGER, encoding: 'utf8' }).trim();

  it('has its programs and pictures, and neither the tests nor the training of vgg19-slim', () => {
    assert.ok(files.includes(packageJson.bin.wheatfield) && files.includes('models/vgg19-slim.safetensors'));
    assert.deepEqual(
      files.filter((file) => /^(src|test|scripts|bench)\/|distil/.test(file)),
      [],
    );
  });

  for (const [entry, name] of Object.entries(ENTRIES)) {
    it(`${entry} can be required and imported`, () => {
      assert.equal(node('-p', `typeof require('${entry}').${name}`), 'function');
      const imports = `import { ${name} } from '${entry}'; console.log(typeof ${name});`;
      assert.equal(node('--input-type=module', '-e', imports), 'function');
    });
  }

  it('loads what takes long only when it is used', () => {
    const program = `
      require('wheatfield');
      const loaded = new Set(Object.keys(require.cache).map((file) => file.split('node_modules').at(-1).split(/[\\\\/]/)[1]));
      console.log(${JSON.stringify(LAZY)}.filter((name) => loaded.has(name)).join());`;
    assert.equal(node('-e', program), '');
  });

  it('loads its compiler only when something is compiled', () => {
    const count = 'Object.keys(require.cache).filter((file) => /compile.kernels/.test(file)).length';
    const program = `
      const { compile } = require('wheatfield');
      const before = ${count};
      void compile((x) => x.square(), [1]).then(() => console.log(before, ${count} > 0));`;
    assert.equal(node('-e', program), '0 true');
  });

  it('has its package.json as an entry, and keeps the rest to itself', () => {
    assert.equal(node('-p', "require('wheatfield/package.json').version"), packageJson.version);
    assert.equal(
      node('-p', "try { require('wheatfield/dist/errors') } catch (error) { error.code }"),
      'ERR_PACKAGE_PATH_NOT_EXPORTED',
    );
  });

  it('has declarations that TypeScript reads, the way that Node resolves', () => {
    const checked = ts.createProgram([program], {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.Node16,
      moduleResolution: ts.ModuleResolutionKind.Node16,
      esModuleInterop: true,
      strict: true,
      skipLibCheck: true,
      noEmit: true,
      types: ['node'],
    });
    const wrong = ts.getPreEmitDiagnostics(checked);
    assert.equal(ts.formatDiagnostics(wrong, host), '');
  });

  it("has declarations that tslab's TypeScript 5.0 reads, the old Node way", () => {
    assert.match(oldTs.version, /^5\.0\./);
    const checked = oldTs.createProgram([program], {
      target: oldTs.ScriptTarget.ES2022,
      module: oldTs.ModuleKind.CommonJS,
      moduleResolution: oldTs.ModuleResolutionKind.Node10,
      esModuleInterop: true,
      strict: true,
      skipLibCheck: true,
      noEmit: true,
      types: ['node'],
    });
    const ours = checked.getSourceFiles().filter(({ fileName }) => fileName.includes('/wheatfield/dist/'));
    assert.ok(ours.length > 5, 'the declarations were read from dist/');
    const wrong = [
      ...checked.getGlobalDiagnostics(),
      ...[checked.getSourceFile(program), ...ours].flatMap((file) => [
        ...checked.getSyntacticDiagnostics(file),
        ...checked.getSemanticDiagnostics(file),
      ]),
    ];
    assert.equal(oldTs.formatDiagnostics(wrong, host), '');
  });

  it("runs a stranger's program that imports it by name", () => {
    const printed = node('--import', 'tsx', program);
    const { x, minVal, warnflag, text } = JSON.parse(printed) as Record<string, unknown>;
    assert.ok(Math.abs((x as number) - 3) < 1e-4 && (minVal as number) < 1e-4);
    assert.deepEqual([warnflag, text], [0, 'Pictures: threes.']);
  });

  it('prints its version and its help', () => {
    const cli = path.join(installed, packageJson.bin.wheatfield);
    assert.equal(node(cli, '--version'), packageJson.version);
    assert.match(node(cli, 'transfer', '--help'), /--content <file>/);
  });
});

const host = {
  getCanonicalFileName: (name: string) => name,
  getCurrentDirectory: () => ROOT,
  getNewLine: () => '\n',
};

describe('npm', () => {
  it('has nothing to warn of', () => {
    const { status, stderr } = npm('ls', '--depth=0');
    assert.deepEqual([status, stderr], [0, '']);
  });

  it("skips onnxruntime-node's download of CUDA files", () => {
    const from = { paths: [path.dirname(require.resolve('onnxruntime-node/package.json'))] };
    const program = `require(${JSON.stringify(require.resolve('global-agent', from))}).bootstrap(); process.env.ONNXRUNTIME_NODE_INSTALL`;
    assert.equal(execFileSync(process.execPath, ['-p', program], { encoding: 'utf8' }).trim(), 'skip');
  });
});
