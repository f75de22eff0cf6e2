/** The settings that are being chosen: only those that depart from the defaults, with pictures by their ids. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { GivenSettings, Leg, Painting, SettingInfo, Welcome } from '../../src/studio/protocol';
import { keep, kept } from './kept';

export type Draft = GivenSettings;

const KEPT = 'draft';

/** The draft of this tab. It outlives a reload. Until something is chosen, it is the painting's, or else a pair to begin with. */
export function useDraft(welcome: Welcome, painting: Painting | undefined): [Draft, (draft: Draft) => void] {
  const [before] = useState(() => kept<Draft>(KEPT));
  const [draft, setDraft] = useState<Draft>(before ?? firstDraft(welcome));
  const isUntouched = useRef(before === undefined);
  const leg = painting?.legs.at(-1);
  const painted = useMemo(() => leg && draftOf(leg, welcome), [leg?.name, welcome]);
  useEffect(() => {
    if (!isUntouched.current) keep(KEPT, draft);
  }, [draft]);
  useEffect(() => {
    if (painted && isUntouched.current) setDraft(painted);
  }, [painted]);
  const change = (next: Draft) => {
    isUntouched.current = false;
    setDraft(next);
  };
  return [draft, change];
}

/** The pair that `npm start` paints, where it is here. */
function firstDraft({ pictures }: Welcome): Draft {
  const named = (part: string) => pictures.find(({ name }) => name.includes(part))?.id;
  return {
    content: named('bazille') ?? pictures[0]?.id,
    style: [named('village') ?? pictures[1]?.id].filter((id) => id !== undefined),
  };
}

/** Of a leg's settings, as if they had just been chosen. What it began from is not a choice where it is the picture at hand. */
export function draftOf(
  leg: Pick<Leg, 'name' | 'settings'>,
  { settings, pictures, presets }: Welcome,
): Draft {
  const entries = settings
    .map((info): [string, unknown] => [
      info.name,
      chosen(leg.settings[info.name], info, usual(info, leg.settings, presets), pictures),
    ])
    .filter(([name, value]) => value !== undefined && !(name === 'init' && isAtHand(leg)));
  return Object.fromEntries(entries);
}

function isAtHand({ settings, name }: Pick<Leg, 'name' | 'settings'>): boolean {
  return String(settings.init).endsWith(`${name}/first.png`);
}

/** A setting's value where it is not chosen: the preset's, or its default. */
export function usual(
  { name, default: byDefault }: SettingInfo,
  { preset }: Record<string, unknown>,
  presets: Welcome['presets'],
): unknown {
  return presets[typeof preset === 'string' ? preset : 'painter']?.[name] ?? byDefault;
}

function chosen(
  value: unknown,
  info: SettingInfo,
  otherwise: unknown,
  pictures: Welcome['pictures'],
): unknown {
  if (value === undefined || isSame(value, otherwise)) return undefined;
  return info.control === 'picture' ? idsOf(value, pictures) : value;
}

function idsOf(value: unknown, pictures: Welcome['pictures']): unknown {
  if (Array.isArray(value)) return value.map((each) => idsOf(each, pictures));
  return pictures.find(({ path }) => path === value)?.id ?? value;
}

/** Compares values as the server will read them: text and numbers that look the same are the same. */
export function isSame(a: unknown, b: unknown): boolean {
  const text = (value: unknown) => JSON.stringify(Array.isArray(value) ? value.map(String) : String(value));
  return text(a) === text(b);
}

export function isSameDraft(a: Draft, b: Draft): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof Draft>;
  return [...names].every((name) => isSame(a[name], b[name]));
}

/** The draft without pictures that cannot be chosen here; in their place those of the draft before. */
export function withKnownPictures(draft: Draft, before: Draft, { pictures, settings }: Welcome): Draft {
  const isKnown = (value: unknown, words: readonly string[] = []) =>
    [value].flat().every((each) => words.includes(String(each)) || pictures.some(({ id }) => id === each));
  const unknown = settings
    .filter(({ name, control }) => control === 'picture' && name in draft)
    .filter(({ name, choices }) => !isKnown(draft[name], choices))
    .map(({ name }) => name);
  const known = Object.entries(draft).filter(([name]) => !(unknown as string[]).includes(name));
  const { content, style } = before;
  return { content, style, ...Object.fromEntries(known) };
}
