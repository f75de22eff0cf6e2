import path from 'node:path';
import ts from 'typescript';

const ROOT = path.join(__dirname, '..', '..');

/** What TypeScript, with the project's own settings but for `changes`, says about these files; empty where it is content. */
export function typeCheck(files: readonly string[], changes: ts.CompilerOptions = {}): string {
  const { config } = ts.readConfigFile(path.join(ROOT, 'tsconfig.json'), (file) => ts.sys.readFile(file)) as {
    config: { compilerOptions: object };
  };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT);
  const diagnostics = ts.getPreEmitDiagnostics(ts.createProgram(files, { ...options, ...changes }));
  return ts.formatDiagnostics(diagnostics, {
    getCanonicalFileName: (name) => name,
    getCurrentDirectory: () => ROOT,
    getNewLine: () => '\n',
  });
}
