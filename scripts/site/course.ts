/** The lessons in their order, with what a reader wants to know before opening one. */

export interface Lesson {
  /** Of the files in notebooks/. */
  name: string;
  title: string;
  /** To read it and to run its cells on two cores with the bundled network. */
  minutes: number;
  summary: string;
}

export const COURSE: readonly Lesson[] = [
  {
    name: 'style-transfer',
    title: 'Neural style transfer, cell by cell',
    minutes: 45,
    summary: 'The whole method, from two paintings to a third: network, losses, gradient, optimiser.',
  },
  {
    name: 'layers',
    title: 'What each layer sees',
    minutes: 45,
    summary: 'A lab: what each layer knows of content and style, and what each weight does.',
  },
  {
    name: 'painter',
    title: "From the chapter's picture to one for the wall",
    minutes: 30,
    summary:
      'One change at a time: a pyramid, all sizes of strokes, smoothness, borders, colours, two styles.',
  },
  {
    name: 'fast-style',
    title: 'One pass',
    minutes: 30,
    summary:
      'A small network that paints in one pass, trained live: on pairs, on the losses, without instance norm.',
  },
];
