/** Work for those who look on, in a part of the time that is small enough not to be noticed. */

/** The part of the time that the work may take. */
const SHARE = 0.01;

export class Pace {
  private rests = 0;

  /** Does the work now, unless it would take more than its share of the time; `must` does it anyway. */
  async spend(must: boolean, work: () => Promise<void>): Promise<void> {
    const began = performance.now();
    if (!must && began < this.rests) return;
    await work();
    const ended = performance.now();
    this.rests = ended + (ended - began) / SHARE;
  }
}
