/**
 * A mistake that the person at the keyboard can correct: a path that does not exist, a layer that the network does not have.
 * The message says the problem, then the fix, in two short sentences. The command line prints it without a stack trace and exits with
 * code 2; everything else that is thrown is a fault of the program. An error that led to this one is its `cause`.
 */
export class UserError extends Error {
  override name = 'UserError';

  /** How a notebook and console.log show it: the sentence, without the stack. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.message;
  }
}
