/** plotly.js without a browser: it lays a figure out in jsdom, as an SVG, and sharp makes a PNG of that. */
import { readFile } from 'node:fs/promises';
import type { JSDOM } from 'jsdom';
import type { PlotlyFigure, Figure } from './figure';
import { FONT, drawSvg, textWidth } from '../../picture/text';

/** Pixels of the PNG for each CSS pixel. */
const SHARPNESS = 2;

/** plotly puts the title of a vertical axis beside its labels, whose width it cannot measure here: further out, in CSS pixels. */
const TITLE_SHIFT = 18;

/** The part of plotly.js that is used. */
interface Plotly {
  newPlot(div: object, data: object, layout: object, config: object): Promise<object>;
  Snapshot: { toSVG(div: object, format: 'svg'): string };
  purge(div: object): void;
}

/** A figure from plotly's data and layout: in a browser as interactive as plotly, elsewhere a PNG. */
export function plotlyFigure(
  text: string,
  width: number,
  height: number,
  { data, layout }: PlotlyFigure,
): Figure {
  const sized = { ...layout, width, height };
  return {
    text,
    width,
    height,
    plotly: { data, layout: sized },
    png: async () => await drawSvg(await plotlySvg({ data, layout: sized }), SHARPNESS),
  };
}

let browserless: Promise<JSDOM['window']> | undefined;
let drawing: Promise<unknown> = Promise.resolve();

/** The figure as an SVG. Figures are laid out one after another, because they share one document. */
function plotlySvg(figure: PlotlyFigure): Promise<string> {
  const drawn = drawing.then(() => layOut(figure));
  drawing = drawn.catch(() => undefined);
  return drawn;
}

async function layOut(figure: PlotlyFigure): Promise<string> {
  browserless ??= openWindow();
  const window = await browserless;
  const plotly = (window as unknown as { Plotly: Plotly }).Plotly;
  // plotly writes into the objects that it is given.
  const { data, layout } = structuredClone(figure);
  const div = window.document.createElement('div');
  window.document.body.append(div);
  try {
    await plotly.newPlot(div, data, layout, { staticPlot: true });
    for (const title of div.querySelectorAll('.ytitle')) moveLeft(title, TITLE_SHIFT);
    return plotly.Snapshot.toSVG(div, 'svg');
  } finally {
    plotly.purge(div);
    div.remove();
  }
}

/** Moves a text that stands on end. */
function moveLeft(title: Element, by: number): void {
  const [x, y] = [Number(title.getAttribute('x')) - by, Number(title.getAttribute('y'))];
  title.setAttribute('x', String(x));
  title.setAttribute('transform', `rotate(-90,${x},${y})`);
}

/** A window of jsdom with plotly's scatter and bar charts in it, and with estimates where only a browser could measure text. */
async function openWindow(): Promise<JSDOM['window']> {
  // Loaded here, because it takes longer than all the rest of the package.
  const { JSDOM } = await import('jsdom');
  const source = await readFile(require.resolve('plotly.js/plotly.min.js'), 'utf8');
  const { window } = new JSDOM('<!doctype html><body></body>', {
    runScripts: 'outside-only',
    pretendToBeVisual: true,
  });
  const box = function (this: Element) {
    const { width, height } = textBox(this);
    return {
      x: 0,
      y: -height * 0.8,
      left: 0,
      top: -height * 0.8,
      right: width,
      bottom: height * 0.2,
      width,
      height,
    };
  };
  window.URL.createObjectURL = () => '';
  window.HTMLCanvasElement.prototype.getContext = () => null;
  Object.assign(window.SVGElement.prototype, {
    getBBox: box,
    getBoundingClientRect: box,
    getComputedTextLength(this: Element) {
      return textBox(this).width;
    },
  });
  window.eval(source);
  return window;
}

/** About how much room the text of an SVG element takes. */
function textBox(element: Element): { width: number; height: number } {
  const text = element.matches('text, tspan') ? element : element.querySelector('text');
  if (!text) return { width: 0, height: 0 };
  const lines = [...text.querySelectorAll('tspan.line')];
  const fontSize = parseFloat(
    /font-size:\s*([\d.]+)px/.exec(text.closest('[style*="font-size"]')?.getAttribute('style') ?? '')?.[1] ??
      '12',
  );
  const widths = (lines.length > 0 ? lines : [text]).map((line) => textWidth(line.textContent, fontSize));
  return { width: Math.max(...widths), height: fontSize * 1.3 * widths.length };
}

/** What every plot has in common: one font, large enough for a projector, and labels that the layout above never hides. */
export const LAYOUT = {
  font: { family: `${FONT}, Arial, sans-serif`, size: 16, color: '#222' },
  paper_bgcolor: 'white',
  plot_bgcolor: 'white',
} as const;

export const AXIS = {
  showline: true,
  linecolor: '#222',
  gridcolor: '#ddd',
  ticks: 'outside',
  zeroline: false,
  tickfont: { size: 14 },
  ticklabeloverflow: 'allow',
} as const;
