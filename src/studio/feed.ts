/**
 * The studio's state and the changes that made it, for any number of readers. A reader asks for what it has not seen. One that reads slowly,
 * or never, costs nothing but its place in the list: nothing is queued for it.
 */
import type { Change, Message, StudioState } from './protocol';
import { EMPTY, reduce } from './state';

/** A reader that is further behind than this gets the whole state again. */
const MOST_CHANGES = 500;

/** Milliseconds for which steps alone are kept back: each message costs the page a drawing, and its machine is the one that paints. */
const STEPS_REST = 2000;

export class Feed {
  private now: StudioState = EMPTY;
  private changes: Change[] = [];
  /** How many changes there were before the first of `changes`. */
  private forgotten = 0;
  private readonly waiting = new Set<() => void>();
  private readerCount = 0;

  get state(): StudioState {
    return this.now;
  }

  /** How many are reading now. */
  get readers(): number {
    return this.readerCount;
  }

  publish(change: Change): void {
    this.now = reduce(this.now, change);
    this.changes.push(change);
    if (this.changes.length > 2 * MOST_CHANGES) {
      this.forgotten += MOST_CHANGES;
      this.changes = this.changes.slice(MOST_CHANGES);
    }
    for (const wake of this.waiting) wake();
    this.waiting.clear();
  }

  /**
   * The state, and then its changes as they come, several at once for a reader that was busy. Steps wait for each other, or for another
   * change. Ends with the signal.
   */
  async *read(signal: AbortSignal): AsyncGenerator<Message, void, void> {
    this.readerCount++;
    try {
      let seen = this.forgotten + this.changes.length;
      let told = performance.now();
      yield { type: 'state', state: this.now };
      while (!signal.aborted) {
        const all = this.forgotten + this.changes.length;
        if (seen < this.forgotten) {
          seen = all;
          yield { type: 'state', state: this.now };
        } else if (seen < all) {
          const changes = this.changes.slice(seen - this.forgotten);
          const rest = told + STEPS_REST - performance.now();
          if (rest > 0 && changes.every(({ type }) => type === 'step')) {
            await this.change(AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(rest))]));
            continue;
          }
          seen = all;
          told = performance.now();
          yield { type: 'changes', changes };
        } else {
          await this.change(signal);
        }
      }
    } finally {
      this.readerCount--;
    }
  }

  /** Waits until the state is as wanted, or the signal is aborted. */
  async until(isReached: (state: StudioState) => boolean, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !isReached(this.now)) await this.change(signal);
  }

  private change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }
}
