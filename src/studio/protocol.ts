/** What the studio's server and its page say to each other. Types only, so that the page loads none of the program. */
import type { NetworkName } from '../network/chooseNetwork';
import type { SettingName } from '../settings';
import type { Size } from '../picture/image';
import type { LossEntry } from '../runFolder/results';
import type { EndEvent, StepEvent } from '../transfer/events';

/** Settings as the page sends them: those that depart from the defaults. Pictures are named by their ids. */
export type GivenSettings = Partial<Record<SettingName, unknown>>;

/** A picture that can be chosen. */
export interface PictureInfo extends Size {
  id: string;
  /** The name of its file. */
  name: string;
  /** Its path from the working folder, as commands name it. */
  path: string;
  /** The folder that it is shown under. */
  from: 'img' | 'yours';
}

/** A setting, as the panel draws it. */
export interface SettingInfo {
  name: SettingName;
  flag: string;
  group: string;
  help: string;
  /** Valid values in words. */
  expected: string;
  control: 'picture' | 'layers' | 'number' | 'whole number' | 'choice' | 'switch' | 'text';
  choices?: readonly string[];
  /** Whether it takes several values. */
  isList: boolean;
  /** The default; absent where a setting must be given or is optional. */
  default?: unknown;
}

/** What the page needs once. */
export interface Welcome {
  version: string;
  settings: SettingInfo[];
  /** What a preset sets in place of the defaults, by preset and setting. */
  presets: Record<string, Record<string, unknown>>;
  /** The 16 convolution layers of the network, from the picture on. */
  layers: string[];
  pictures: PictureInfo[];
  /** The folder that results are written to. */
  folder: string;
  /** Where the 'results' of the gallery and the paths of commands begin. */
  isWindows: boolean;
}

/** A style that the page paints in by itself, in one pass. */
export interface FastStyle {
  id: string;
  name: string;
  /** Whether the person has brought it; else it comes with the package. */
  isOwn: boolean;
  /** The number of its network. Styles of one network mix as their vectors do. */
  network: number;
  /** What its network takes as its second input. */
  vector: number[];
}

/** The answer to a network that was dropped: its style's id, and all styles. */
export interface FastStyleAdded {
  id: string;
  styles: FastStyle[];
}

/** A part of a painting between two changes of its settings: a run with a folder of its own. */
export interface Leg {
  /** The folder's name in the folder of results. */
  name: string;
  /** Its settings, all of them, with paths as commands name them. */
  settings: Record<string, unknown>;
  size?: Size;
  /** Which network computes, in a sentence. */
  network?: string;
  steps: Omit<StepEvent, 'type'>[];
  end?: Omit<EndEvent, 'type'>;
  /** Why it could not go on, in two sentences. */
  error?: string;
}

export type Status = 'preparing' | 'painting' | 'paused' | 'ended';

/** A painting: it begins with chosen pictures, and goes on from the picture at hand whenever its settings are changed. */
export interface Painting {
  id: number;
  status: Status;
  /** What it is doing, in a sentence. */
  doing: string;
  legs: Leg[];
  /** The picture that is shown: how many evaluations of the last leg have made it, and in which leg. */
  shown?: { leg: number; evaluations: number };
}

/** A run in results/, as the gallery shows it. */
export interface RunInfo {
  id: string;
  /** The path of its folder from results/. */
  name: string;
  /** When its last picture was written, in milliseconds since 1970. */
  painted: number;
  size: Size;
  network: string;
  /** Its settings, all of them, with paths as commands name them. */
  settings: Record<string, unknown>;
  /** How many pictures it has: none before its first iteration. */
  pictures: number;
  /** Its last iteration. */
  last?: LossEntry;
}

export interface Gallery {
  runs: RunInfo[];
  /** What cannot be read, and why, in two sentences each. */
  problems: string[];
}

/** One of the two settings that differ within a grid. */
export interface Axis {
  setting: SettingName;
  values: readonly unknown[];
}

/** A grid as the page asks for it: what all of its runs have in common, and the two axes. */
export interface GivenGrid {
  settings: GivenSettings;
  rows: Axis;
  columns: Axis;
}

/** A run of a grid. */
export interface GridCell {
  /** The id of the run. */
  run: string;
  status: 'waiting' | 'painting' | 'done' | 'failed';
  /** How many iterations are done, while it is painted. */
  iterations: number;
  /** Why it failed, in two sentences. */
  error?: string;
}

/** Runs that differ in two settings. They are painted one after the other. */
export interface Grid {
  /** Its folder's name in results/. */
  name: string;
  /** Of its first run, with paths as commands name them. */
  settings: Record<string, unknown>;
  rows: Axis;
  columns: Axis;
  /** Row by row. */
  cells: GridCell[][];
  status: 'waiting' | 'painting' | 'resting' | 'stopped' | 'ended';
  /** What it is doing, in a sentence. */
  doing: string;
}

/** What the layer lab looks at. The pictures are named by their ids. */
export interface GivenWall {
  /** What each layer is asked for: the content of one picture, or the style of the other. */
  kind: 'content' | 'style';
  content: string;
  style: string;
  network: NetworkName;
}

/** What a layer alone paints. */
export interface WallCell {
  layer: string;
  status: 'waiting' | 'painting' | 'done' | 'failed';
  /** How many evaluations have made its picture; there is one from the first on. */
  evaluations: number;
  /** Why it failed, in two sentences. */
  error?: string;
}

/** A small picture for each of the 16 layers, painted from noise by that layer alone, one after the other. */
export interface Wall extends GivenWall {
  cells: WallCell[];
  status: 'painting' | 'resting' | 'stopped' | 'ended';
}

/** All that changes while the page is open. */
export interface StudioState {
  painting?: Painting;
  grids: Grid[];
  wall?: Wall;
}

/** A change of the state; `reduce` (state.ts) applies it, in the server and in the page alike. */
export type Change = PaintingChange | { type: 'grid'; grid: Grid } | { type: 'wall'; wall: Wall };

export type PaintingChange =
  | { type: 'painting'; painting: Painting }
  | { type: 'status'; status: Status; doing: string }
  | { type: 'leg'; leg: Leg }
  | { type: 'leg changed'; part: Partial<Omit<Leg, 'name' | 'settings' | 'steps'>> }
  | { type: 'step'; step: Leg['steps'][number] }
  | { type: 'shown'; shown: NonNullable<Painting['shown']> };

/** What the server sends down the line of events: the whole state at first, and then its changes. */
export type Message = { type: 'state'; state: StudioState } | { type: 'changes'; changes: Change[] };

/** Three ways to paint the picture that is shown again, the same in every pixel. */
export interface Copies {
  /** How many evaluations of the leg the copied text makes, in words, and what it rests on. */
  note: string;
  command: string;
  cell: string;
  code: string;
}

/** An error as the server answers it: two sentences, and the setting that they are about. */
export interface Refusal {
  error: string;
  setting?: SettingName;
}
