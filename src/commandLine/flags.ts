/** The command line's flags, derived from the settings. */
import { type Command, Option } from 'commander';
import { UserError } from '../errors';
import { PRESETS } from '../presets';
import { SETTINGS, type Setting, type SettingName, type Settings, flagOf, readSettings } from '../settings';

/** What commander parses of the flags of addTransferFlags: only the flags that were given. */
export interface TransferFlags extends Partial<Record<SettingName, unknown>> {
  chapter?: boolean;
  force?: boolean;
}

/**
 * The settings that the flags ask for.
 *
 * @throws UserError for a value that cannot be, or flags that contradict one another
 */
export function settingsFrom({ chapter, ...given }: Omit<TransferFlags, 'force'>): Settings {
  if (chapter && (given.preset ?? 'chapter') !== 'chapter') {
    throw new UserError('--chapter is short for --preset chapter. Give one preset.');
  }
  return readSettings(chapter ? { ...given, preset: 'chapter' } : given);
}

/**
 * Adds one flag for each setting, and those that are no settings. An on-or-off setting also gets a --no- flag, so that every preset can be
 * overridden either way.
 *
 * @param except settings that the command has flags of its own for
 */
export function addTransferFlags(command: Command, except: readonly SettingName[] = []): void {
  addSettingFlags(command, except);
  command
    .optionsGroup('Other:')
    .helpOption('-h, --help', 'print this help')
    .option('--chapter', 'short for --preset chapter')
    .option(
      '--force',
      'replace the results of an earlier run in --out; start even if memory or disk space seems too small',
    );
}

function addSettingFlags(command: Command, except: readonly SettingName[]): void {
  for (const [name, setting] of Object.entries(SETTINGS) as [SettingName, Setting<Settings[SettingName]>][]) {
    if (except.includes(name)) continue;
    const { placeholder } = setting.kind;
    const flag = placeholder ? `${flagOf(name)} ${placeholder}` : flagOf(name);
    command.addOption(new Option(flag, describe(name, setting)).helpGroup(heading(setting)));
    if (!placeholder) {
      command.addOption(new Option(`--no-${flag.slice(2)}`).hideHelp());
    }
  }
  command.configureHelp({
    optionTerm({ flags, long }) {
      const hidden = command.options.find(
        (option) => option.hidden && option.long === `--no-${long?.slice(2)}`,
      );
      return hidden ? `${flags}, ${hidden.flags}` : flags;
    },
  });
}

function heading({ group }: Setting<Settings[SettingName]>): string {
  return `${group}:`;
}

function describe(name: SettingName, setting: Setting<Settings[SettingName]>): string {
  const { help, default: value, kind, optional } = setting;
  if (value === undefined) return optional ? help : `${help} (required)`;
  const shown = (given: unknown) => {
    if (!kind.placeholder) return given === true ? 'yes' : 'no';
    return Array.isArray(given) ? given.join(' ') : String(given);
  };
  const chapter = (PRESETS.chapter as Partial<Record<SettingName, unknown>>)[name] ?? value;
  const differs = shown(chapter) === shown(value) ? '' : `; chapter: ${shown(chapter)}`;
  return `${help} (default: ${shown(value)}${differs})`;
}
