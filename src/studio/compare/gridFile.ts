/** A grid as a file, grid.json in the folder of its runs: what is left of it to paint is known whatever happened. */
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../errors';
import { writeWholeFile } from '../../wholeFile';
import type { GridPlan } from './axes';

const FILE = 'grid.json';

export interface GridRecord extends GridPlan {
  /** By the name of its folder: that a run is done, or why it failed. */
  runs: Partial<Record<string, 'done' | { failed: string }>>;
}

/** The folder of a run in the grid's folder. */
export function cellName(row: number, column: number): string {
  return `${row + 1}-${column + 1}`;
}

export async function writeGrid(dir: string, record: GridRecord): Promise<void> {
  await writeWholeFile(path.join(dir, FILE), `${JSON.stringify(record, null, 2)}\n`);
}

/**
 * The grids in a folder of results, by their folders' names; a UserError in the place of one whose file is damaged.
 */
export async function readGrids(results: string): Promise<Map<string, GridRecord | UserError>> {
  const grids = new Map<string, GridRecord | UserError>();
  const entries = await readdir(results, { withFileTypes: true }).catch(() => []);
  for (const { name } of entries.filter((each) => each.isDirectory())) {
    const grid = await readGrid(path.join(results, name));
    if (grid) grids.set(name, grid);
  }
  return grids;
}

async function readGrid(dir: string): Promise<GridRecord | UserError | undefined> {
  const file = path.join(dir, FILE);
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const record: unknown = JSON.parse(text);
    if (isRecord(record)) return record;
    throw new TypeError('another format');
  } catch (error) {
    return new UserError(`The grid in ${file} is damaged. Delete the file; its runs stay as they are.`, {
      cause: error,
    });
  }
}

function isRecord(value: unknown): value is GridRecord {
  const { settings, rows, columns, runs } = (value ?? {}) as Partial<GridRecord>;
  const isObject = (part: unknown) => typeof part === 'object' && part !== null;
  return isObject(settings) && isObject(runs) && [rows, columns].every((axis) => Array.isArray(axis?.values));
}
