import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Context } from 'mocha';

/** Where the real weights and the chapter's pictures lie: beside the repository. */
const SHARED = path.join(__dirname, '..', '..', '..', 'shared');

/** A file in the folder beside the repository. Skips the running test, saying so, where it is absent. */
export function shared(test: Context, ...parts: string[]): string {
  const file = path.join(SHARED, ...parts);
  if (!existsSync(file)) {
    console.log(`      skipped: ../shared/${parts.join('/')} is not here`);
    test.skip();
  }
  return file;
}

export function realWeights(test: Context): string {
  return shared(test, 'weights', 'vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5');
}
