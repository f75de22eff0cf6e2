/**
 * npm run site: writes the course, the gallery, the reference and the command line's help into site/, for a browser without a server.
 * Fails where a link leads nowhere, or where the folder gets too large to send around.
 */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { deadLinks, filesIn } from './site/links';
import { writeSite } from './site/site';

const FOLDER = path.join(__dirname, '..', 'site');
const MOST_BYTES = 15e6;

async function main(): Promise<void> {
  await writeSite(FOLDER);
  const dead = await deadLinks(FOLDER);
  if (dead.length > 0) throw new Error(dead.join('\n'));
  const files = await filesIn(FOLDER);
  const sizes = await Promise.all(files.map(async (file) => (await stat(path.join(FOLDER, file))).size));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const size = `${(bytes / 1e6).toFixed(1)} MB`;
  if (bytes > MOST_BYTES)
    throw new Error(`The site has ${size}, and 15 is the most. Show fewer or smaller pictures.`);
  const pages = files.filter((file) => file.endsWith('.html')).length;
  console.log(`site/index.html: ${pages} pages, ${size}, no dead link.`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
