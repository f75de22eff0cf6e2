/** Paths as commands name them. */
import path from 'node:path';

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
