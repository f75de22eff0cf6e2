import type { Box } from './bounds';

/** Where a variable stands after the search for the Cauchy point; at most 0 means free. */
export const status = {
  /** Free and bounded, but with no gradient to move it. */
  unmoved: -3,
  /** Without bounds, so always free. */
  unbounded: -1,
  /** Bounded, and free to move. */
  free: 0,
  atLower: 1,
  atUpper: 2,
  /** Its two bounds are equal. */
  fixed: 3,
} as const;

/** Which variables are free at the Cauchy point, which are not, and which changed sides since the last one (freev). */
export class FreeVariables {
  readonly status: Int8Array;
  /** 1 where the variable was free at the last Cauchy point. */
  readonly isFree: Uint8Array;
  activeCount = 0;
  enteringCount = 0;
  leavingCount = 0;
  /** Entering variables from the front, leaving ones from the back; between updates, the breakpoints' order. */
  readonly changedList: Int32Array;

  constructor(box: Box) {
    const n = box.lower.length;
    this.status = new Int8Array(n);
    for (let i = 0; i < n; i++) {
      if (box.lower[i] === -Infinity && box.upper[i] === Infinity) this.status[i] = status.unbounded;
      else if (box.upper[i] - box.lower[i] <= 0) this.status[i] = status.fixed;
    }
    this.isFree = new Uint8Array(n).fill(1);
    this.changedList = new Int32Array(n);
  }

  get freeCount(): number {
    return this.status.length - this.activeCount;
  }

  /** The k-th variable that became free, greatest index first. */
  entering(k: number): number {
    return this.changedList[k];
  }

  /** The k-th variable that ceased to be free, greatest index first. */
  leaving(k: number): number {
    return this.changedList[this.changedList.length - 1 - k];
  }

  /** Lists those of the variables start..end-1 that are not free, in order; returns how many. */
  listHeld(start: number, end: number, list: Int32Array): number {
    const { isFree } = this;
    let held = 0;
    for (let i = start; i < end; i++) if (isFree[i] === 0) list[held++] = i;
    return held;
  }

  /** Reads the new statuses; `compare` tells whether there is an earlier Cauchy point to compare with. */
  update(compare: boolean): void {
    const { status: now, isFree, changedList } = this;
    const n = now.length;
    let active = 0;
    let entering = 0;
    let leaving = 0;
    for (let i = n - 1; i >= 0; i--) {
      const free = now[i] <= 0 ? 1 : 0;
      if (compare && free !== isFree[i]) {
        if (free === 1) changedList[entering++] = i;
        else changedList[n - 1 - leaving++] = i;
      }
      isFree[i] = free;
      active += 1 - free;
    }
    this.activeCount = active;
    this.enteringCount = entering;
    this.leavingCount = leaving;
  }
}
