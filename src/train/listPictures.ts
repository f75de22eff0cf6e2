/** Which pictures a network is trained on, and which are held out. */
import path from 'node:path';
import { UserError } from '../errors';
import { picturesIn } from '../picture/folder';

/**
 * The paths of all pictures in these folders, by name, without those whose file names are held out. A folder named twice counts twice:
 * its pictures are drawn twice as often.
 */
export async function listPictures(
  folders: readonly string[],
  heldOut: readonly string[],
): Promise<{ training: string[]; heldOut: string[] }> {
  const files: string[] = [];
  for (const folder of folders) files.push(...(await picturesIn(folder)));
  const isHeldOut = (file: string) => heldOut.includes(path.basename(file));
  const missing = heldOut.filter((name) => !files.some((file) => path.basename(file) === name));
  if (missing.length > 0) {
    throw new UserError(
      `These pictures to hold out are not among the pictures: ${missing.join(', ')}. Check their names.`,
    );
  }
  const training = files.filter((file) => !isHeldOut(file));
  if (training.length === 0)
    throw new UserError('All pictures are held out, so none is left to train on. Hold out fewer.');
  return { training, heldOut: [...new Set(files.filter(isHeldOut))] };
}
