/**
 * What the lessons need in addition to the chapter: a network in one call, eager tfjs, figures below a cell or in files, the Interrupt
 * button; and the studio below a cell.
 */
export { type EagerBackend, useEagerBackend } from './backend';
export { type LoadedModel, type LoadModelOptions, loadModel } from './model';
export { type LiveFigure, show, showLive } from './display';
export { interruptible } from './interrupt';
export { type StudioFrame, studio } from './studio';
export {
  type Figure,
  type GridOptions,
  type HeatMapOptions,
  type LossPoint,
  type Matrix,
  type PlotlyFigure,
  type TensorLike,
  featureMaps,
  heatMaps,
  lossComparison,
  lossCurves,
  pictureGrid,
  plotlyFigure,
} from './plot';
