/** How the studio's routes read what they are asked, and answer. */
import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { UserError } from '../errors';
import { SETTINGS, type SettingName } from '../settings';
import type { Refusal } from './protocol';

/** Bytes of a JSON body. */
const MOST_JSON = 2 ** 20;

/** Bytes of a picture, or of a network. */
export const MOST_UPLOAD = 64 * 2 ** 20;

/** Refuses a body of more than so many bytes before it is read. */
export function atMost(bytes: number): MiddlewareHandler {
  return bodyLimit({
    maxSize: bytes,
    onError: (context) =>
      context.json(
        { error: `This is larger than ${bytes / 2 ** 20} MB. Choose a smaller file.` } satisfies Refusal,
        413,
      ),
  });
}

/** For routes that read JSON. */
export const json = atMost(MOST_JSON);

/** @throws UserError where the body is not a JSON object */
export async function readJson<T extends object>(context: Context): Promise<T> {
  const value: unknown = await context.req.json().catch(() => undefined);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as T;
  throw new UserError('The request is not a JSON object. Reload the page.');
}

export function send(context: Context, bytes: Buffer, type: string): Response {
  return context.body(new Uint8Array(bytes), 200, { 'Content-Type': type });
}

/** The longer side of a thumbnail as it is asked for, in pixels. */
export function sideOf(context: Context): number {
  return Math.min(Math.max(Math.trunc(Number(context.req.query('side'))) || 320, 16), 4096);
}

/** An error as an answer: what the person can correct, and in all other cases a fault of the program, which is printed too. */
export function refused(error: Error, context: Context): Response {
  const isTheirs = error instanceof UserError;
  if (!isTheirs) console.error(error);
  // readSettings begins its sentences with the setting's name.
  const [word] = error.message.split(' ');
  const refusal: Refusal = {
    error: isTheirs ? error.message : `The studio has a fault: ${error.message}. See where it was started.`,
    ...(Object.hasOwn(SETTINGS, word) && { setting: word as SettingName }),
  };
  const status: ContentfulStatusCode = isTheirs ? 422 : 500;
  return context.json(refusal, status);
}
