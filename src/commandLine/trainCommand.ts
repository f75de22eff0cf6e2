/** The flags of `wheatfield train`. */
import type { Command } from 'commander';
import { STYLE_HEIGHT } from '../fastStyle/styleHeight';

/** The flags as they were given. */
export interface TrainFlags {
  style: string;
  out: string;
  photos?: string[];
  minutes: string;
  pairs?: string;
  styleHeight: string;
  network?: string;
  weights?: string;
  threads?: string;
  force?: boolean;
}

const EXAMPLES = `
Examples:
  wheatfield train --style painting.jpg --out my.onnx
  wheatfield train --style painting.jpg --photos holiday/ --minutes 30 --out my.onnx
  wheatfield train --style painting.jpg --pairs 60 --out my.onnx
  wheatfield stylize --model my.onnx photo.jpg --out painted

Stop it at any time: the same command goes on from the last checkpoint, which lies beside the result.
`;

export function addTrainCommand(program: Command, run: (flags: TrainFlags) => Promise<void>): void {
  program
    .command('train')
    .description('Trains a fast style network on a painting, which then paints in one pass (stylize).')
    .requiredOption('--style <file>', 'the painting whose style is learned')
    .requiredOption('--out <file>', 'the network, an .onnx file')
    .option('--photos <dirs...>', 'folders of photographs to train on (default: those that come along)')
    .option('--minutes <n>', 'how long to train, over all sessions', '10')
    .option(
      '--pairs <n>',
      'paint so many photographs the slow way first, and learn from these; they are kept in a folder beside the result',
    )
    .option(
      '--style-height <n>',
      'height in pixels at which the painting is looked at: a larger one gives larger strokes',
      String(STYLE_HEIGHT),
    )
    .option('--network <vgg19|vgg19-slim>', 'the network that judges (default: vgg19-slim)')
    .option('--weights <file>', 'its weights (default: looked for on this machine)')
    .option('--threads <n>', 'how many processors to use (default: all)')
    .option('--force', 'replace a network at --out that an earlier training finished')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', EXAMPLES)
    .action(run);
}
