/** What each layer of a network sees of a picture: its feature maps and its Gram matrix, as figures. */
import type * as tf from '@tensorflow/tfjs';
import { type NDArray, compile } from '../../compile';
import { UserError } from '../../errors';
import { gramMatrixPerPosition } from '../../losses/lossFunctions';
import type { NetworkName } from '../../network/chooseNetwork';
import { type OpenNetwork, openNetwork as openUsual } from '../../network/network';
import { convolutionNames } from '../../network/vgg19';
import type { Figure } from '../../notebook/plot/figure';
import { featureMaps, heatMaps } from '../../notebook/plot/heatMaps';
import { pictureGrid } from '../../notebook/plot/pictures';
import { loadImage, pictureSize, sizeWithin } from '../../picture/image';
import { preprocess } from '../../picture/preprocess';

/** The longer side that the network sees, in pixels. */
const SIDE = 224;
/** Pictures whose views are kept: two, seen by both networks. */
const MOST_KEPT = 4;
/** Widths of figures in pixels. */
const MAP = 150;
const GRAM = 300;

/** A layer's view of a picture. */
export interface View {
  /** The eight channels that vary most. */
  maps: Figure;
  gram: Figure;
}

export class Views {
  private readonly kept = new Map<string, Promise<ReadonlyMap<string, View>>>();

  constructor(private readonly openNetwork: OpenNetwork = openUsual) {}

  /**
   * @param file of the picture
   * @throws UserError for an unknown layer, and a picture or weights that cannot be read
   */
  async of(file: string, layer: string, network: NetworkName): Promise<View> {
    if (!convolutionNames().includes(layer)) {
      throw new UserError(`There is no layer '${layer}'. Choose one of the 16.`);
    }
    return (await this.all(file, network)).get(layer) as View;
  }

  private all(file: string, network: NetworkName): Promise<ReadonlyMap<string, View>> {
    const key = `${network} ${file}`;
    const known = this.kept.get(key);
    if (known) return known;
    const seen = this.see(file, network);
    this.kept.set(key, seen);
    // What failed is tried again.
    seen.catch(() => this.kept.delete(key));
    const [oldest] = this.kept.keys();
    if (this.kept.size > MOST_KEPT && oldest !== undefined) this.kept.delete(oldest);
    return seen;
  }

  private async see(file: string, network: NetworkName): Promise<ReadonlyMap<string, View>> {
    const size = sizeWithin(await pictureSize(file), SIDE);
    const x = preprocess(await loadImage(file, { size, resize: 'lanczos3' }));
    const layers = convolutionNames();
    const opened = await this.openNetwork({ network, layers, size });
    try {
      const compiled = await compile(
        (x: tf.Tensor4D) => {
          const features = opened.extractor(x);
          return layers.map((layer) => {
            const activations = features.activations(layer);
            const [height, width] = activations.shape;
            return { activations, gram: gramMatrixPerPosition(features.gramMatrix(layer), height, width) };
          });
        },
        [1, size.height, size.width, 3],
        // It is called once, and would not win back the time in which its filters are transformed.
        { winograd: false },
      );
      try {
        const seen = (await compiled(x)) as readonly Seen[];
        return new Map(layers.map((layer, i) => [layer, viewOf(layer, seen[i])]));
      } finally {
        await compiled.dispose();
      }
    } finally {
      x.dispose();
      opened.dispose();
    }
  }
}

/** What is computed of a layer. */
interface Seen {
  activations: NDArray;
  gram: NDArray;
}

function viewOf(layer: string, { activations, gram }: Seen): View {
  const caption = `${layer}: ${gram.shape[0]} channels by ${gram.shape[1]}`;
  return {
    maps: pictureGrid(featureMaps(activations), { columns: 4, pictureWidth: MAP }),
    gram: heatMaps({ [caption]: gram }, { label: 'per position', scale: 'log', pictureWidth: GRAM }),
  };
}
