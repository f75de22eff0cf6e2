/** The picture that is shown as a command, a notebook cell and a program that paint it again, the same in every pixel. */
import { type PresetName, PRESETS } from '../presets';
import { SETTINGS, type SettingName, flagOf } from '../settings';
import type { Copies, Leg } from './protocol';

/**
 * @param legs of the painting, up to the one whose picture is shown
 * @param evaluations of the last leg that have made the picture
 * @param isWindows whether commands are quoted for Windows
 */
export function copiesOf(
  legs: readonly Leg[],
  evaluations: number,
  isWindows = process.platform === 'win32',
): Copies {
  const leg = legs.at(-1) as Leg;
  const settings = exactSettings(leg, evaluations);
  const given = departures(settings);
  return {
    note: noteOf(legs, settings),
    command: commandOf({ ...given, out: 'results/again' }, isWindows),
    cell: cellOf(given),
    code: codeOf(given),
  };
}

/** `npx wheatfield transfer` with these settings. */
export function commandOf(given: Record<string, unknown>, isWindows = process.platform === 'win32'): string {
  const flags = Object.entries(given).map(([name, value]) => {
    const flag = flagOf(name as SettingName);
    if (value === true) return flag;
    if (value === false) return flag.replace('--', '--no-');
    if (!Array.isArray(value)) return `${flag} ${quoted(String(value), isWindows)}`;
    return `${flag} ${value.map((each) => quoted(String(each), isWindows)).join(' ')}`;
  });
  return `npx wheatfield transfer ${flags.join(' ')}`;
}

/** The settings that differ from their preset's values, or else their defaults. */
export function departures(settings: Record<string, unknown>): Record<string, unknown> {
  const preset: Record<string, unknown> = PRESETS[settings.preset as PresetName];
  return Object.fromEntries(
    Object.entries(settings).filter(([name, value]) => {
      const usual = preset[name] ?? SETTINGS[name as SettingName].default;
      return value !== undefined && JSON.stringify(value) !== JSON.stringify(usual);
    }),
  );
}

/**
 * One iteration of as many evaluations as have made the picture: it ends with the first step that exceeds the number before. A run that
 * restarts L-BFGS has only its whole iterations to offer, which `shown` is then one of.
 */
function exactSettings({ settings, steps }: Leg, evaluations: number): Record<string, unknown> {
  const { restart } = settings;
  const step = steps.find((each) => each.evaluations === evaluations);
  if (restart === true && step && step.iteration > 0) {
    return { ...settings, iterations: step.iteration + 1 };
  }
  return { ...settings, iterations: 1, evaluations: Math.max(evaluations - 1, 1) };
}

function noteOf(legs: readonly Leg[], { init, restart, iterations }: Record<string, unknown>): string {
  const sentences = [
    'They paint this picture again, the same in every bit of every pixel, on a machine with the same processors and versions.',
  ];
  if (restart === true && iterations !== 1) {
    sentences[0] =
      'L-BFGS is restarted at every iteration, so they paint the picture at the end of the iteration that is shown.';
  }
  if (legs.length > 1) {
    sentences.push(
      `The settings were changed on the way, so they begin at the picture that was at hand then, ${String(init)}. Keep that file.`,
    );
  }
  return sentences.join(' ');
}

function cellOf(given: Record<string, unknown>): string {
  return programOf(
    given,
    ['pictureGrid', 'show'],
    "await show('again', pictureGrid({ again: await run.picture() }));",
  );
}

function codeOf(given: Record<string, unknown>): string {
  return programOf(given, ['saveImage'], "await saveImage(await run.picture(), 'again.png');");
}

/** @param last what is done with the picture, by the functions in `imported` */
function programOf(given: Record<string, unknown>, imported: readonly string[], last: string): string {
  const names = [...imported, 'styleTransfer'].join(', ');
  return [`import { ${names} } from 'wheatfield';`, '', ...runOf(given), last, ''].join('\n');
}

function runOf(given: Record<string, unknown>): string[] {
  const options = Object.entries(given)
    .filter(([name]) => name !== 'out')
    .map(([name, value]) => `  ${name}: ${literal(value)},`);
  return [
    'const run = styleTransfer({',
    ...options,
    '});',
    "for await (const event of run) if (event.type === 'step') console.log(event.evaluations, event.loss);",
  ];
}

function literal(value: unknown): string {
  if (typeof value === 'string') return `'${value.replace(/[\\']/g, '\\$&')}'`;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  return String(value);
}

function quoted(text: string, isWindows: boolean): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  return isWindows ? `"${text.replaceAll('"', '')}"` : `'${text.replaceAll("'", `'\\''`)}'`;
}
