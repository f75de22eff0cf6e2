/** The chapter's loss and its gradient with VGG19 to block5_conv2, for benches: random weights, because times do not depend on values. */
import * as tf from '@tensorflow/tfjs';
import { CHAPTER_WEIGHTS, type LossAndGrads, lossAndGrads, transferLoss } from '../src/losses';
import { features, vgg19 } from '../src/network/vgg19';

export interface ChapterProblem {
  fn: (x: tf.Tensor4D) => LossAndGrads;
  shape: [number, number, number, number];
  /** A picture of noise. */
  x: tf.Tensor4D;
  /** Frees the network, once the function is compiled. */
  disposeNetwork(): void;
}

export function chapterProblem(height: number, width: number): ChapterProblem {
  const shape: ChapterProblem['shape'] = [1, height, width, 3];
  const model = vgg19({ upTo: 'block5_conv2' });
  randomWeights(model);
  const layers = [...Object.keys(CHAPTER_WEIGHTS.content), ...Object.keys(CHAPTER_WEIGHTS.style)];
  const network = features(model, layers);
  // Targets of zeros cost nothing to prepare, and the time does not depend on their values.
  const zeros = {
    content: tf.zeros([Math.floor(height / 16), Math.floor(width / 16), 512]) as tf.Tensor3D,
    style: [64, 128, 256, 512, 512].map((channels) => tf.zeros([channels, channels]) as tf.Tensor2D),
  };
  const targets = {
    content: { block5_conv2: zeros.content },
    style: Object.fromEntries(
      Object.keys(CHAPTER_WEIGHTS.style).map((layer, i) => [layer, zeros.style[i] as tf.Tensor2D]),
    ),
  };
  return {
    fn: lossAndGrads(transferLoss(network, targets, CHAPTER_WEIGHTS)),
    shape,
    x: tf.randomUniform(shape, -120, 130, 'float32', 3),
    disposeNetwork: () => model.dispose(),
  };
}

/** He's initialisation: activations keep their size from layer to layer, as trained ones do. */
function randomWeights(model: tf.LayersModel): void {
  for (const layer of model.layers) {
    const [kernel, bias] = layer.weights;
    if (!kernel || !bias) continue;
    const [height, width, channels] = kernel.shape as [number, number, number];
    tf.tidy(() =>
      layer.setWeights([
        tf.randomNormal(
          kernel.shape as number[],
          0,
          Math.sqrt(2 / (height * width * channels)),
          'float32',
          8,
        ),
        tf.zeros(bias.shape as number[]),
      ]),
    );
  }
}
