/**
 * The least and the greatest of any number of numbers: one for each entry of a table may be more
 * than a call can have arguments, and `Math.min(...numbers)` fails from about a hundred thousand.
 */

/** Infinity where there are none, as Math.min has it. */
export const least = (numbers: Iterable<number>): number => {
  let found = Number.POSITIVE_INFINITY;
  for (const number of numbers) if (number < found) found = number;
  return found;
};

/** -Infinity where there are none, as Math.max has it. */
export const greatest = (numbers: Iterable<number>): number => {
  let found = Number.NEGATIVE_INFINITY;
  for (const number of numbers) if (number > found) found = number;
  return found;
};
