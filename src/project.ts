import { readFileSync } from 'node:fs';
import path from 'node:path';

/** The folder of this package, where img/ lies. Notebooks work in it, so that their paths are the same in every front end. */
export const PROJECT_FOLDER = path.join(__dirname, '..');

/** This package's version, from its package.json. */
export function projectVersion(): string {
  const packageJson = readFileSync(path.join(PROJECT_FOLDER, 'package.json'), 'utf8');
  return (JSON.parse(packageJson) as { version: string }).version;
}
