import type { ProblemCode } from './draft.ts';
import { importLimits } from './limits.ts';

/**
 * Finds what Postgres can't store in a JSON value: NUL, half a surrogate pair, nesting beyond any
 * use. It walks with a list of its own, since JSON.parse accepts a nesting at which recursion, and
 * JSON.stringify with it, overflows the stack.
 */
export function textProblem(value: unknown): { code: ProblemCode; message: string } | undefined {
  const waiting: { value: unknown; depth: number }[] = [{ value, depth: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value: found, depth } = next;
    if (typeof found === 'string') {
      if (found.includes('\0')) return { code: 'INVALID_CHARACTER', message: nul };
      if (!found.isWellFormed()) return { code: 'INVALID_CHARACTER', message: surrogate };
    } else if (typeof found === 'object' && found !== null) {
      if (depth > importLimits.metadataDepth) {
        const message = `The line is nested more than ${importLimits.metadataDepth} levels deep.`;
        return { code: 'TOO_DEEP', message };
      }
      for (const [key, inner] of Object.entries(found)) {
        waiting.push({ value: key, depth }, { value: inner, depth: depth + 1 });
      }
    }
  }
  return undefined;
}

const nul = 'A text holds a NUL character (\\u0000); remove it.';
const surrogate =
  'A text holds half of a surrogate pair (\\ud800 to \\udfff); write the whole character.';
