import { PublicError } from '../../lib/errors.ts';

/** A product may have 2 048 variants, a bulk mutation takes 500 products, `nodes` 100 ids. */
export const mostItems = 2_500;

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
