/** The loss and its parts against the evaluations, on a log scale. */
import { UserError } from '../../errors';
import type { Losses } from '../../transfer';
import type { Figure } from './figure';
import { AXIS, LAYOUT, plotlyFigure } from './plotly';

/** The loss after a number of evaluations. `step` events of the loop are such points. */
export interface LossPoint extends Losses {
  evaluations: number;
}

/** Colours of Okabe and Ito, which the colour-blind tell apart too; dashes for those who print. */
const CURVES = [
  { part: 'loss', name: 'sum', color: '#000000', dash: 'solid', width: 4 },
  { part: 'style', name: 'style', color: '#D55E00', dash: 'solid', width: 2.5 },
  { part: 'content', name: 'content', color: '#0072B2', dash: 'dash', width: 2.5 },
  { part: 'totalVariation', name: 'total variation', color: '#009E73', dash: 'dot', width: 2.5 },
] as const;

/**
 * A plot of the weighted parts of the loss and of their sum. A part that is 0 throughout (its weight is 0) is named in the legend
 * as such, because a log scale has no place for it.
 *
 * @throws UserError where there is no point yet
 */
export function lossCurves(points: readonly LossPoint[], title = 'The loss while it falls'): Figure {
  const last = points.at(-1);
  if (!last) throw new UserError('Expected at least one point of the loss to draw, but received none.');
  const data = CURVES.map(({ part, name, color, dash, width }) => {
    const isZero = points.every((point) => point[part] === 0);
    return {
      type: 'scatter' as const,
      mode: points.length === 1 ? ('markers' as const) : ('lines' as const),
      name: isZero ? `${name}: 0` : name,
      x: points.map(({ evaluations }) => evaluations),
      y: points.map((point) => (point[part] > 0 ? point[part] : null)),
      line: { color, dash, width },
      marker: { color, size: 8 },
      showlegend: true,
    };
  });
  return plotlyFigure(
    `Loss after ${last.evaluations} evaluations: ${last.loss.toPrecision(4)} ` +
      `(content ${last.content.toPrecision(3)}, style ${last.style.toPrecision(3)}, ` +
      `total variation ${last.totalVariation.toPrecision(3)}).`,
    900,
    500,
    {
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
          ...decades(points),
          exponentformat: 'power',
        },
        legend: { orientation: 'h', x: 0.5, y: 1.02, xanchor: 'center', yanchor: 'bottom' },
      },
    },
  );
}

/**
 * The range of the log axis: from a tenth of what the smallest part comes to. A part that begins near 0 (the content loss of the content
 * picture) comes up from below. Between powers of ten 2 and 5 are marked where there is room.
 */
function decades(points: readonly LossPoint[]): { range: [number, number]; dtick: number | 'D2' } {
  const heights = CURVES.map(({ part }) => Math.max(...points.map((point) => point[part]))).filter(
    (most) => most > 0,
  );
  const [most, least] = heights.length > 0 ? [Math.max(...heights), Math.min(...heights)] : [1, 1];
  const [top, bottom] = [Math.log10(most) + 0.2, Math.log10(least) - 1];
  return { range: [bottom, top], dtick: top - bottom > 3 ? 1 : 'D2' };
}
