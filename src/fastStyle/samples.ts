/** Draws what each step is trained on, and what a network is scored on: a photograph, and a style with its targets. */
import type { Picture } from '../picture/image';
import { Random } from '../train/random';
import { middleCrop, randomCrop } from './crops';
import { seedNoise, seeded } from './seeds';
import type { Sample } from './trainingStep';

export interface StyleWithTargets {
  name: string;
  /** What the objective compares with, in its order. */
  targets: readonly Float32Array[];
}

/** Random crops of random photographs, each in a random style: a function of the seed and the step. */
export function drawSamples(
  photographs: readonly Picture[],
  styles: readonly StyleWithTargets[],
  seed: number,
): (step: number, phase: { size: number; batch: number }) => Promise<Sample[]> {
  return (step, { size, batch }) => {
    const random = new Random(seed, 5, step);
    const samples = Array.from({ length: batch }, () => {
      const { name, targets } = random.pick(styles);
      const crop = randomCrop(random.pick(photographs), size, random);
      const picture = seeded(crop, seedNoise(size, size, random.below(2 ** 31)));
      return { style: name, picture, extras: targets };
    });
    return Promise.resolve(samples);
  };
}

/** The middle of each photograph, in the styles by turns, until there are `count`; all photographs come before one comes again. */
export function heldOutSamples(
  photographs: readonly Picture[],
  styles: readonly StyleWithTargets[],
  size: number,
  count: number,
): Sample[] {
  if (photographs.length === 0) return [];
  const crops = photographs.map((picture, i) => seeded(middleCrop(picture, size), seedNoise(size, size, i)));
  return Array.from({ length: count }, (_, i) => {
    // One further after each round of photographs, so that these meet other styles.
    const turn = i + Math.floor(i / crops.length);
    const { name, targets } = styles[turn % styles.length];
    return { style: name, picture: crops[i % crops.length], extras: targets };
  });
}
