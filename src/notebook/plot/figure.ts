/** What a notebook shows and a headless run writes: a figure that can be drawn as a PNG, and some of them by plotly too. */
import type { Data, Layout } from 'plotly.js';

/** A figure in plotly's own terms. */
export interface PlotlyFigure {
  data: Partial<Data>[];
  layout: Partial<Layout>;
}

export interface Figure {
  /** In a few words, for readers who cannot see the picture. */
  text: string;
  /** In CSS pixels; the PNG may have more, for sharp screens. */
  width: number;
  height: number;
  png: () => Promise<Buffer>;
  /** The same figure, interactive. */
  plotly?: PlotlyFigure;
}
