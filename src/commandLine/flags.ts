/** The command line's flags, derived from the settings. */
import { type Command, Option } from 'commander';
import { SETTINGS, type Setting, type SettingName, type Settings, flagOf } from '../settings';

/** The values that commander parses for the flags of addSettingFlags: only the flags that were given. */
export type GivenSettings = Partial<Record<SettingName, unknown>>;

/** Adds one flag for each setting but those that the command has flags of its own for; an on-or-off setting also gets a --no- flag, so that every preset can be overridden either way. */
export function addSettingFlags(command: Command, except: readonly SettingName[] = []): void {
  for (const [name, setting] of Object.entries(SETTINGS) as [SettingName, Setting<Settings[SettingName]>][]) {
    if (except.includes(name)) continue;
    const { placeholder } = setting.kind;
    const flag = placeholder ? `${flagOf(name)} ${placeholder}` : flagOf(name);
    command.addOption(new Option(flag, describe(setting)).helpGroup(heading(setting)));
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

function describe({ help, default: value, kind, optional }: Setting<Settings[SettingName]>): string {
  if (value === undefined) return optional ? help : `${help} (required)`;
  const shown = String(value);
  return `${help} (default: ${kind.placeholder ? shown : value === true ? 'yes' : 'no'})`;
}
