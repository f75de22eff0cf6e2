/** The two settings that a grid varies, as the page sends them. */
import { UserError } from '../../errors';
import type { SettingName, Settings } from '../../settings';
import type { Library } from '../library';
import type { Axis, GivenGrid, GivenSettings } from '../protocol';
import { settingsFrom, settingsPanel } from '../settingsPanel';

/** Runs. A grid of more takes days, and nobody looks at all of them. */
const MOST_CELLS = 100;

/** What a grid is made of: the settings of all of its runs, and those that differ from row to row and from column to column. */
export interface GridPlan {
  settings: Settings;
  rows: Axis;
  columns: Axis;
}

/**
 * Reads the settings of every run of a grid, so that a mistake is known before the first is painted.
 *
 * @throws UserError as settingsFrom does, and where the axes are none
 */
export async function planGrid({ settings, rows, columns }: GivenGrid, library: Library): Promise<GridPlan> {
  const axes = [readAxis(rows, 'rows'), readAxis(columns, 'columns')] as const;
  if (axes[0].setting === axes[1].setting) {
    throw new UserError('The rows and the columns vary the same setting. Choose another for one of them.');
  }
  const count = axes[0].values.length * axes[1].values.length;
  if (count > MOST_CELLS) {
    throw new UserError(`The grid has ${count} runs, more than ${MOST_CELLS}. Leave out some values.`);
  }
  const cells: Settings[][] = [];
  for (const row of axes[0].values) {
    const inRow: Settings[] = [];
    for (const column of axes[1].values) {
      const given: GivenSettings = { ...settings, [axes[0].setting]: row, [axes[1].setting]: column };
      inRow.push(await settingsFrom(given, library));
    }
    cells.push(inRow);
  }
  const [[first]] = cells as [[Settings]];
  return {
    settings: first,
    rows: asRead(
      axes[0].setting,
      cells.map(([each]) => each),
    ),
    columns: asRead(axes[1].setting, cells[0]),
  };
}

/** The settings of one run of a grid, but for its folder. */
export function settingsAt({ settings, rows, columns }: GridPlan, row: number, column: number): Settings {
  return { ...settings, [rows.setting]: rows.values[row], [columns.setting]: columns.values[column] };
}

/** @throws UserError where it names no setting, or no values */
function readAxis(given: unknown, what: string): Axis {
  const { setting, values } = (given ?? {}) as Partial<Axis>;
  if (setting === undefined || !settingsPanel().some(({ name }) => name === setting)) {
    throw new UserError(`The ${what} vary no setting. Choose one.`);
  }
  if (!Array.isArray(values) || values.length === 0) {
    throw new UserError(`The ${what} have no values. Give at least one.`);
  }
  return { setting, values };
}

/** @throws UserError where two values are the same */
function asRead(setting: SettingName, cells: readonly Settings[]): Axis {
  const values = cells.map((each) => each[setting]);
  const texts = values.map((value) => JSON.stringify(value));
  const twice = texts.find((text, i) => texts.indexOf(text) < i);
  if (twice !== undefined) {
    throw new UserError(`${setting} has the value ${twice} twice. Leave one out.`);
  }
  return { setting, values };
}
