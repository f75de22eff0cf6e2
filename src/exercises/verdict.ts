/** What a check says of an answer: in words for the student, and as a value for whoever counts. */
import { UserError } from '../errors';

/** console.log prints it as a sentence. */
export interface Verdict {
  /** The name of the task. */
  readonly task: string;
  readonly right: boolean;
  /** What is wrong and what to do about it; of a right answer, that it is right. */
  readonly words: string;
}

/** What an unsolved task throws. */
export class NotWritten extends UserError {
  override name = 'NotWritten';
}

/** The error that stands in an exercise where the answer belongs. `what` is the function's name. */
export function notWritten(what: string): NotWritten {
  return new NotWritten(`${what} is not written yet. Replace the line that throws by your code.`);
}

/** A fault of an answer, in words for the student. A judge throws it. */
export class Fault extends Error {
  override name = 'Fault';
}

/**
 * Judges an answer. Whatever the answer throws is part of the verdict.
 *
 * @param judge throws a Fault where the answer is wrong
 */
export async function checked(task: string, judge: () => void | Promise<void>): Promise<Verdict> {
  try {
    await judge();
    return verdict(task, true, 'right.');
  } catch (error) {
    return verdict(task, false, `not yet. ${inWords(error)}`);
  }
}

function verdict(task: string, right: boolean, words: string): Verdict {
  // What console.log prints, and what a notebook shows.
  const sentence = { value: () => `${task}: ${words}`, enumerable: false };
  return Object.defineProperty({ task, right, words }, Symbol.for('nodejs.util.inspect.custom'), sentence);
}

function inWords(error: unknown): string {
  if (error instanceof Fault || error instanceof NotWritten) return error.message;
  const message = error instanceof Error ? error.message : String(error);
  const shapes = /shape|dimension|rank|axis/i.test(message);
  const advice = shapes
    ? 'Print the shape of each tensor before the line that fails.'
    : 'Run the lines of your function one by one in a new cell.';
  return `Your code stops with an error: ${message.replace(/\.?\s*$/, '.')} ${advice}`;
}
