/** Paths as commands name them, and as the page does. */
import { createHash } from 'node:crypto';
import path from 'node:path';

/** What the page calls a file or a folder: it names none by its path. The same in every studio. */
export function idOf(absolute: string): string {
  return createHash('sha256').update(absolute).digest('hex').slice(0, 16);
}

/** From the working folder where the file lies in it, with slashes that every system takes; else as it is. */
export function shownPath(folder: string, file: string): string {
  const relative = path.relative(folder, file);
  const isWithin = !relative.startsWith('..') && !path.isAbsolute(relative);
  return (isWithin ? relative : file).replaceAll(path.sep, '/');
}

/** Settings whose absolute paths are shown from the working folder. */
export function shownSettings(folder: string, settings: object): Record<string, unknown> {
  const shown = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shown);
    return typeof value === 'string' && path.isAbsolute(value) ? shownPath(folder, value) : value;
  };
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, shown(value)]));
}
