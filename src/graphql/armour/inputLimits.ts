import { PublicError } from '../../lib/errors.ts';

/** Bulk mutations take 500 at once, `nodes` 100. Nothing that reads a list has to be afraid of its length. */
const mostItems = 1_000;

/** Throws where a list in an operation's variables is longer than any that it may have. */
export function requireShortLists(variables: unknown): void {
  if (typeof variables !== 'object' || variables === null) return;
  if (Array.isArray(variables)) {
    if (variables.length > mostItems) {
      throw new PublicError(
        'BAD_USER_INPUT',
        `A list in the variables has ${variables.length} items; ${mostItems} is the most.`,
      );
    }
    for (const each of variables) requireShortLists(each);
    return;
  }
  for (const value of Object.values(variables)) requireShortLists(value);
}
