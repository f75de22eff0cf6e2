/** Draws what each step is trained on: crops, disturbed crops, and a pool of stylised pictures that is renewed as the student learns. */
import type { Picture } from '../picture/image';
import { deprocess } from '../picture/preprocess';
import { disturbed, preprocessed, randomCrop } from './data';
import type { Parameters } from '../train/parameters';
import { Random } from '../train/random';
import type { Styliser } from './stylised';

/** A picture [size, size, 3] in preprocess's form, and where it comes from. */
export interface TrainingPicture {
  x: Float32Array;
  kind: 'crop' | 'disturbed' | 'stylised';
}

export interface PoolOptions {
  pictures: readonly Picture[];
  size: number;
  seed: number;
  student: Styliser;
  teacher: Styliser;
}

const SHARES = { disturbed: 0.08, stylised: 0.5 };
/** How many stylised pictures are kept, and after how many steps the oldest two give way. */
const POOL = 64;
const RENEWAL = 30;
/** The pool before the first step, in transfers. */
const FIRST_TRANSFERS = 10;
/** One transfer in so many is the teacher's own. */
const TEACHERS_TURN = 8;

export class TrainingPictures {
  /** Stylised pictures, 8-bit RGB, the oldest first. */
  readonly pool: Uint8Array[];

  constructor(
    private readonly options: PoolOptions,
    pool: readonly Uint8Array[] = [],
  ) {
    this.pool = [...pool];
  }

  /** The picture for a step. Renews the pool when it is time to, with the student as it is now. */
  async draw(step: number, parameters: Parameters): Promise<TrainingPicture> {
    const { seed, size } = this.options;
    if (this.pool.length === 0) {
      for (let i = 0; i < FIRST_TRANSFERS; i++) await this.renew(i, new Random(seed, 2, i), parameters);
    } else if (step % RENEWAL === 0) {
      await this.renew(step / RENEWAL, new Random(seed, 1, step), parameters);
    }
    const random = new Random(seed, 0, step);
    const chance = random.next();
    if (chance < SHARES.stylised) {
      return { x: preprocessed(mirrored(random.pick(this.pool), size, random), size), kind: 'stylised' };
    }
    const x = await this.crop(random);
    if (chance >= SHARES.stylised + SHARES.disturbed) return { x, kind: 'crop' };
    return { x: disturbed(x, await this.crop(random), random), kind: 'disturbed' };
  }

  private async crop(random: Random): Promise<Float32Array> {
    return randomCrop(random.pick(this.options.pictures), this.options.size, random);
  }

  /** Adds two pictures of one transfer: one from its way and its last. */
  private async renew(turn: number, random: Random, parameters: Parameters): Promise<void> {
    const [content, style] = [await this.crop(random), await this.crop(random)];
    const evaluations = 8 + random.below(36);
    const styliser = turn % TEACHERS_TURN === TEACHERS_TURN - 1 ? this.options.teacher : this.options.student;
    const steps = await styliser.run(content, style, evaluations, parameters);
    const kept = [steps[random.below(steps.length)], steps.at(-1)] as [Float32Array, Float32Array];
    const { size } = this.options;
    this.pool.push(...kept.map((data) => deprocess({ data, height: size, width: size }).data));
    this.pool.splice(0, Math.max(0, this.pool.length - POOL));
  }
}

/** Turned left to right half of the time. */
function mirrored(rgb: Uint8Array, size: number, random: Random): Uint8Array {
  if (random.next() < 0.5) return rgb;
  const turned = new Uint8Array(rgb.length);
  for (let pixel = 0; pixel < size * size; pixel++) {
    const column = pixel % size;
    const from = 3 * (pixel - column + (size - 1 - column));
    turned.set(rgb.subarray(from, from + 3), 3 * pixel);
  }
  return turned;
}
