/** The flags of `wheatfield stylize`. */
import type { Command } from 'commander';
import { STEADY } from '../stylize/steady';

/** The flags as they were given. */
export interface StylizeFlags {
  model?: string;
  mix?: string;
  out: string;
  strength?: string;
  steady?: string;
  height?: string;
  threads?: string;
}

const EXAMPLES = `
Examples:
  wheatfield stylize --model my.onnx photo.jpg --out painted
  wheatfield stylize --model my.onnx holiday/ clip.mp4 --out painted --strength 0.7
  wheatfield stylize --mix my.onnx:0.6,other.onnx:0.4 dance.gif --out painted --height 320
`;

export function addStylizeCommand(
  program: Command,
  run: (inputs: string[], flags: StylizeFlags) => Promise<void>,
): void {
  program
    .command('stylize')
    .description(
      'Paints pictures, folders of them, animations and videos in one pass of a fast style network.',
    )
    .argument('<inputs...>', 'pictures, animated GIF or WebP files, videos (with ffmpeg), or folders of them')
    .option(
      '--model <name|file>',
      'a style that comes with the package, or an .onnx file of wheatfield train',
    )
    .option('--mix <styles>', 'several styles with their parts, such as my.onnx:0.6,other.onnx:0.4')
    .requiredOption('--out <dir>', 'the folder for the paintings')
    .option('--strength <0..1>', 'how much of the style, over the picture as it was (default: 1)')
    .option('--height <n>', "paint at this height in pixels (default: each file's own)")
    .option(
      '--steady <0..0.99>',
      `how much a film holds its strokes where it stands still (default: ${STEADY})`,
    )
    .option('--threads <n>', 'threads that compute (default: as many as there are processors)')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', EXAMPLES)
    .action(run);
}
