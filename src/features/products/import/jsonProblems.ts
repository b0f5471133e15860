import type { z } from 'zod';
import type { ProblemCode, RowProblem } from './draft.ts';
import { jsonFieldNames } from './jsonSchema.ts';
import { shown } from './problem.ts';

type Issue = z.core.$ZodIssue;
type Found = Pick<RowProblem, 'column' | 'code' | 'message'>;

/** Says in our codes and words what zod found in one line's object. */
export function problemsOf(error: z.ZodError, object: unknown): Found[] {
  return error.issues.flatMap((issue) => {
    const path = pathText(issue.path, object);
    if (issue.code !== 'unrecognized_keys') return [{ column: path, ...explain(issue, object) }];
    return issue.keys.map((key) => ({
      column: path === null ? key : `${path}.${key}`,
      code: 'UNKNOWN_FIELD' as const,
      message: unknownField(key, issue.path),
    }));
  });
}

function explain(issue: Issue, object: unknown): Pick<RowProblem, 'code' | 'message'> {
  switch (issue.code) {
    case 'custom': {
      const code = issue.params?.code;
      return { code: isCode(code) ? code : 'INVALID_VALUE', message: issue.message };
    }
    case 'invalid_type':
      return valueAt(object, issue.path) === undefined
        ? { code: 'MISSING_FIELD', message: `The field is missing; it must be ${kind(issue)}.` }
        : { code: 'INVALID_TYPE', message: `The value must be ${kind(issue)}.` };
    case 'too_big':
      return tooBig(issue);
    case 'too_small':
      return issue.origin === 'number'
        ? { code: 'NEGATIVE_NUMBER', message: `The number must be ${issue.minimum} or more.` }
        : { code: 'INVALID_VALUE', message: 'The value must not be empty.' };
    case 'invalid_value':
      return { code: 'INVALID_VALUE', message: `Write one of ${issue.values.join(', ')}.` };
    default:
      return { code: 'INVALID_VALUE', message: 'The value is not allowed here.' };
  }
}

function tooBig(issue: Extract<Issue, { code: 'too_big' }>): Pick<RowProblem, 'code' | 'message'> {
  const most = String(issue.maximum);
  if (issue.origin === 'string') {
    return { code: 'TOO_LONG', message: `The text may have at most ${most} characters.` };
  }
  if (issue.origin === 'array') {
    return { code: 'TOO_MANY', message: `The list may have at most ${most} entries.` };
  }
  return { code: 'NUMBER_TOO_LARGE', message: `The number may be at most ${most}.` };
}

function kind(issue: Extract<Issue, { code: 'invalid_type' }>): string {
  const last = issue.path.at(-1);
  if (last === 'price')
    return 'text such as "19.90", or {"amount": "19.90", "currencyCode": "EUR"}';
  if (last === 'amount' || last === 'compareAtPrice') return 'decimal text such as "19.90"';
  const words: Record<string, string> = {
    string: 'a text',
    int: 'a whole number',
    number: 'a number',
    array: 'a list […]',
    object: 'an object {…}',
    record: 'an object {…}',
  };
  return words[issue.expected] ?? issue.expected;
}

const codes: readonly string[] = [
  'INVALID_NUMBER',
  'NEGATIVE_NUMBER',
  'TOO_MANY_DECIMALS',
  'NUMBER_TOO_LARGE',
  'INVALID_CURRENCY',
  'INVALID_URL',
  'TOO_LONG',
] satisfies ProblemCode[];

function isCode(code: unknown): code is ProblemCode {
  return typeof code === 'string' && codes.includes(code);
}

function valueAt(object: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined,
    object,
  );
}

/** `variants[2].price`; a price that is written as text has no `amount` of its own. */
function pathText(path: readonly PropertyKey[], object: unknown): string | null {
  const written = typeof valueAt(object, path.slice(0, -1)) === 'string' ? path.slice(0, -1) : path;
  const text = written
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('');
  return text === '' ? null : text.replace(/^\./, '');
}

function unknownField(key: string, path: readonly PropertyKey[]): string {
  const place = path.findLast((step) => typeof step === 'string');
  const known =
    Object.entries(jsonFieldNames).find(([name]) => name === place)?.[1] ?? jsonFieldNames.product;
  const nearest = known.toSorted((a, b) => distance(key, a) - distance(key, b))[0] ?? '';
  const near = distance(key, nearest) <= Math.max(2, nearest.length / 2);
  const advice = near ? `Did you mean ${nearest}?` : `Known here: ${known.join(', ')}.`;
  return `There is no field ${shown(key)}. ${advice}`;
}

/** Levenshtein's distance, whatever the case; of a long key only the first characters count. */
function distance(left: string, right: string): number {
  const a = left.slice(0, 40).toLowerCase();
  const b = right.toLowerCase();
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
