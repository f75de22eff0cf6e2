/** The command line's flags, derived from the settings. */
import { type Command, Option } from 'commander';
import { PRESETS } from '../presets';
import { SETTINGS, type Setting, type SettingName, type Settings, flagOf } from '../settings';

/** The values that commander parses for the flags of addSettingFlags: only the flags that were given. */
export type GivenSettings = Partial<Record<SettingName, unknown>>;

/** Adds one flag for each setting; an on-or-off setting also gets a --no- flag, so that every preset can be overridden either way. */
export function addSettingFlags(command: Command): void {
  for (const [name, setting] of Object.entries(SETTINGS) as [SettingName, Setting<Settings[SettingName]>][]) {
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
  const shown = (given: unknown) => (kind.placeholder ? String(given) : given === true ? 'yes' : 'no');
  const chapter = (PRESETS.chapter as Partial<Record<SettingName, unknown>>)[name] ?? value;
  const differs = shown(chapter) === shown(value) ? '' : `; chapter: ${shown(chapter)}`;
  return `${help} (default: ${shown(value)}${differs})`;
}
