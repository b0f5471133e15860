import { PublicError } from './errors.ts';

const longestPhrase = 200;

/**
 * What a client looks for, without the blanks around it; null when there is nothing else. Throws
 * BAD_USER_INPUT, naming the argument, for what is too long or what Postgres cannot hold.
 */
export function readPhrase(argument: string, given: string | null | undefined): string | null {
  const phrase = given?.trim() || null;
  if (phrase === null) return null;
  if (phrase.length > longestPhrase) {
    throw new PublicError(
      'BAD_USER_INPUT',
      `"${argument}" may have at most ${longestPhrase} characters; it has ${phrase.length}.`,
    );
  }
  if (phrase.includes('\0') || !phrase.isWellFormed()) {
    throw new PublicError(
      'BAD_USER_INPUT',
      `"${argument}" may not contain a NUL character or half of a surrogate pair.`,
    );
  }
  return phrase;
}
