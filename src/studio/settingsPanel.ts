/** The settings as the page's panel draws them, and as it sends them back. */
import { SETTINGS, type Setting, type SettingName, type Settings, flagOf, readSettings } from '../settings';
import type { Library } from './library';
import type { GivenSettings, SettingInfo } from './protocol';

/** Chosen by the studio itself, or where it is started. */
const NOT_OFFERED: readonly SettingName[] = ['out', 'weights'];

export function settingsPanel(): SettingInfo[] {
  const all = Object.entries(SETTINGS) as [SettingName, Setting<unknown>][];
  return all
    .filter(([name]) => !NOT_OFFERED.includes(name))
    .map(([name, setting]) => ({
      name,
      flag: flagOf(name),
      group: setting.group,
      help: setting.help,
      expected: setting.kind.expected,
      control: controlOf(setting),
      choices: setting.kind.choices,
      default: setting.default,
      isList: setting.kind.placeholder?.endsWith('...>') ?? false,
    }));
}

function controlOf({ kind: { placeholder, choices } }: Setting<unknown>): SettingInfo['control'] {
  if (placeholder?.includes('file')) return 'picture';
  if (choices) return 'choice';
  switch (placeholder) {
    case undefined:
      return 'switch';
    case '<number>':
      return 'number';
    case '<n>':
      return 'whole number';
    case '<layers...>':
      return 'layers';
    default:
      return 'text';
  }
}

/**
 * All settings of a transfer from what the page has sent. Pictures come as ids of the library, so that a page cannot name other files.
 *
 * @throws UserError as readSettings does, and for a picture that is not here
 */
export async function settingsFrom(given: GivenSettings, library: Library): Promise<Settings> {
  const panel = settingsPanel();
  const read: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    const info = panel.find((each) => each.name === name);
    // An unknown name goes on to readSettings, which says so.
    read[name] = info?.control === 'picture' ? await pathsOf(value, info.choices, library) : value;
  }
  return readSettings({ ...read, weights: undefined, out: undefined });
}

/** A picture's path for each id; words that are valid stay as they are. */
async function pathsOf(
  value: unknown,
  words: readonly string[] | undefined,
  library: Library,
): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map((each) => pathsOf(each, words, library)));
  if (typeof value !== 'string' || words?.includes(value)) return value;
  return library.pathOf(value);
}
