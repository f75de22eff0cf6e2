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
 * Asks for anything.
 *
 * @throws Refused with the server's sentences, or one that says that it does not answer
 */
export async function fetched(path: string, init?: RequestInit): Promise<Response> {
  const response = await fetch(`api/${path}`, init).catch(() => {
    throw new Refused(AWAY);
  });
  if (!response.ok) throw new Refused((await response.json().catch(() => AWAY)) as Refusal);
  return response;
}

/** Asks for a JSON value. Errors as fetched's. */
export async function ask<T>(path: string, init?: RequestInit): Promise<T> {
  const response = await fetched(path, init);
  return response.json().catch(() => {
    throw new Refused(AWAY);
  }) as Promise<T>;
}

/** Asks by POST, with a JSON body. */
export function tell<T>(path: string, body: object = {}): Promise<T> {
  return ask(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** Sends a file as it is, with its name. */
export function hand<T>(path: string, file: File): Promise<T> {
  return ask(`${path}?name=${encodeURIComponent(file.name)}`, { method: 'POST', body: file });
}
