/** Whose turn it is to compute. The processors are shared best by one transfer at a time, and whoever looks at a painting waits for it. */

export type Importance = 'painting' | 'board';

/** One turn at a time; a painting's comes before a board's, which goes on where the painting rests. */
export class Turns {
  private isTaken = false;
  private readonly waiting: Record<Importance, (() => void)[]> = { painting: [], board: [] };

  /** Runs the work once it is its turn. */
  async take<T>(importance: Importance, work: () => Promise<T>): Promise<T> {
    if (this.isTaken) await new Promise<void>((resolve) => this.waiting[importance].push(resolve));
    this.isTaken = true;
    try {
      return await work();
    } finally {
      const next = this.waiting.painting.shift() ?? this.waiting.board.shift();
      if (next) next();
      else this.isTaken = false;
    }
  }
}
