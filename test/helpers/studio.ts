/** A studio with the tiny network in a folder of its own, and what a client asks of it. */
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { type IncomingMessage, type RequestOptions, request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Message, StudioState } from '../../src/studio/protocol';
import { type Studio, openStudio } from '../../src/studio/server';
import { reduce, EMPTY } from '../../src/studio/state';
import { openTinyVgg19 } from './tinyVgg19';

const IMG = path.join(__dirname, '..', '..', 'img');
export const CONTENT = 'bazille_ramparts_aigues-mortes_1867.png';
export const STYLE = 'vangogh_village_street_auvers_1890.png';

export interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

export interface TestStudio {
  studio: Studio;
  folder: string;
  port: number;
  token: string;
  /** Sends a request as it is written, whatever fetch would forbid. */
  send(path: string, options?: RequestOptions, body?: Uint8Array | string): Promise<Answer>;
  /** An address below the token. */
  at(path: string): string;
  /** GET of JSON, with the token. */
  get<T>(path: string): Promise<T>;
  /** POST of JSON, with the token; the answer's status and value. */
  post(
    path: string,
    value?: object,
  ): Promise<{ status: number; value: { error?: string; setting?: string } }>;
  /** Follows the events until the state is as wanted. */
  until(isReached: (state: StudioState) => boolean): Promise<StudioState>;
  close(): Promise<void>;
}

/** @param earlier the folder of a studio that is closed, which stays; default a new one, which is removed at the end */
export async function openTestStudio(earlier?: string): Promise<TestStudio> {
  const folder = earlier ?? (await newTestFolder());
  const studio = await openStudio({ folder, openNetwork: openTinyVgg19 });
  const { port, searchParams } = new URL(studio.address);
  const token = searchParams.get('token') ?? '';
  const at = (below: string) => `/${token}/${below}`;
  const send: TestStudio['send'] = (address, options = {}, body) =>
    new Promise((resolve, reject) => {
      const sent = request(
        { host: '127.0.0.1', port, path: address, agent: false, ...options },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(chunks),
            }),
          );
          response.on('error', reject);
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  return {
    studio,
    folder,
    port: Number(port),
    token,
    at,
    send,
    async get<T>(below: string) {
      return JSON.parse((await send(at(below))).body.toString()) as T;
    },
    async post(below, value = {}) {
      const headers = { 'Content-Type': 'application/json' };
      const { status, body } = await send(at(below), { method: 'POST', headers }, JSON.stringify(value));
      return { status, value: JSON.parse(body.toString()) as { error?: string } };
    },
    async until(isReached) {
      const gone = new AbortController();
      const response = await fetch(`http://127.0.0.1:${port}${at('api/events')}`, { signal: gone.signal });
      let state = EMPTY;
      let text = '';
      const decoder = new TextDecoder();
      try {
        for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
          text += decoder.decode(chunk, { stream: true });
          const parts = text.split('\n\n');
          text = parts.pop() ?? '';
          for (const part of parts.filter((each) => each.startsWith('data: '))) {
            const message = JSON.parse(part.slice('data: '.length)) as Message;
            state = message.type === 'state' ? message.state : message.changes.reduce(reduce, state);
            if (isReached(state)) return state;
          }
        }
        throw new Error('The line of events ended.');
      } finally {
        gone.abort();
      }
    },
    async close() {
      await studio.close();
      if (earlier === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A folder with a pair of pictures in its img/. */
export async function newTestFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'wheatfield-studio-'));
  await mkdir(path.join(folder, 'img'));
  for (const name of [CONTENT, STYLE]) await cp(path.join(IMG, name), path.join(folder, 'img', name));
  return folder;
}
