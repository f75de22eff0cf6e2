/** Addresses of a run's last picture; they change when the picture does. */
import type { RunInfo } from '../../../src/studio/protocol';

export function runPicture({ id, painted }: RunInfo): string {
  return `api/runs/${id}/picture.png?at=${painted}`;
}

export function runThumbnail({ id, painted }: RunInfo): string {
  return thumbnailAt(id, String(painted));
}

/** @param at anything that changes with the picture */
export function thumbnailAt(id: string, at: string): string {
  return `api/runs/${id}/thumbnail?side=320&at=${at}`;
}
