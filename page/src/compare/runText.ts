/** A run's settings in words. */
import type { RunInfo, SettingInfo, Welcome } from '../../../src/studio/protocol';
import { isSame, usual } from '../draft';
import { asText, inWords } from '../words';

/** A setting's value as it is read; a picture by the name of its file, and nothing as a dash. */
export function valueText(value: unknown, { control, choices }: SettingInfo): string {
  const name = (each: unknown) =>
    choices?.includes(String(each)) ? String(each) : asText(each).split('/').at(-1);
  const text =
    control === 'picture' ? [value].flat().map(name).join(', ') : asText(value).replaceAll(',', ', ');
  return text || '–';
}

/** The settings in which a run departs from the defaults of its preset. */
export function departed({ settings }: Pick<RunInfo, 'settings'>, welcome: Welcome): SettingInfo[] {
  return welcome.settings.filter((info) => {
    const value = settings[info.name];
    return value !== undefined && !isSame(value, usual(info, settings, welcome.presets));
  });
}

/** The same in a line, the pictures last, such as: style scale 2, vgg19-slim, lake.jpg, wave.png. */
export function departuresOf(run: Pick<RunInfo, 'settings'>, welcome: Welcome): string {
  const all = departed(run, welcome);
  const pictures = all.filter(({ control }) => control === 'picture');
  const others = all.filter((info) => !pictures.includes(info));
  const texts = [...others, ...pictures].map((info) => {
    const value = valueText(run.settings[info.name], info);
    const saysItAll = info.control === 'picture' || info.control === 'choice';
    return saysItAll ? value : `${inWords(info.name).toLowerCase()} ${value}`;
  });
  return texts.join(', ');
}
