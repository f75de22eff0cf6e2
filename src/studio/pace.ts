/** Work for those who look on, in a part of the time that is small enough not to be noticed. */

/** The part of the time that the work may take. */
const SHARE = 0.01;
/** Milliseconds after which it is done in any case: the first time takes long, and a large picture's evaluations take far longer. */
const MOST_REST = 2500;

export class Pace {
  private rests = 0;

  /** Does the work now, unless it has had its share of the time; `must` does it anyway. */
  async spend(must: boolean, work: () => Promise<void>): Promise<void> {
    const began = performance.now();
    if (!must && began < this.rests) return;
    await work();
    const ended = performance.now();
    this.rests = ended + Math.min((ended - began) / SHARE, MOST_REST);
  }
}
