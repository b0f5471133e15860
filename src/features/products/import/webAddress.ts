import type { ProblemCode } from './draft.ts';
import { importLimits } from './limits.ts';
import { shown, tooLong } from './problem.ts';

/** Says why a text can't be the address of an image that others will load, or `undefined`. */
export function webAddressProblem(
  text: string,
): { code: ProblemCode; message: string } | undefined {
  if (text.length > importLimits.urlLength) {
    return { code: 'TOO_LONG', message: tooLong(text, importLimits.urlLength) };
  }
  const url = /\s/.test(text) ? null : URL.parse(text);
  if (url === null) return invalid(`${shown(text)} is not one complete address (https://…).`);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return invalid(`${shown(text)} must start with https:// or http://.`);
  }
  if (url.username + url.password === '') return undefined;
  return invalid('The address holds a password or a user name that everyone would see; remove it.');
}

function invalid(message: string): { code: ProblemCode; message: string } {
  return { code: 'INVALID_URL', message };
}
