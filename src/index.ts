/** The public surface: everything a notebook, a script or another program imports from `wheatfield`, by the chapter's cells. */

import './greeting';

// In [16] and [17]: pictures
export {
  type LoadOptions,
  type Picture,
  type ResizeFilter,
  type Size,
  chapterSize,
  loadImage,
  pictureSize,
  resizePicture,
  saveImage,
} from './picture/image';
export {
  IMAGENET_MEANS_BGR,
  type PictureArray,
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
  CHAPTER_WEIGHTS,
  type Features,
  type LossAndGrads,
  type LossParts,
  type LossWeights,
  type Targets,
  contentLoss,
  contentTargets,
  gramLoss,
  gramMatrix,
  lossAndGrads,
  styleLoss,
  styleTargets,
  totalVariationLoss,
  transferLoss,
} from './losses';

// In [23]: K.gradients and K.function, and the Evaluator
export {
  type CompiledFunction,
  type Computed,
  type GraphMemory,
  type InputArray,
  type NDArray,
  type SessionOptions,
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
export {
  type Checkpoint,
  type EndEvent,
  type IterationEvent,
  type Losses,
  type StartEvent,
  type StepEvent,
  type TransferEvent,
  type TransferOptions,
  type TransferProblem,
  displayable,
  transfer,
} from './transfer';

// The whole in one call, and what stands around it
export { type StyleTransferOptions, styleTransfer } from './styleTransfer';
export { type PrepareOptions, type PreparedTransfer, lossWeights, noise, prepareTransfer } from './prepare';
export { CHAPTER, SETTINGS, type SettingName, type Settings, readSettings } from './settings';
export {
  type LossEntry,
  type Results,
  type RunRecord,
  beginResults,
  checkResultsFolder,
  continueResults,
  readRun,
  resultPath,
} from './runFolder/results';
export type { Versions } from './runFolder/versions';
export { type TerminalStream, downloadProgress, terminal } from './commandLine/terminal';
export { UserError } from './errors';

// The lessons: a network at once, figures below a cell or in files, the Interrupt button
export * from './notebook';
export { PROJECT_FOLDER } from './project';
