import { styleTransfer } from '../../src';
import { openTinyVgg19 } from './tinyVgg19';

/** A program that knows the package's front door alone: pictures in, losses out. */
async function main(): Promise<void> {
  const [content, style] = process.argv.slice(2);
  const given = { content, style, height: 32, iterations: 2, evaluations: 3, threads: 1 };
  for await (const event of styleTransfer(given, { openNetwork: openTinyVgg19 })) {
    if (event.type === 'iteration') console.log(event.loss);
  }
}

void main();
