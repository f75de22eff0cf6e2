/** The public surface: everything a notebook, a script or another program imports from `wheatfield`, by the chapter's cells. */

import './greeting';

// In [16] and [17]: pictures
export {
  type DeepPicture,
  type LoadOptions,
  type Picture,
  type PictureSource,
  type ResizeFilter,
  type Size,
  chapterSize,
  loadImage,
  pictureSize,
  resizePicture,
} from './picture/image';
export { type SaveOptions, saveImage } from './picture/save';
export { type PictureNotes, readNotes } from './picture/notes';
export {
  type ColorChoice,
  combineLuminance,
  luminancePicture,
  matchColors,
  matchLuminance,
} from './picture/color';
export {
  IMAGENET_MEANS_BGR,
  type PictureArray,
  type RgbValues,
  type Rounding,
  deprocess,
  preprocess,
} from './picture/preprocess';

// In [18]: the network
export { type Vgg19Options, type Widths, features, vgg19 } from './network/vgg19';
export { loadKerasWeights } from './network/kerasWeights';
export type { DownloadOptions, Progress as DownloadProgress } from './network/download';
export { type Environment, type FoundWeights, downloadWeights, findWeights } from './network/weights';
export type { NetworkName } from './network/chooseNetwork';
export { type Network, type NetworkRequest, type OpenNetwork, openNetwork } from './network/network';

// In [19] to [22]: the losses
export {
  clippingLoss,
  contentLoss,
  gramLoss,
  gramLossPerPosition,
  gramMatrix,
  gramMatrixPerPosition,
  relativeDistance,
  squaredVariation,
  styleLoss,
  totalVariationLoss,
} from './losses/lossFunctions';
export { type FeatureExtractor, type Features, featureExtractor } from './losses/features';
export {
  CHAPTER_TERMS,
  type ActivationsTerm,
  type ComparingTerm,
  type GramTerm,
  type LayerShares,
  type LayerTerm,
  type LayerTermOptions,
  type PictureTermOptions,
  type LossTerm,
  type PictureTerm,
  type RelativeStyleTermOptions,
  type StyleTermOptions,
  type Term,
  clippingTerm,
  contentTerm,
  contentTermRelative,
  squaredVariationTerm,
  styleTerm,
  styleTermPerPosition,
  styleTermRelative,
  totalVariationTerm,
} from './losses/terms';
export { type Mask, type Region, regionOf } from './losses/regions';
export {
  type LossAndGrads,
  type Targets,
  lossAndGrads,
  targetsOf,
  transferLoss,
} from './losses/transferLoss';

// In [23]: K.gradients and K.function, and the Evaluator
export {
  type CompiledFunction,
  type Computed,
  type GradientFunction,
  type GraphMemory,
  type InputArray,
  type NDArray,
  type SessionOptions,
  type Shape,
  type DeviceName,
  type TensorFunction,
  compile,
} from './compile';
export { Evaluator, type FetchLossAndGrads } from './evaluator';

// In [24]: the optimiser and the loop
export {
  type Bounds,
  type FminLbfgsbInfo,
  type FminLbfgsbOptions,
  type Fprime,
  type Func,
  type SavedLbfgsb,
  type Task,
  fminLbfgsb,
} from './lbfgsb';
export { type LoopEvent, type Transfer, type TransferOptions, transfer } from './transfer/transfer';
export type { Checkpoint } from './transfer/checkpoint';
export type * from './transfer/events';

// A problem for the optimiser: pictures, network, terms and variables
export {
  type Evaluated,
  type Evaluation,
  type FirstPicture,
  type FirstPictureOptions,
  type Plan,
  type Problem,
  type ProblemOptions,
  type ProblemSource,
  type TransferProblem,
  createProblem,
} from './problem/problem';
export type { SizedPictures, SourceRecord, StyleSize } from './problem/sources';
export type { Finish } from './problem/recolor';
export { type LossSettings, lossTerms, noise, problemFromSettings } from './problem/fromSettings';
export type { Device } from './device';
export type { MakeVariables, Variables } from './variables/variables';
export { displayable, freePixels, pixels } from './variables/pixels';
export { pyramid } from './variables/pyramid';

// The whole in one call, and what stands around it
export { type PaintOptions, paint } from './paint';
export {
  type StyleTransferOptions,
  type StyleTransferRequest,
  styleTransfer,
  wholeTransfer,
} from './styleTransfer';
export { type PresetName, PRESETS } from './presets';
export {
  SETTINGS,
  type Kind,
  type Setting,
  type SettingName,
  type Settings,
  type Table,
  readSettings,
} from './settings';
export {
  type LossEntry,
  type Results,
  type Run,
  type RunRecord,
  beginResults,
  checkResultsFolder,
  continueResults,
  readRun,
} from './runFolder/results';
export { resultPath } from './runFolder/pictureFiles';
export type { Versions } from './runFolder/versions';
export { type TerminalStream, downloadProgress, terminal } from './commandLine/terminal';
export { UserError } from './errors';

// The lessons: a network at once, figures below a cell or in files, the Interrupt button
export * from './notebook';
export { PROJECT_FOLDER } from './project';
