/** The gallery: what was painted, and the pictures that come with the package, each with its credit. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { escapeHtml } from './page';
import { markdownHtml } from './markdown';

const ROOT = path.join(__dirname, '..', '..');
const IMG = path.join(ROOT, 'img');
const WIDTH = 1200;
const THUMBNAIL = 520;

export interface Gallery {
  html: string;
  /** By their names beside the page. */
  pictures: Record<string, Buffer>;
}

async function jpeg(file: string, width: number): Promise<Buffer> {
  return await sharp(file)
    .resize({ width, withoutEnlargement: true })
    .jpeg({ quality: 84, mozjpeg: true })
    .toBuffer();
}

/** The pictures of the README with the texts that stand for them there, which say what is to be seen. */
async function painted(): Promise<[file: string, caption: string][]> {
  const readme = await readFile(path.join(ROOT, 'README.md'), 'utf8');
  return [...readme.matchAll(/!\[([^\]]*)\]\((img\/[^)]*)\)/g)].map(([, caption, file]) => [file, caption]);
}

/** @param pathOf where the gallery's pictures lie, seen from its page */
export async function gallery(pathOf: (name: string) => string): Promise<Gallery> {
  const pictures: Record<string, Buffer> = {};
  const figures: string[] = [];
  for (const [file, caption] of await painted()) {
    const name = `painted-${path.parse(file).name}.jpg`;
    pictures[name] = await jpeg(path.join(ROOT, file), WIDTH);
    figures.push(
      `<figure><img src="${pathOf(name)}" alt="${escapeHtml(caption)}"><figcaption>${escapeHtml(caption)}.</figcaption></figure>`,
    );
  }
  const wall: string[] = [];
  for (const file of (await readdir(IMG)).filter((each) => /\.(png|jpg)$/.test(each)).sort()) {
    const name = `${path.parse(file).name}.jpg`;
    pictures[name] = await jpeg(path.join(IMG, file), THUMBNAIL);
    wall.push(
      `<figure><img src="${pathOf(name)}" alt="${escapeHtml(file)}" loading="lazy"><figcaption><code>img/${escapeHtml(file)}</code></figcaption></figure>`,
    );
  }
  const credits = await readFile(path.join(IMG, 'CREDITS.md'), 'utf8');
  return {
    html: [
      '<h1>Gallery</h1>',
      ...figures,
      '<h2 id="material">Pictures to paint with</h2>',
      '<p>These come with the package. Use them as content or as style.</p>',
      `<div class="wall">${wall.join('\n')}</div>`,
      await markdownHtml(credits.replace(/^# /m, '## ')),
    ].join('\n'),
    pictures,
  };
}
