/** The measure of vgg19-slim: how far a transfer through it lowers VGG19's own loss. */
import type { NetworkName } from '../network/chooseNetwork';
import type { Picture } from '../picture/image';
import { preprocess } from '../picture/preprocess';
import { problemFromSettings } from '../problem/fromSettings';
import { type Problem, createProblem } from '../problem/problem';
import type { SizedPictures } from '../problem/sources';
import { type Settings, readSettings } from '../settings';
import { transfer } from '../transfer/transfer';

/** The step that exceeds 41 is the 42nd, or soon after it. */
const EVALUATIONS = 41;
const HEIGHT = 400;

export interface TransferScore {
  /** VGG19's loss of the content picture, and of what the transfers through either network made of it. */
  losses: { before: number; vgg19: number; slim: number };
  /** The decrease by the small network's transfer as a part of the decrease by VGG19's, 0..1. */
  shed: number;
  pictures: { content: Picture; style: Picture; vgg19: Picture; slim: Picture };
}

/**
 * Transfers one pair with both networks, from the content picture, with the chapter's loss and the same number of evaluations, and scores
 * both saved pictures by VGG19's loss.
 *
 * @param weights files of the networks' weights; default wherever they are found
 */
export async function transferScore(
  files: { content: string; style: string },
  weights: Partial<Record<NetworkName, string>> = {},
): Promise<TransferScore> {
  const settingsFor = (network: NetworkName) =>
    readSettings({
      ...files,
      network,
      weights: weights[network],
      height: HEIGHT,
      // As its figures were always measured: the chapter's loss, and what is optimised is what is saved.
      preset: 'chapter',
      bounds: true,
      rounding: 'round',
      resize: 'lanczos3',
      winograd: true,
      iterations: 1,
      evaluations: EVALUATIONS,
    });
  let sized: SizedPictures | undefined;
  const judge = await createProblem({
    ...problemFromSettings(settingsFor('vgg19')),
    first: (pictures) => (sized = pictures).content,
  });
  try {
    const vgg19 = await transferred(judge, settingsFor('vgg19'));
    const student = await createProblem(problemFromSettings(settingsFor('vgg19-slim')));
    const slim = await transferred(student, settingsFor('vgg19-slim')).finally(() => student.dispose());
    const { content, styles } = sized as SizedPictures;
    const losses = {
      before: await scored(judge, content),
      vgg19: await scored(judge, vgg19),
      slim: await scored(judge, slim),
    };
    const shed = (losses.before - losses.slim) / (losses.before - losses.vgg19);
    return { losses, shed, pictures: { content, style: styles[0], vgg19, slim } };
  } finally {
    await judge.dispose();
  }
}

async function transferred(problem: Problem, settings: Settings): Promise<Picture> {
  const run = transfer(problem, settings);
  while (!(await run.next()).done);
  return run.picture();
}

async function scored({ lossAndGrads }: Problem, picture: Picture): Promise<number> {
  const x = preprocess(picture);
  const { value } = await lossAndGrads(x.dataSync<'float32'>());
  x.dispose();
  return Number(value.data[0]);
}
