/** The loss and its terms against the evaluations, by plotly.js, which is loaded once the page is there. */
import { useEffect, useRef } from 'preact/hooks';
import { type LossPoint, curvesOf } from '../../../src/notebook/plot/curves';

export interface CurvesProps {
  /** The points of each leg, in order. */
  legs: readonly (readonly LossPoint[])[];
  /** Whether points are still to come, on a machine that has better things to do than to draw. Default false. */
  isGrowing?: boolean;
}

/** The part of the time in which curves that grow are drawn. */
const SHARE = 0.01;
/** Milliseconds after which they are drawn in any case. */
const MOST_REST = 5000;

export function Curves({ legs, isGrowing = false }: CurvesProps) {
  const place = useRef<HTMLDivElement>(null);
  const drawn = useRef({ ended: 0, rest: 0, timer: 0, legs });
  drawn.current.legs = legs;

  useEffect(() => {
    const { current } = drawn;
    if (current.timer && isGrowing) return;
    clearTimeout(current.timer);
    const wait = isGrowing ? Math.max(0, current.ended + current.rest - performance.now()) : 0;
    current.timer = window.setTimeout(() => {
      current.timer = 0;
      if (place.current) void drawTimed(place.current);
    }, wait);
    const drawTimed = async (element: HTMLElement) => {
      const took = await draw(element, current.legs);
      current.ended = performance.now();
      current.rest = Math.min(took / SHARE, MOST_REST);
    };
  }, [legs, isGrowing]);
  useEffect(() => {
    const again = () => place.current && void draw(place.current, drawn.current.legs);
    addEventListener('themechange', again);
    const system = matchMedia('(prefers-color-scheme: dark)');
    system.addEventListener('change', again);
    return () => {
      clearTimeout(drawn.current.timer);
      removeEventListener('themechange', again);
      system.removeEventListener('change', again);
    };
  }, []);
  return <div class="curves" ref={place} role="img" aria-label={inSentence(legs)} />;
}

function inSentence(legs: CurvesProps['legs']): string {
  const last = legs.flat().at(-1);
  if (!last) return 'The loss: no point yet.';
  const terms = Object.entries(last.terms).map(([name, value]) => `${name} ${value.toPrecision(3)}`);
  return `The loss after ${last.evaluations} evaluations is ${last.loss.toPrecision(4)}: ${terms.join(', ')}.`;
}

/** Returns the milliseconds that it took, without the loading of plotly.js. */
async function draw(element: HTMLElement, legs: CurvesProps['legs']): Promise<number> {
  const points = continued(legs);
  const last = points.at(-1);
  if (!last) return 0;
  const { react } = await import('plotly.js-basic-dist-min');
  const began = performance.now();
  const style = getComputedStyle(element);
  const [ink, faint] = [style.color, style.getPropertyValue('--line-plain').trim() || '#8888'];
  const isDark = style.getPropertyValue('--is-dark').trim() === '1';
  const data = curvesOf(last).map(({ name, color, dash, width, value }) => ({
    type: 'scatter' as const,
    mode: points.length === 1 ? ('markers' as const) : ('lines' as const),
    name,
    x: points.map(({ evaluations }) => evaluations),
    y: points.map((point) => (value(point) > 0 ? value(point) : null)),
    line: { color: color === '#000000' ? ink : isDark ? brighter(color) : color, dash, width: width / 1.6 },
    hovertemplate: '%{y:.3e}',
  }));
  const axis = { gridcolor: faint, zeroline: false, linecolor: faint, tickcolor: faint, fixedrange: false };
  await react(
    element,
    data,
    {
      font: { family: style.fontFamily, size: 12, color: ink },
      paper_bgcolor: 'rgba(0,0,0,0)',
      plot_bgcolor: 'rgba(0,0,0,0)',
      margin: { l: 56, r: 8, t: 44, b: 44 },
      hovermode: 'x unified',
      hoverlabel: { bgcolor: isDark ? '#222' : '#fff', font: { color: isDark ? '#eee' : '#222' } },
      xaxis: { ...axis, title: { text: 'evaluations' }, rangemode: 'tozero' },
      yaxis: { ...axis, type: 'log', exponentformat: 'power', dtick: 1 },
      legend: { orientation: 'h', x: 0, y: 1.02, yanchor: 'bottom' },
      // Where the settings were changed.
      shapes: startsOf(legs).map((x) => ({
        type: 'line',
        x0: x,
        x1: x,
        yref: 'paper',
        y0: 0,
        y1: 1,
        line: { color: faint, width: 1, dash: 'dot' },
      })),
    },
    { responsive: true, displaylogo: false, displayModeBar: false },
  );
  return performance.now() - began;
}

/** The points of all legs on one axis. */
function continued(legs: CurvesProps['legs']): LossPoint[] {
  const starts = [0, ...startsOf(legs)];
  return legs.flatMap((points, i) =>
    points.map((point) => ({ ...point, evaluations: point.evaluations + (starts[i] ?? 0) })),
  );
}

function startsOf(legs: CurvesProps['legs']): number[] {
  let sum = 0;
  return legs.slice(0, -1).map((points) => (sum += points.at(-1)?.evaluations ?? 0));
}

/** Okabe and Ito's darker colours on a dark ground. */
function brighter(color: string): string {
  return { '#0072B2': '#56B4E9', '#D55E00': '#F0883E', '#009E73': '#2FC79B' }[color] ?? color;
}
