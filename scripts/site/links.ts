/** Finds links that lead nowhere: to a file that is not in the folder, or to a place that its page does not have. */
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { JSDOM } from 'jsdom';

/** All files of a folder, relative to it. */
export async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'));
}

interface Read {
  links: string[];
  ids: Set<string>;
}

/** @returns a sentence for each dead link of the pages in the folder */
export async function deadLinks(folder: string): Promise<string[]> {
  const files = new Set(await filesIn(folder));
  const pages = new Map<string, Read>();
  for (const file of files) {
    if (file.endsWith('.html')) pages.set(file, read(await readFile(path.join(folder, file), 'utf8')));
  }
  return [...pages].flatMap(([file, { links }]) =>
    links
      .filter((link) => !/^(https?|data|mailto):/.test(link))
      .flatMap((link) => {
        const [to, place = ''] = link.split('#');
        const target =
          to === '' ? file : path.posix.normalize(path.posix.join(path.posix.dirname(file), decodeURI(to)));
        if (!files.has(target)) return [`${file} links to ${link}, which is not there.`];
        const ids = pages.get(target)?.ids;
        if (place === '' || !ids || ids.has(decodeURIComponent(place))) return [];
        return [`${file} links to ${link}, but ${target} has no place of that name.`];
      }),
  );
}

function read(html: string): Read {
  const { document } = new JSDOM(html).window;
  const all = [...document.querySelectorAll('[href], [src]')];
  return {
    links: all.map((each) => each.getAttribute('href') ?? each.getAttribute('src') ?? ''),
    ids: new Set(
      [...document.querySelectorAll('[id], [name]')].flatMap((each) => [
        each.id,
        each.getAttribute('name') ?? '',
      ]),
    ),
  };
}
