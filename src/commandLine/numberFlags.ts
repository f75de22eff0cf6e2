/** Numbers among flags, checked. */
import { UserError } from '../errors';

export interface Range {
  least: number;
  most: number;
}

/** @throws UserError where it is no number of the range */
export function numberFlag(
  flag: string,
  given: string | undefined,
  otherwise: number,
  { least, most }: Range,
): number {
  if (given === undefined) return otherwise;
  const value = given.trim() === '' ? NaN : Number(given);
  if (value >= least && value <= most) return value;
  throw new UserError(`${flag} ${given} is out of range. Choose a number from ${least} to ${most}.`);
}

/** @throws UserError where it is no whole number of the range */
export function wholeFlag(
  flag: string,
  given: string | undefined,
  { least, most }: Range,
): number | undefined {
  if (given === undefined) return undefined;
  const value = /^\d+$/.test(given) ? Number(given) : NaN;
  if (value >= least && value <= most) return value;
  throw new UserError(`${flag} ${given} is out of range. Choose a whole number from ${least} to ${most}.`);
}
