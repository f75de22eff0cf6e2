/** Messages of the Jupyter protocol, as they go over ZeroMQ: https://jupyter-client.readthedocs.io/en/stable/messaging.html */
import { createHmac, randomUUID } from 'node:crypto';
import type { MimeBundle } from './ipynb';

export interface Message {
  header: { msg_id: string; msg_type: string };
  parentId: string | undefined;
  content: {
    status?: string;
    execution_state?: string;
    name?: 'stdout' | 'stderr';
    text?: string;
    data?: MimeBundle;
    metadata?: Record<string, unknown>;
    transient?: { display_id?: string };
  };
}

const DELIMITER = Buffer.from('<IDS|MSG>');

/** A signed message, in frames. */
export function encode(
  type: string,
  content: object,
  key: string,
): { id: string; frames: (string | Buffer)[] } {
  const id = randomUUID();
  const header = {
    msg_id: id,
    msg_type: type,
    username: 'wheatfield',
    session: 'wheatfield',
    date: new Date().toISOString(),
    version: '5.3',
  };
  const parts = [header, {}, {}, content].map((part) => JSON.stringify(part));
  return { id, frames: [DELIMITER, sign(parts, key), ...parts] };
}

/**
 * Reads the frames of a message.
 *
 * @throws Error where the signature is wrong
 */
export function decode(frames: readonly Buffer[], key: string): Message {
  const start = frames.findIndex((frame) => frame.equals(DELIMITER)) + 1;
  const [signature, header, parent, metadata, content] = frames.slice(start).map(String) as [
    string,
    string,
    string,
    string,
    string,
  ];
  if (signature !== sign([header, parent, metadata, content], key)) {
    throw new Error("A message's signature is wrong: the kernel did not send it.");
  }
  return {
    header: JSON.parse(header) as Message['header'],
    parentId: (JSON.parse(parent) as Partial<Message['header']>).msg_id,
    content: JSON.parse(content) as Message['content'],
  };
}

function sign(parts: readonly string[], key: string): string {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return hmac.digest('hex');
}
