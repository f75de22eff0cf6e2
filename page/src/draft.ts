/** The settings that are being chosen: only those that depart from the defaults, with pictures by their ids. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { GivenSettings, Leg, Painting, SettingInfo, Welcome } from '../../src/studio/protocol';

export type Draft = GivenSettings;

/** The draft of this tab. It outlives a reload. Until something is chosen, it is the painting's, or else a pair to begin with. */
export function useDraft(welcome: Welcome, painting: Painting | undefined): [Draft, (draft: Draft) => void] {
  const [kept] = useState(keptDraft);
  const [draft, setDraft] = useState<Draft>(kept ?? firstDraft(welcome));
  const isUntouched = useRef(kept === undefined);
  const leg = painting?.legs.at(-1);
  const painted = useMemo(() => leg && draftOf(leg, welcome), [leg?.name, welcome]);
  useEffect(() => {
    if (!isUntouched.current) keepDraft(draft);
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
export function draftOf(leg: Leg, { settings, pictures, presets }: Welcome): Draft {
  const entries = settings
    .map((info): [string, unknown] => [
      info.name,
      chosen(leg.settings[info.name], info, usual(info, leg.settings, presets), pictures),
    ])
    .filter(([name, value]) => value !== undefined && !(name === 'init' && isAtHand(leg)));
  return Object.fromEntries(entries);
}

function isAtHand({ settings, name }: Leg): boolean {
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

const KEPT = 'wheatfield-draft';

/** What was being chosen when this tab was reloaded. */
function keptDraft(): Draft | undefined {
  try {
    return (JSON.parse(sessionStorage.getItem(KEPT) ?? 'null') as Draft | null) ?? undefined;
  } catch {
    return undefined;
  }
}

function keepDraft(draft: Draft): void {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(draft));
  } catch {
    // A browser that keeps nothing for pages in a frame: then a reload begins with the painting's own settings.
  }
}
