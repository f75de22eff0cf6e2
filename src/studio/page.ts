/** The built page: a few files that are read once. A request can name these and no others. */
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../errors';
import { PROJECT_FOLDER } from '../project';

export interface PageFile {
  type: string;
  bytes: Buffer;
}

const PAGE = path.join(PROJECT_FOLDER, 'dist', 'studio-page');
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/**
 * The page's files by their paths from its folder, such as index.html and assets/index.js.
 *
 * @throws UserError where the page is not built
 */
export async function readPage(): Promise<Map<string, PageFile>> {
  const files = new Map<string, PageFile>();
  const names = await readdir(PAGE, { recursive: true }).catch((error: unknown) => {
    throw new UserError(`The studio's page is not built in ${PAGE}. Run npm run build.`, { cause: error });
  });
  for (const name of names) {
    const type = TYPES[path.extname(name)];
    if (type)
      files.set(name.replaceAll(path.sep, '/'), { type, bytes: await readFile(path.join(PAGE, name)) });
  }
  return files;
}
