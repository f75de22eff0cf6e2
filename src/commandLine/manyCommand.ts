/** The flags of `wheatfield many`. */
import type { Command } from 'commander';
import { type TransferFlags, addTransferFlags } from './flags';

/** The flags as they were given. */
export interface ManyFlags extends TransferFlags {
  /** Pictures, or folders of them. */
  content: string[];
  style: string[];
}

const EXAMPLES = `
Examples:
  wheatfield many --content photos --style paintings --out results/all
  wheatfield many --content a.jpg b.jpg --style paintings wave.jpg --height 300 --iterations 3
`;

export function addManyCommand(program: Command, run: (flags: ManyFlags) => Promise<void>): void {
  const command = program
    .command('many')
    .description(
      'Paints every content in every style, each in a folder of its own within --out, and draws a contact sheet of them all. ' +
        'Given again, it skips what is done and continues what is begun.',
    )
    .addHelpText('after', EXAMPLES)
    .requiredOption('--content <places...>', 'pictures, or folders of pictures, whose content is kept')
    .requiredOption('--style <places...>', 'pictures, or folders of pictures, whose styles are taken')
    .action(run);
  addTransferFlags(command, ['content', 'style']);
}
