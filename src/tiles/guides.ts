/** How much each position of a window counts. */
import type { Region } from '../losses/regions';
import { sizeAtOctave } from '../losses/octaves';
import type { Size } from '../picture/image';
import { type Field, copy, zeros } from './arrays';
import { type OctavePlan, type Window, countedIn, layerSize, positionsIn } from './plan';
import type { GramSum, Sum } from './sums';

/** The regions of a picture at the sizes of its layers, each computed once. */
export interface Guides {
  /** How many positions a Gram matrix sums over in the whole picture, or the area of its region there. */
  areaOf(sum: GramSum): number;
  /** For each of a window's positions [h, w]: 0 where another window has it, and else 1, or its share in the region. */
  guide(plan: OctavePlan, window: Window, sum: Sum): Float32Array;
}

/** @param size of the picture in full */
export function guidesOf(size: Size, regions: readonly Region[]): Guides {
  const known = new Map<string, Field>();

  function regionAt({ octave, layer, region }: GramSum & { region: number }): Field {
    const { height, width } = wholeSize(octave, layer);
    const key = `${region} ${height} ${width}`;
    const field = known.get(key) ?? read(region, { height, width });
    known.set(key, field);
    return field;
  }

  function read(region: number, at: Size): Field {
    const shares = regions[region](at);
    const data = shares.dataSync<'float32'>();
    shares.dispose();
    return { data, rows: at.height, columns: at.width, channels: 1 };
  }

  function wholeSize(octave: number, layer: string): Size {
    const { height, width } = sizeAtOctave(size, octave);
    return layerSize(layer, { rows: height, columns: width });
  }

  return {
    areaOf(sum) {
      const { height, width } = wholeSize(sum.octave, sum.layer);
      return hasRegion(sum) ? regionAt(sum).data.reduce((area, share) => area + share, 0) : height * width;
    },
    guide(plan, window, sum) {
      const all = positionsIn(plan, window, sum.layer);
      const counted = countedIn(plan, window, sum.layer);
      const guide = zeros(all.rows, all.columns, 1);
      const [row, column] = [counted.row - all.row, counted.column - all.column];
      if (hasRegion(sum)) copy(regionAt(sum), counted, guide, row, column);
      else
        for (let i = 0; i < counted.rows; i++) {
          const begin = (row + i) * all.columns + column;
          guide.data.fill(1, begin, begin + counted.columns);
        }
      return guide.data;
    },
  };
}

function hasRegion(sum: Sum): sum is GramSum & { region: number } {
  return sum.sum === 'gramMatrix' && sum.region !== undefined;
}
