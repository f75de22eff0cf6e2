import type { LayerFigures } from './heldOut';

/** The figures as a Markdown table, with the means that the network is judged by. */
export function figuresTable(figures: Readonly<Record<string, LayerFigures>>, title: string): string {
  const rows = Object.entries(figures).map(
    ([name, { cosine, gramError }]) => `| ${name} | ${cosine.toFixed(3)} | ${gramError.toFixed(3)} |`,
  );
  const styleLayers = Object.entries(figures).filter(([name]) => name.endsWith('_conv1'));
  const mean = styleLayers.reduce((sum, [, { gramError }]) => sum + gramError, 0) / styleLayers.length;
  return [
    `${title}:`,
    '',
    '| layer | cosine of the activations | relative error of the Gram matrix |',
    '| --- | --- | --- |',
    ...rows,
    '',
    `Mean Gram error of the five style layers: ${mean.toFixed(3)}.`,
  ].join('\n');
}
