/**
 * Checks for the exercise edition of the lessons. Each takes an answer and says in words whether it is right. It
 * names the usual mistakes.
 *
 *     import * as check from 'wheatfield/exercises';
 *     console.log(await check.gramMatrix(gramMatrix)); // gramMatrix: right.
 */
export { contentLoss } from './contentLoss';
export { convolution } from './convolution';
export { deprocess } from './deprocess';
export { type EvaluatorAnswer, evaluator } from './evaluator';
export { gradientStep } from './gradientStep';
export { gramMatrix } from './gramMatrix';
export { preprocess } from './preprocess';
export { styleLoss } from './styleLoss';
export { totalVariation } from './totalVariation';
export { NotWritten, type Verdict, notWritten } from './verdict';
