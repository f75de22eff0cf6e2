/** What the page asks of the server. Addresses are relative to the page's own, which holds the token. */
import type { Refusal } from '../../src/studio/protocol';

/** An error that the server answers: a problem and its fix, in two sentences. */
export class Refused extends Error {
  readonly setting: Refusal['setting'];

  constructor({ error, setting }: Refusal) {
    super(error);
    this.setting = setting;
  }
}

const AWAY: Refusal = {
  error: 'The studio does not answer. Check that it still runs where you started it.',
};

/**
 * Asks for a JSON value.
 *
 * @throws Refused with the server's sentences, or one that says that it does not answer
 */
export async function ask<T>(path: string, init?: RequestInit): Promise<T> {
  const response = await fetch(`api/${path}`, init).catch(() => {
    throw new Refused(AWAY);
  });
  const body = (await response.json().catch(() => AWAY)) as T | Refusal;
  if (!response.ok) throw new Refused(body as Refusal);
  return body as T;
}

/** Asks by POST, with a JSON body. */
export function tell<T>(path: string, body: object = {}): Promise<T> {
  return ask(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
}
