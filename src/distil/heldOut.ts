/** How close the student is to the teacher on pictures that it was not trained on: the model card's figures. */
import * as tf from '@tensorflow/tfjs';
import { compile } from '../compile';
import type { FeatureExtractor } from '../losses/features';
import { type SlimParameters, convLayers } from '../network/vgg19Slim';
import { type Pair, layerPairs } from './layerPairs';

export interface LayerFigures {
  /** Of the activations with the teacher's: their inner product over the product of their lengths. */
  cosine: number;
  /** Of the Gram matrix: |student - teacher| / |teacher|, Frobenius. */
  gramError: number;
}

/** A preprocessed picture with its size. */
export interface HeldOutPicture {
  data: Float32Array;
  height: number;
  width: number;
}

/** The figures of each picture, by layer, in the pictures' order. Pictures of one size are measured by one graph. */
export async function layerFigures(
  teacher: FeatureExtractor,
  student: SlimParameters,
  pictures: readonly HeldOutPicture[],
  threads?: number,
): Promise<Record<string, LayerFigures>[]> {
  const names = convLayers().map(({ name }) => name);
  const measure = (x: tf.Tensor) =>
    layerPairs(teacher, student, x as tf.Tensor4D).map(({ activations, gramMatrices }) =>
      tf.stack([cosine(activations), relativeError(gramMatrices)]),
    );
  const graphs = new Map<string, Awaited<ReturnType<typeof compileFor>>>();
  const compileFor = (height: number, width: number) => compile(measure, [1, height, width, 3], { threads });
  const figures: Record<string, LayerFigures>[] = [];
  for (const { data, height, width } of pictures) {
    const key = `${height}x${width}`;
    const graph = graphs.get(key) ?? (await compileFor(height, width));
    graphs.set(key, graph);
    const results = await graph(data);
    figures.push(
      Object.fromEntries(
        names.map((name, i) => {
          const [cos, error] = results[i].data as unknown as [number, number];
          return [name, { cosine: cos, gramError: error }];
        }),
      ),
    );
  }
  for (const graph of graphs.values()) await graph.dispose();
  return figures;
}

/** The mean of the pictures' figures, by layer. */
export function meanFigures(figures: readonly Record<string, LayerFigures>[]): Record<string, LayerFigures> {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const names = Object.keys(figures[0] ?? {});
  return Object.fromEntries(
    names.map((name) => {
      const layer = figures.map((picture) => picture[name]);
      return [
        name,
        { cosine: mean(layer.map((f) => f.cosine)), gramError: mean(layer.map((f) => f.gramError)) },
      ];
    }),
  );
}

function cosine({ student, teacher }: Pair<tf.Tensor>): tf.Tensor {
  const lengths = tf.sqrt(tf.mul(tf.sum(tf.square(student)), tf.sum(tf.square(teacher))));
  return tf.div(tf.sum(tf.mul(student, teacher)), lengths);
}

function relativeError({ student, teacher }: Pair<tf.Tensor>): tf.Tensor {
  return tf.sqrt(tf.div(tf.sum(tf.square(tf.sub(student, teacher))), tf.sum(tf.square(teacher))));
}
