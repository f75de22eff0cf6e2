/** `wheatfield report`: a run as one HTML file that opens anywhere, without a network. */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../errors';
import { thumbnail } from '../picture/thumbnail';
import { PRESETS } from '../presets';
import { PROJECT_FOLDER } from '../project';
import { readResults } from '../runFolder/results';
import type { SourceRecord } from '../problem/sources';
import { SETTINGS, type SettingName } from '../settings';
import { commandOf, departures } from '../studio/copies';
import { shownSettings } from '../studio/paths';
import { writeWholeFile } from '../wholeFile';
import type { ReportData, ReportPicture } from './reportData';

const PAGE = path.join(PROJECT_FOLDER, 'dist', 'report-page');
/** Characters of data: addresses; with the page's 1.2 MB a report stays below 3 MB, which mail takes. */
const MOST_RESULT = 800e3;
const MOST_FILMSTRIP = 650e3;
/** Pixels, of the longer side. */
const SOURCE_SIDE = 640;
const FILM_SIDE = 360;
const MOST_FRAMES = 24;

/**
 * Writes the report of the run in `dir`.
 *
 * @param file default report.html in the run's folder
 * @returns the file's path
 * @throws UserError where there is no run, or one without a picture, or the file cannot be written
 */
export async function writeReport(dir: string, file = path.join(dir, 'report.html')): Promise<string> {
  const data = await reportData(dir);
  const part = (name: string) =>
    readFile(path.join(PAGE, name), 'utf8').catch((error: unknown) => {
      throw new UserError(`The report's page is not built in ${PAGE}. Run npm run build.`, { cause: error });
    });
  const [script, style] = await Promise.all([part('report.js'), part('report.css')]);
  await writeWholeFile(file, html(data, script, style));
  return file;
}

async function reportData(dir: string): Promise<ReportData> {
  const { record, losses, pictures } = await readResults(dir);
  const last = pictures.at(-1);
  if (last === undefined) {
    throw new UserError(`The run in ${dir} has no picture yet. Wait for its first iteration.`);
  }
  const { settings, source, versions } = record;
  const { width, height } = source;
  return {
    name: path.basename(path.resolve(dir)),
    size: { width, height },
    network: source.network,
    painted: (await stat(path.join(dir, last))).mtimeMs,
    result: await resultOf(path.join(dir, last)),
    content: await sourceOf(source.content),
    styles: (await Promise.all(source.styles.map(sourceOf))).filter((style) => style !== undefined),
    filmstrip: await filmstripOf(dir, pictures),
    losses,
    settings: Object.entries(SETTINGS).map(([name, { help, default: usual }]) => {
      const value: unknown = settings[name as SettingName];
      const preset: Record<string, unknown> = PRESETS[settings.preset];
      const isDefault = JSON.stringify(value) === JSON.stringify(preset[name] ?? usual);
      return { name, value: valueText(value), isDefault, help };
    }),
    command: commandOf(departures(shownSettings(process.cwd(), settings))),
    versions,
  };
}

/** Without loss where there is room for it. */
async function resultOf(file: string): Promise<ReportPicture> {
  const bytes = await readFile(file);
  const label = 'The result';
  if ((bytes.length * 4) / 3 < MOST_RESULT) return { label, src: dataAddress(bytes, 'image/png') };
  return { label, src: await jpegWithin(file, MOST_RESULT) };
}

async function sourceOf({ path: file }: SourceRecord): Promise<ReportPicture | undefined> {
  if (file === undefined) return undefined;
  const src = await jpeg(file, SOURCE_SIDE).catch(() => undefined);
  return src === undefined ? undefined : { label: path.basename(file), src };
}

/** The pictures in order; of many, some at even distances, the first and the last among them. */
async function filmstripOf(dir: string, names: readonly string[]): Promise<ReportPicture[]> {
  const count = Math.min(names.length, MOST_FRAMES);
  const chosen = Array.from({ length: count }, (_, i) =>
    count === 1 ? names[0] : names[Math.round((i * (names.length - 1)) / (count - 1))],
  );
  const frames: ReportPicture[] = [];
  for (const name of chosen) {
    frames.push({
      label: labelOf(name),
      src: await jpegWithin(path.join(dir, name), MOST_FILMSTRIP / count, FILM_SIDE),
    });
  }
  return frames;
}

function labelOf(name: string): string {
  const number = /iteration_(\d+)/.exec(name)?.[1];
  if (number !== undefined) return `iteration ${Number(number) + 1}`;
  return name.includes('draft') ? 'draft' : 'when stopped';
}

/** A JPEG of at most so many characters: as large as fits, from `side` down. */
async function jpegWithin(file: string, most: number, side = 4096): Promise<string> {
  const src = await jpeg(file, side);
  return src.length <= most || side < 64 ? src : jpegWithin(file, most, Math.floor(side * 0.8));
}

async function jpeg(file: string, side: number): Promise<string> {
  return dataAddress(await thumbnail(file, side), 'image/jpeg');
}

function dataAddress(bytes: Buffer, type: string): string {
  return `data:${type};base64,${bytes.toString('base64')}`;
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.join(', ');
  return value === undefined ? '–' : JSON.stringify(value).replace(/^"|"$/g, '');
}

function html(data: ReportData, script: string, style: string): string {
  // What could end a script is escaped; in JavaScript and JSON the escape means the same.
  const json = JSON.stringify(data).replace(/</g, '\\u003c');
  const title = data.name.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">`,
    `<title>${title} – Wheatfield</title><link rel="icon" href="data:,">`,
    `<style>${style}</style></head><body><div id="report"></div>`,
    `<script type="application/json" id="data">${json}</script>`,
    `<script>${script.replace(/<\/script/gi, '<\\/script')}</script>`,
    '</body></html>',
    '',
  ].join('\n');
}
