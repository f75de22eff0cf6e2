/** How often those who look on get a new picture: the machine that shows it is the one that paints. */

/** Milliseconds. A browser on two processors takes about 60 to decode a picture and to draw it. */
const REST = 4000;

export class Pace {
  private rests = 0;

  /** Does the work now, unless it was done a moment ago; `must` does it anyway. */
  async spend(must: boolean, work: () => Promise<void>): Promise<void> {
    if (!must && performance.now() < this.rests) return;
    await work();
    this.rests = performance.now() + REST;
  }
}
