/**
 * A mistake that the person at the keyboard can mend: a path that does not exist, a layer that the network does not have.
 * The message is one sentence that says what was expected, what came, and what to do. The command line prints it without a stack
 * trace and exits with code 2; everything else that is thrown is a fault of the program.
 */
export class UserError extends Error {
  override name = 'UserError';

  /** How a notebook and console.log show it: the sentence, without the stack. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.message;
  }
}
