import { type PrepareOptions, prepareTransfer } from './prepare';
import { type SettingName, type Settings, readSettings } from './settings';
import { type TransferEvent, transfer } from './transfer';

export interface StyleTransferOptions extends PrepareOptions {
  /** What departs from the defaults, such as CHAPTER. */
  preset?: Partial<Settings>;
  /** When aborted, the run ends after the L-BFGS step at hand. */
  signal?: AbortSignal;
}

/**
 * A whole transfer in one call: for await (const event of styleTransfer({ content: 'a.jpg', style: 'b.jpg' })). It writes no files;
 * each 'iteration' event holds its picture.
 *
 * @param given settings by name, at least content and style; the others have the defaults of settings.ts
 * @throws UserError for a setting, picture, layer or weights that cannot be used
 */
export async function* styleTransfer(
  given: Partial<Record<SettingName, unknown>>,
  { preset, signal, ...options }: StyleTransferOptions = {},
): AsyncGenerator<TransferEvent, void, void> {
  const settings = readSettings(given, preset);
  const prepared = await prepareTransfer(settings, options);
  try {
    yield* transfer(prepared, { ...settings, signal });
  } finally {
    await prepared.dispose();
  }
}
