/**
 * Writes src/lbfgsb/kernel.ts, which embeds kernel.wat as WebAssembly, so that neither installing nor building compiles
 * anything. A test compares the two.
 *
 *     npm run build:kernel
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import wabt from 'wabt';

const folder = path.join(__dirname, '../src/lbfgsb');

/** The text of kernel.ts that belongs to kernel.wat as it stands. */
export async function kernelModule(): Promise<string> {
  const parser = await wabt();
  const parsed = parser.parseWat('kernel.wat', await readFile(path.join(folder, 'kernel.wat'), 'utf8'), {
    simd: true,
  });
  try {
    const { buffer } = parsed.toBinary({});
    return (
      '/** kernel.wat as WebAssembly in base64, written by `npm run build:kernel`: change it there. */\n' +
      `export const kernelBase64 =\n  '${Buffer.from(buffer).toString('base64')}';\n`
    );
  } finally {
    parsed.destroy();
  }
}

if (require.main === module) {
  void kernelModule().then((text) => writeFile(path.join(folder, 'kernel.ts'), text));
}
