/** The chapter's loss and its gradient with VGG19 to block5_conv2, for benches: random weights, because times do not depend on values. */
import * as tf from '@tensorflow/tfjs';
import { featureExtractor } from '../src/losses/features';
import { CHAPTER_TERMS, layersOf } from '../src/losses/terms';
import { type LossAndGrads, lossAndGrads, transferLoss } from '../src/losses/transferLoss';
import { features, vgg19 } from '../src/network/vgg19';

export interface ChapterProblem {
  fn: (x: tf.Tensor4D) => LossAndGrads;
  shape: [number, number, number, number];
  /** A picture of noise. */
  x: tf.Tensor4D;
  /** Frees the network, once the function is compiled. */
  disposeNetwork: () => void;
}

export function chapterProblem(height: number, width: number): ChapterProblem {
  const shape: ChapterProblem['shape'] = [1, height, width, 3];
  const model = vgg19({ upTo: 'block5_conv2' });
  randomWeights(model);
  const extractor = featureExtractor(features(model, layersOf(CHAPTER_TERMS)));
  // Targets of zeros cost nothing to prepare, and the time does not depend on their values.
  const targets = {
    content: [tf.zeros([Math.floor(height / 16), Math.floor(width / 16), 512])],
    style: [64, 128, 256, 512, 512].map((channels) => tf.zeros([channels, channels])),
  };
  return {
    fn: lossAndGrads(transferLoss(CHAPTER_TERMS, extractor, targets)),
    shape,
    x: tf.randomUniform(shape, -120, 130, 'float32', 3),
    disposeNetwork: () => model.dispose(),
  };
}

/** He's initialisation: activations keep their size from layer to layer, as trained ones do. */
export function randomWeights(model: tf.LayersModel): void {
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
