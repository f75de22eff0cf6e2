/** Long arithmetic in slices, so that timers, pages, displays and signals need not wait for its end. */
import { setImmediate } from 'node:timers/promises';

/** Milliseconds. A turn costs some microseconds, so that slices of this length cost next to nothing. */
const SLICE = 8;

let began = performance.now();

/** Gives the event loop its turn where the last one given here is more than a slice ago; otherwise resolves at once. */
export async function breathe(): Promise<void> {
  if (performance.now() - began < SLICE) return;
  await setImmediate();
  began = performance.now();
}
