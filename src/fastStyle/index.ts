/** The entry point `wheatfield/fast-style`: networks that paint a picture in one pass. */
export { ARCHITECTURES, type Architecture, type ArchitectureName } from './architecture';
export { type FastStyleModel, loadFastStyle, saveFastStyle } from './modelFile';
export { type OnnxOptions, fastStyleOnnx, readFastStyleOnnx } from './onnx';
export type { Precision } from './onnxGraph';
export type { Parameter, Parameters } from '../train/parameters';
export {
  type Share,
  type StyleModel,
  bundledStyles,
  findModel,
  mixedModel,
  readMix,
} from '../stylize/models';
export { type Stylizer, openStylizer } from '../stylize/stylizer';
export { STEADY, steadyPaintings } from '../stylize/steady';
export { type StylizeEvent, type StylizeFilesOptions, stylizeFiles } from '../stylize/stylizeFiles';
