/** The pictures of a run as files: their names, formats, and what their notes say of the run. */
import path from 'node:path';
import type { PictureNotes } from '../picture/notes';
import { saveImage } from '../picture/save';
import type { ProblemSource } from '../problem/problem';
import { SETTINGS, type SettingName, type Settings } from '../settings';
import type { FirstEvent, TransferEvent } from '../transfer/events';
import type { Transfer } from '../transfer/transfer';
import { versions } from './versions';

const EXTENSIONS: Record<Settings['format'], string> = {
  png: '.png',
  png16: '.png',
  tiff16: '.tif',
  jpg: '.jpg',
};

/** The names of all pictures of a run, in any format. */
export const PICTURE_NAME = /^result_(draft|at_iteration_\d+|when_stopped)\.(png|tif|jpg)$/;

/** Whether the picture that a run begins with is a draft, which is saved. */
export function isDraft({ isContent }: FirstEvent, { init }: Pick<Settings, 'init'>): boolean {
  return init === 'draft' && !isContent;
}

/** Where the draft lies that a run begins at. */
export function draftPath(dir: string, format: Settings['format']): string {
  return path.join(dir, `result_draft${EXTENSIONS[format]}`);
}

/** Where the picture of an iteration lies. */
export function resultPath(
  dir: string,
  iteration: number,
  format: Settings['format'] = SETTINGS.format.default,
): string {
  return path.join(dir, `result_at_iteration_${iteration}${EXTENSIONS[format]}`);
}

/** Where the picture lies that a run had when it was stopped within an iteration. */
export function stoppedPath(dir: string, format: Settings['format']): string {
  return path.join(dir, `result_when_stopped${EXTENSIONS[format]}`);
}

/** Writes the picture at hand, with as many bits as the format has. */
export async function writePicture(
  run: Pick<Transfer<TransferEvent>, 'picture' | 'deepPicture'>,
  file: string,
  format: Settings['format'],
  notes: PictureNotes,
): Promise<void> {
  const isDeep = format === 'png16' || format === 'tiff16';
  await saveImage(await (isDeep ? run.deepPicture() : run.picture()), file, { notes });
}

/**
 * What a run's pictures say of it: its settings and the checksums of its inputs. Files have their names only, because a picture is passed
 * on and where its maker keeps files is nobody's concern.
 *
 * @param iterations how many were made until this picture: a run of so many ends with it
 */
export function notesOf(settings: Settings, source: ProblemSource, iterations: number): PictureNotes {
  const entries = (Object.entries(settings) as [SettingName, unknown][]).filter(
    ([name]) => !NOT_OF_PICTURE.includes(name),
  );
  const named = entries.map(([name, value]) => [name, namesPlace(name) ? withoutFolders(value) : value]);
  const creator = `Wheatfield ${versions().wheatfield}`;
  const { content, style, ...others } = Object.fromEntries(named) as Record<string, unknown>;
  return {
    creator,
    description: `${String(content)} in the style of ${String(style)}, painted by ${creator}`,
    settings: {
      content,
      style,
      ...others,
      iterations,
      network: source.network,
      sha256: { content: source.content.sha256, styles: source.styles.map(({ sha256 }) => sha256) },
      weightsMd5: source.weights.md5,
    },
  };
}

/** Settings with which the picture is the same, wherever it is made. */
const NOT_OF_PICTURE: readonly SettingName[] = ['out', 'tile'];

function namesPlace(name: SettingName): boolean {
  return /^<(file|dir)/.test(SETTINGS[name].kind.placeholder ?? '');
}

function withoutFolders(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutFolders);
  // A path of Windows too, wherever this runs.
  return typeof value === 'string' ? path.win32.basename(value) : value;
}
