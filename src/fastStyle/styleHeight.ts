/** Height in pixels at which a training looks at a painting unless told otherwise. */
export const STYLE_HEIGHT = 400;
