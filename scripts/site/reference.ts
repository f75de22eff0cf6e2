/** The API reference: TypeDoc's pages, made from the docstrings of everything that the package exports. */
import path from 'node:path';
import packageJson from '../../package.json';

const ROOT = path.join(__dirname, '..', '..');

/** dist/x/index.d.ts is compiled from src/x/index.ts. */
const ENTRIES = Object.values(packageJson.exports).flatMap((target) =>
  typeof target === 'object' ? [target.types.replace('./dist', 'src').replace('.d.ts', '.ts')] : [],
);

/** @throws Error where the sources do not compile */
export async function writeReference(folder: string): Promise<void> {
  const { Application, JSX } = await import('typedoc');
  const app = await Application.bootstrap({
    entryPoints: ENTRIES.map((entry) => path.join(ROOT, entry)),
    tsconfig: path.join(ROOT, 'tsconfig.build.json'),
    name: 'Wheatfield',
    readme: 'none',
    disableSources: true,
    excludePrivate: true,
    githubPages: false,
    navigation: { includeCategories: false },
    logLevel: 'Warn',
    sort: ['source-order'],
  });
  app.renderer.hooks.on('body.begin', (context) =>
    JSX.createElement(
      'a',
      { href: context.relativeURL('../index.html'), class: 'home' },
      'Wheatfield: all pages',
    ),
  );
  const project = await app.convert();
  if (!project) throw new Error('TypeDoc found no API. Run npm run build to see what does not compile.');
  app.options.setValue('html', folder);
  await app.generateOutputs(project);
}
