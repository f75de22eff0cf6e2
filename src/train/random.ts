/**
 * Random numbers that are a function of a seed and a step, so that a training that is resumed draws what it would have drawn. The
 * generator is Tommy Ettinger's mulberry32.
 */
export class Random {
  private state: number;

  constructor(...keys: readonly number[]) {
    this.state = 0x9e3779b9;
    for (const key of keys)
      this.state = (Math.imul(this.state ^ key, 0x85ebca6b) ^ (this.next() * 2 ** 32)) | 0;
  }

  /** Uniform in [0, 1). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let z = this.state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Uniform in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** A whole number in [0, count). */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }

  /** Normal, of mean 0 and deviation 1 (Box and Muller). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
  }
}
