/** The rooms of the page, in the order of its navigation: a new room is a line here. The address ends with its name, as #paint. */
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { StudioState, Welcome } from '../../src/studio/protocol';
import { Compare } from './compare/compare';
import type { Draft } from './draft';
import { Fast } from './fast/fast';
import { Paint } from './paint/paint';

/** What every room is given. */
export interface RoomProps {
  welcome: Welcome;
  setWelcome: (welcome: Welcome) => void;
  state: StudioState;
  /** The settings that are being chosen, for all rooms. */
  draft: Draft;
  setDraft: (draft: Draft) => void;
}

export interface Room {
  title: string;
  Room: ComponentType<RoomProps>;
}

const FIRST = 'paint';
export const ROOMS: Record<string, Room> = {
  [FIRST]: { title: 'Paint', Room: Paint },
  compare: { title: 'Compare', Room: Compare },
  fast: { title: 'Fast styles', Room: Fast },
};

/** The name of the room that the address names. */
export function useRoom(): string {
  const [name, setName] = useState(nameInAddress);
  useEffect(() => {
    const follow = () => setName(nameInAddress());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  useEffect(() => {
    document.title = `${ROOMS[name]?.title} – Wheatfield studio`;
  }, [name]);
  return name;
}

function nameInAddress(): string {
  const name = location.hash.slice(1);
  return Object.hasOwn(ROOMS, name) ? name : FIRST;
}
