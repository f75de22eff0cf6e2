/** The loss and its terms against the evaluations, on a log scale. */
import { UserError } from '../../errors';
import { type Curve, LOOKS, type LossPoint, curvesOf, inWords } from './curves';
import type { Figure } from './figure';
import { AXIS, LAYOUT, plotlyFigure } from './plotly';

/**
 * A plot of the weighted terms of the loss and of their sum. A term that is 0 throughout (its weight is 0) is named in the legend
 * as such, because a log scale has no place for it.
 *
 * @throws UserError where there is no point yet
 */
export function lossCurves(points: readonly LossPoint[], title = 'The loss while it falls'): Figure {
  const last = points.at(-1);
  if (!last) throw new UserError('There is no point of the loss to draw yet. Pass at least one.');
  const terms = Object.entries(last.terms).map(([name, value]) => `${inWords(name)} ${value.toPrecision(3)}`);
  const curves = curvesOf(last).map((curve) => ({ ...curve, points }));
  const mosts = curves.map(({ value }) => Math.max(...points.map(value))).filter((most) => most > 0);
  return logFigure(
    `Loss after ${last.evaluations} evaluations: ${last.loss.toPrecision(4)} (${terms.join(', ')}).`,
    title,
    curves,
    // A tenth of the smallest term's greatest value. A term that begins near 0, as content loss does at the content picture, rises from
    // below.
    Math.min(...mosts) / 10,
  );
}

/**
 * A plot of the losses of several runs, to be compared.
 *
 * @param runs the points of each run, by the name that the legend gives it
 * @throws UserError where there is no run, or one without a point
 */
export function lossComparison(runs: Readonly<Record<string, readonly LossPoint[]>>, title: string): Figure {
  const curves = Object.entries(runs).map(([name, points], i) => ({
    ...LOOKS[i % LOOKS.length],
    name,
    width: 3,
    value: ({ loss }: LossPoint) => loss,
    points,
  }));
  const empty = curves.find(({ points }) => points.length === 0);
  if (curves.length === 0 || empty) {
    throw new UserError(
      `${empty ? `The run '${empty.name}' has no point` : 'There is no run'} to draw. Pass at least one.`,
    );
  }
  const ends = curves.map(({ name, points }) => {
    const { loss, evaluations } = points.at(-1) as LossPoint;
    return `${name} ${loss.toPrecision(3)} after ${evaluations} evaluations`;
  });
  const least = Math.min(...Object.values(runs).flatMap((points) => points.map(({ loss }) => loss)));
  return logFigure(`${title}: ${ends.join(', ')}.`, title, curves, 0.8 * least);
}

/** Curves over the evaluations, on a log scale from `least` up. */
function logFigure(
  text: string,
  title: string,
  curves: readonly (Curve & { points: readonly LossPoint[] })[],
  least: number,
): Figure {
  const data = curves.map(({ name, color, dash, width, value, points }) => {
    const isZero = points.every((point) => value(point) === 0);
    return {
      type: 'scatter' as const,
      mode: points.length === 1 ? ('markers' as const) : ('lines' as const),
      name: isZero ? `${name}: 0` : name,
      x: points.map(({ evaluations }) => evaluations),
      y: points.map((point) => (value(point) > 0 ? value(point) : null)),
      line: { color, dash, width },
      marker: { color, size: 8 },
      showlegend: true,
    };
  });
  return plotlyFigure(text, 900, 500, {
    data,
    layout: {
      ...LAYOUT,
      title: { text: title, x: 0.5 },
      margin: { l: 110, r: 30, t: 90, b: 75 },
      xaxis: {
        ...AXIS,
        title: { text: 'evaluations of the loss and its gradient' },
        rangemode: 'tozero',
      },
      yaxis: {
        ...AXIS,
        type: 'log',
        title: { text: 'weighted loss (no unit, log scale)' },
        ...logAxis(least, Math.max(...curves.flatMap(({ value, points }) => points.map(value)))),
        exponentformat: 'power',
      },
      legend: { orientation: 'h', x: 0.5, y: 1.02, xanchor: 'center', yanchor: 'bottom' },
    },
  });
}

/** Between powers of ten 2 and 5 are marked where there is room. */
function logAxis(least: number, most: number): { range: [number, number]; dtick: number | 'D2' } {
  const [bottom, top] =
    least > 0 && least < Infinity ? [Math.log10(least), Math.log10(most) + 0.2] : [-1, 0.2];
  return { range: [bottom, top], dtick: top - bottom > 3 ? 1 : 'D2' };
}
