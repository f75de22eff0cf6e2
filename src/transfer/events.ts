/** The events of a transfer. They are small and cloneable; pictures and checkpoints have to be asked for. */
import type { DeviceName } from '../compile';
import type { Progress as Download } from '../network/download';
import type { NetworkName } from '../network/chooseNetwork';
import type { Size } from '../picture/image';

/** The loss of a picture, and its terms by name, weighted: they add up to the loss. */
export interface Losses {
  loss: number;
  terms: Record<string, number>;
}

/** How far a run is: evaluations by the optimiser and seconds since it began, over all its sessions. */
export interface Progress {
  iteration: number;
  evaluations: number;
  seconds: number;
}

/** The pictures are read: the sizes of the result and of the resized style pictures. */
export interface PicturesEvent {
  type: 'pictures';
  size: Size;
  styles: Size[];
}

/** Something that the user should know but that stops nothing. */
export interface NoticeEvent {
  type: 'notice';
  /** In a sentence or two. */
  message: string;
}

/** A part of the network's weights has arrived. */
export interface DownloadEvent extends Download {
  type: 'download';
}

/** The network is open. */
export interface NetworkEvent {
  type: 'network';
  name: NetworkName;
  /** Which network it is and why, in a sentence. */
  choice: string;
  /** The path of its weights. */
  weights: string;
}

/** The device is chosen. The event comes a second time if a GPU fails before the first step. */
export interface DeviceEvent {
  type: 'device';
  name: DeviceName;
  /** Why it was chosen, in a sentence, unless it was asked for by name. */
  why?: string;
}

/** The picture that the run begins with is made, and can be asked for. A run that is continued has none. */
export interface FirstEvent {
  type: 'first';
  /** Whether it is the content picture. */
  isContent: boolean;
}

/** The network has seen the content and style pictures. */
export interface TargetsEvent {
  type: 'targets';
}

/** Loss and gradient are compiled: the work can begin. */
export interface CompiledEvent {
  type: 'compiled';
  /** About how much memory the process will take in all, at the most. */
  bytes: number;
}

export type PreparationEvent =
  | PicturesEvent
  | NoticeEvent
  | DownloadEvent
  | NetworkEvent
  | DeviceEvent
  | FirstEvent
  | TargetsEvent
  | CompiledEvent;

/** What the run will take: the first evaluation or a part of it has been timed, or, in a run that is continued, those before. */
export interface EstimateEvent {
  type: 'estimate';
  /** Seconds of an evaluation. */
  secondsEach: number;
  /** Seconds of all that is left. */
  seconds: number;
}

/** An iteration begins. */
export interface StartEvent extends Progress {
  type: 'start';
}

/** After every accepted step of L-BFGS. */
export interface StepEvent extends Progress, Losses {
  type: 'step';
  /** Evaluations in this iteration so far; it ends with the step that takes them beyond the setting. */
  evaluationsInIteration: number;
}

/** After every iteration. */
export interface IterationEvent extends Progress, Losses {
  type: 'iteration';
  /** The loss of the picture with 8 bits a channel, clipped and with whole levels, as the network sees it: with its margin, before --color changes it. */
  saved: number;
}

/** The last event. */
export interface EndEvent extends Progress {
  type: 'end';
  reason: 'iterations' | 'converged' | 'line search' | 'stopped' | 'not finite';
  /** What happened, in a sentence. */
  message: string;
  /** Whether the run ended within an iteration, so that its picture is later than the last iteration's. */
  withinIteration: boolean;
}

export type TransferEvent =
  PreparationEvent | EstimateEvent | StartEvent | StepEvent | IterationEvent | EndEvent;
