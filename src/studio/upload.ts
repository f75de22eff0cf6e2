/** Keeps a file that was dropped onto the page, under a name that does no harm. */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { writeWholeFile } from '../wholeFile';

export interface Upload {
  /** Of the file on the person's disk; only its harmless part is used. */
  name: string;
  bytes: Uint8Array;
  /** Of the new file's name, with its dot. */
  ending: string;
}

/** What follows the person's name for it: a dash, and the first digits of its checksum. */
const SUM_DIGITS = 8;

/** Writes it into the folder, which is made where there is none. The same bytes by the same name stand there once. @returns its path */
export async function keepUpload(folder: string, { name, bytes, ending }: Upload): Promise<string> {
  const sum = createHash('sha256').update(bytes).digest('hex').slice(0, SUM_DIGITS);
  const harmless = path
    .parse(name.replaceAll('\\', '/'))
    .name.normalize('NFKD')
    .replace(/[^\w-]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '');
  const file = path.join(folder, `${harmless || 'file'}-${sum}${ending}`);
  await mkdir(folder, { recursive: true });
  await writeWholeFile(file, [bytes]);
  return file;
}

/** The person's name for a file that keepUpload has written. */
export function uploadedName(file: string): string {
  return path.parse(file).name.slice(0, -SUM_DIGITS - 1);
}
