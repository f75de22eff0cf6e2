export type { Figure, PlotlyFigure } from './figure';
export { type GridOptions, pictureGrid } from './pictures';
export { type HeatMapOptions, featureMaps, heatMaps } from './heatMaps';
export type { LossPoint } from './curves';
export { lossComparison, lossCurves } from './lossCurves';
export { plotlyFigure } from './plotly';
export type { Matrix, TensorLike } from './colours';
