/** What counts of vgg19-slim: how much of VGG19's own loss a transfer through it sheds. */
import type { NetworkName } from '../network/chooseNetwork';
import { type Picture, loadImage } from '../picture/image';
import { preprocess } from '../picture/preprocess';
import { type PreparedTransfer, prepareTransfer } from '../prepare';
import { type Settings, readSettings } from '../settings';
import { transfer } from '../transfer';

/** The step that exceeds 41 is the 42nd, or soon after it. */
const EVALUATIONS = 41;
const HEIGHT = 400;

export interface TransferScore {
  /** VGG19's loss of the content picture, and of what the transfers through either network made of it. */
  losses: { before: number; vgg19: number; slim: number };
  /** The part of what VGG19's transfer sheds that the small network's does too, 0..1. */
  shed: number;
  pictures: { content: Picture; style: Picture; vgg19: Picture; slim: Picture };
}

/**
 * Transfers one pair with both networks, from the content picture, with the default loss and the same number of evaluations, and scores
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
      iterations: 1,
      evaluations: EVALUATIONS,
    });
  const judge = await prepareTransfer(settingsFor('vgg19'));
  const vgg19 = await transferred(judge, settingsFor('vgg19'));
  const student = await prepareTransfer(settingsFor('vgg19-slim'));
  const slim = await transferred(student, settingsFor('vgg19-slim'));
  await student.dispose();
  const size = { height: judge.height, width: judge.width };
  const [content, style] = [await loadImage(files.content, { size }), await loadImage(files.style, { size })];
  const losses = {
    before: await scored(judge, content),
    vgg19: await scored(judge, vgg19),
    slim: await scored(judge, slim),
  };
  await judge.dispose();
  const shed = (losses.before - losses.slim) / (losses.before - losses.vgg19);
  return { losses, shed, pictures: { content, style, vgg19, slim } };
}

async function transferred(problem: PreparedTransfer, settings: Settings): Promise<Picture> {
  for await (const event of transfer(problem, settings)) {
    if (event.type === 'iteration') return event.picture;
    if (event.type === 'end') throw new Error(event.message);
  }
  throw new Error('The transfer ended without a picture.');
}

async function scored(prepared: PreparedTransfer, picture: Picture): Promise<number> {
  const x = preprocess(picture);
  const { value } = await prepared.lossAndGrads(x);
  x.dispose();
  return Number(value.data[0]);
}
