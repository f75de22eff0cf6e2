import { breathe } from '../eventLoop';

/**
 * The breakpoints of the projected gradient path, each the time at which one variable meets its bound, handed out
 * in order of time. Only those near enough to matter are ever sorted, in a binary heap (hpsolb; J. W. J. Williams,
 * Algorithm 232: Heapsort, CACM 7, 1964).
 */
export class Breakpoints {
  /** Breakpoints not yet taken: places 0..left-1, of which 0..near-1 form a heap, earliest first. */
  left = 0;
  near = 0;
  private earliest = 0;

  constructor(
    private readonly times: Float64Array,
    private readonly variables: Int32Array,
  ) {}

  add(time: number, variable: number): void {
    this.times[this.left] = time;
    this.variables[this.left] = variable;
    if (time < this.times[this.earliest]) this.earliest = this.left;
    this.left++;
  }

  /**
   * Takes the earliest of all breakpoints, which is known without sorting: often the path goes no further.
   * Only to be called before any `gather`.
   */
  takeEarliest(): { time: number; variable: number } {
    const taken = { time: this.times[this.earliest], variable: this.variables[this.earliest] };
    this.left--;
    this.times[this.earliest] = this.times[this.left];
    this.variables[this.earliest] = this.variables[this.left];
    return taken;
  }

  /** Takes the next of the breakpoints that are gathered; null when there are none. */
  takeNext(): { time: number; variable: number } | null {
    if (this.near === 0) return null;
    this.moveEarliestToEndOfHeap();
    this.near--;
    this.left--;
    const taken = { time: this.times[this.near], variable: this.variables[this.near] };
    this.times[this.near] = this.times[this.left];
    this.variables[this.near] = this.variables[this.left];
    return taken;
  }

  /**
   * Brings the breakpoints within the horizon (all, when it is NaN) to the front and makes a heap of them. Only to be called when none
   * are left of those gathered before.
   */
  async gather(horizon: number): Promise<void> {
    const { times, variables, left } = this;
    let near = 0;
    for (let k = 0; k < left; k++) {
      if (k % 4096 === 0) await breathe();
      if (times[k] > horizon) continue;
      const time = times[k];
      const variable = variables[k];
      times[k] = times[near];
      variables[k] = variables[near];
      let child = near++;
      while (child > 0) {
        const parent = (child - 1) >> 1;
        if (!(time < times[parent])) break;
        times[child] = times[parent];
        variables[child] = variables[parent];
        child = parent;
      }
      times[child] = time;
      variables[child] = variable;
    }
    this.near = near;
  }

  private moveEarliestToEndOfHeap(): void {
    const { times, variables } = this;
    const last = this.near - 1;
    if (last === 0) return;
    const earliest = times[0];
    const earliestVariable = variables[0];
    const time = times[last];
    const variable = variables[last];
    let parent = 0;
    for (;;) {
      let child = 2 * parent + 1;
      if (child >= last) break;
      if (times[child + 1] < times[child]) child++;
      if (!(times[child] < time)) break;
      times[parent] = times[child];
      variables[parent] = variables[child];
      parent = child;
    }
    times[parent] = time;
    variables[parent] = variable;
    times[last] = earliest;
    variables[last] = earliestVariable;
  }
}
