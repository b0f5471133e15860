import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { features } from '../../src/auth/gates.ts';
import { environmentSchema } from '../../src/config.ts';
import { meters } from '../../src/features/usage/meters.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const documents = globSync('**/*.md', { cwd: root, exclude: ['**/node_modules', '.git', '.data'] });
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** Beside what the server reads: of the tests, of the bench and of PostGraphile. */
const known = new Set([
  ...Object.keys(environmentSchema.shape),
  'TEST_DATABASE_URL',
  'BENCH_DATABASE_URL',
  'GRAPHILE_ENV',
]);

/** An error's code is written alike; a setting ends as one of ours does: `…_URL`, `…_DAYS`. */
const endings = new Set([...known].map((name) => name.split('_').at(-1)));
const notSettings: ReadonlySet<string> = new Set(features);
const looksLikeSetting = (name: string): boolean =>
  endings.has(name.split('_').at(-1)) && !notSettings.has(name);

const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

/** As GitHub makes them of headings. */
const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

test('there are documents to look at', () => {
  expect(documents).toEqual(expect.arrayContaining(['README.md', 'docs/accounts.md']));
});

describe.each(documents)('%s', (file) => {
  const text = read(file);

  test('leads to no file and no heading that is not there', () => {
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
    const dead = links.filter((link) => {
      if (/^[a-z]+:/.test(link)) return false;
      const [to = '', anchor] = link.split('#');
      const target = to === '' ? file : path.join(path.dirname(file), to);
      if (!existsSync(path.join(root, target))) return true;
      return anchor !== undefined && !anchorsOf(read(target)).includes(anchor);
    });
    expect(dead).toEqual([]);
  });

  test('names no variable of the environment that nobody reads', () => {
    const named = [...text.matchAll(/(?:^|[\s`(])([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)[=`]/gm)];
    const settings = named.map(([, name = '']) => name).filter(looksLikeSetting);
    const unread = settings.filter((name) => !known.has(name) && !(name in meters));
    expect(unread).toEqual([]);
  });

  test('names no npm script that is not there', () => {
    const named = [...text.matchAll(/npm run ([a-z:]+)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});
