/** The curves of a loss: one for the sum and one for each term, which look the same wherever they are drawn. */
import type { Losses } from '../../transfer/events';

/** The loss after a number of evaluations. `step` events of the loop are such points. */
export interface LossPoint extends Losses {
  evaluations: number;
}

/** Colours of Okabe and Ito, which the colour-blind tell apart too; dashes for those who print. */
export const LOOKS = [
  { color: '#D55E00', dash: 'solid' },
  { color: '#0072B2', dash: 'dash' },
  { color: '#009E73', dash: 'dot' },
  { color: '#CC79A7', dash: 'dashdot' },
  { color: '#56B4E9', dash: 'longdash' },
  { color: '#E69F00', dash: 'longdashdot' },
] as const;

/** How the chapter's terms look in every plot, whatever other terms there are. */
const CHAPTER_LOOKS: Record<string, (typeof LOOKS)[number]> = {
  style: LOOKS[0],
  content: LOOKS[1],
  totalVariation: LOOKS[2],
};

export interface Curve {
  name: string;
  color: string;
  dash: (typeof LOOKS)[number]['dash'];
  width: number;
  value: (point: LossPoint) => number;
}

/** The sum first, then each term. */
export function curvesOf({ terms }: LossPoint): Curve[] {
  const others = LOOKS.filter((look) => !Object.keys(terms).some((name) => CHAPTER_LOOKS[name] === look));
  let next = 0;
  return [
    { name: 'sum', color: '#000000', dash: 'solid', width: 4, value: ({ loss }) => loss },
    ...Object.keys(terms).map((name) => ({
      ...(CHAPTER_LOOKS[name] ?? others[next++ % others.length] ?? LOOKS[0]),
      name: inWords(name),
      width: 2.5,
      value: (point: LossPoint) => point.terms[name] ?? 0,
    })),
  ];
}

/** totalVariation as total variation. */
export function inWords(name: string): string {
  return name.replace(/[A-Z]/g, (capital) => ` ${capital.toLowerCase()}`);
}
