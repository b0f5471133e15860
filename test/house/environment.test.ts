import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { describe, expect, test } from 'vitest';
import { environmentSchema } from '../../src/config.ts';

const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
const known = Object.keys(environmentSchema.shape);

interface ExampleLine {
  readonly name: string;
  /** `# NAME=value`: not set by default; the value is an example. */
  readonly isUnset: boolean;
  readonly value: string;
  readonly comment: string;
}

/** The variables in the order of the file, each with the block of comment lines right above it. */
function readExample(): ExampleLine[] {
  const found: ExampleLine[] = [];
  let comment = '';
  for (const line of example.split('\n')) {
    const [, hash, name, value] = /^(# ?)?([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) {
      found.push({ name, isUnset: hash !== undefined, value, comment: comment.trim() });
      comment = '';
    } else {
      comment = line.startsWith('#') ? `${comment} ${line.slice(1).trim()}` : '';
    }
  }
  return found;
}

describe('.env.example', () => {
  const lines = readExample();

  test('names every variable that the config reads, once, and no other', () => {
    expect(lines.map(({ name }) => name).toSorted()).toEqual(known.toSorted());
  });

  test.each(lines)('explains $name right above it', ({ comment }) => {
    expect(comment.split(' ').length).toBeGreaterThanOrEqual(4);
  });

  test('copied to .env as it is, it changes nothing', () => {
    expect(environmentSchema.parse(parseEnv(example))).toEqual(environmentSchema.parse({}));
  });

  test.each(lines.filter(({ isUnset }) => isUnset))('$name has an example that loads', (line) => {
    const parsed = environmentSchema.safeParse({ ...parseEnv(example), [line.name]: line.value });
    const issues = parsed.error?.issues ?? [];
    expect(issues.filter(({ path }) => path[0] === line.name)).toEqual([]);
  });
});
