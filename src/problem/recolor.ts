/** What --color does to the pictures of a transfer, before the work and after it. */
import {
  type ColorChoice,
  combineLuminance,
  luminancePicture,
  matchColors,
  matchLuminance,
} from '../picture/color';
import type { RgbValues } from '../picture/preprocess';
import type { SizedPictures } from './sources';

/** What becomes of a picture before it is shown or saved. */
export type Finish = (picture: RgbValues) => RgbValues;

export interface Recolored {
  /** The pictures that the transfer works with. */
  pictures: SizedPictures;
  /** Turns its result into the picture that is shown. */
  finish: Finish;
}

/** The pictures as the choice of colours asks for, and what is left to do with the result. */
export async function recolored({ content, styles }: SizedPictures, color: ColorChoice): Promise<Recolored> {
  switch (color) {
    case 'style':
      return { pictures: { content, styles }, finish: (picture) => picture };
    case 'content':
      return {
        pictures: {
          content,
          styles: await Promise.all(styles.map((style) => matchColors(style, content))),
        },
        finish: (picture) => picture,
      };
    case 'luminance':
      return {
        pictures: {
          content: luminancePicture(content),
          styles: styles.map((style) => matchLuminance(style, content)),
        },
        finish: (picture) => ({ ...picture, data: combineLuminance(picture.data, content.data) }),
      };
  }
}
