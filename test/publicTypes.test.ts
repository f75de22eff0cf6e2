import assert from 'node:assert/strict';
import path from 'node:path';
import ts from 'typescript';
import packageJson from '../package.json';

const ROOT = path.join(__dirname, '..');

/** Whoever has these passes them on: their parts are nobody's business. */
const OPAQUE = ['LbfgsbState'];

/** What the declarations of the package's entries mention and nobody can import, from whichever entry. */
describe('every type that a public signature mentions is public:', () => {
  const entries = Object.entries(packageJson.exports).flatMap(([subpath, target]) =>
    typeof target === 'object' ? [[subpath, path.join(ROOT, target.types)] as const] : [],
  );
  const program = ts.createProgram(
    entries.map(([, file]) => file),
    { module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16, types: ['node'] },
  );
  const checker = program.getTypeChecker();
  const original = (symbol: ts.Symbol) =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const exportsOf = (file: string) => {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    assert.ok(module, `${file} is missing: npm run build`);
    return checker.getExportsOfModule(module).map(original);
  };
  const isOurs = (declaration: ts.Declaration) => {
    const relative = path.relative(path.join(ROOT, 'dist'), declaration.getSourceFile().fileName);
    return !relative.startsWith('..') && !path.isAbsolute(relative);
  };

  /** The package's own types and values whose names stand in these declarations. */
  function mentioned(declarations: readonly ts.Declaration[]): Set<ts.Symbol> {
    const found = new Set<ts.Symbol>();
    const visit = (node: ts.Node): void => {
      const isPrivate =
        ts.canHaveModifiers(node) &&
        ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword);
      if (isPrivate) return;
      if (ts.isIdentifier(node)) {
        const symbol = checker.getSymbolAtLocation(node);
        const named = symbol && original(symbol);
        const isInModule = named?.declarations?.some(
          (declaration) =>
            isOurs(declaration) &&
            (ts.isSourceFile(declaration.parent) || ts.isVariableDeclarationList(declaration.parent)),
        );
        if (named && isInModule) found.add(named);
      }
      ts.forEachChild(node, visit);
    };
    declarations.forEach(visit);
    return found;
  }

  const isPublic = new Set(entries.flatMap(([, file]) => exportsOf(file)));

  for (const [subpath, file] of entries) {
    it(subpath, () => {
      const missing = exportsOf(file)
        .filter(({ name }) => !OPAQUE.includes(name))
        .flatMap(({ name, declarations = [] }) =>
          [...mentioned(declarations.filter(isOurs))]
            .filter((symbol) => !isPublic.has(symbol))
            .map((symbol) => `${symbol.name}, which ${name} mentions`),
        );
      assert.deepEqual([...new Set(missing)].sort(), []);
    });
  }
});
