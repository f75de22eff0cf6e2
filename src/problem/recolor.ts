/** What --color does to the pictures of a transfer, before the work and after it. */
import {
  type ColorChoice,
  combineLuminance,
  luminancePicture,
  matchColors,
  matchLuminance,
} from '../picture/color';
import type { SizedPictures } from './sources';

/** What becomes of the values of a picture, red, green and blue from 0 to 255, before it is shown or saved. */
export type Finish = (rgb: Float64Array) => Float64Array;

export interface Recolored {
  /** The pictures that the transfer works with. */
  pictures: SizedPictures;
  /** Turns its result into the picture that is shown; absent where both are the same. */
  finish?: Finish;
}

/** The pictures as the choice of colours asks for, and what is left to do with the result. */
export async function recolored({ content, styles }: SizedPictures, color: ColorChoice): Promise<Recolored> {
  switch (color) {
    case 'style':
      return { pictures: { content, styles } };
    case 'content':
      return {
        pictures: {
          content,
          styles: await Promise.all(styles.map((style) => matchColors(style, content))),
        },
      };
    case 'luminance':
      return {
        pictures: {
          content: luminancePicture(content),
          styles: styles.map((style) => matchLuminance(style, content)),
        },
        finish: (rgb) => combineLuminance(rgb, content.data),
      };
  }
}
