import { expect, test } from 'vitest';
import type { OperationContext } from '../../src/graphql/context.ts';
import { defineColumnLoader } from '../../src/graphql/loader.ts';

function setUp() {
  const asked: unknown[] = [];
  const load = defineColumnLoader<{ id: string }>(
    async (_tx, keys, columns) => {
      asked.push([keys, columns]);
      return keys.filter((key) => key !== 'none').map((id) => ({ id }));
    },
    ({ id }) => id,
  );
  const context = { loaders: new Map(), tx: {} } as unknown as OperationContext;
  return { asked, load: (key: string, columns: string[] | null) => load(context, key, columns) };
}

test('what is asked for at once is one statement, which reads what any of it is asked for', async () => {
  const { asked, load } = setUp();
  const later = Promise.resolve().then(() => load('c', ['sku']));
  const found = await Promise.all([
    load('a', ['name']),
    load('none', ['name']),
    load('a', []),
    later,
  ]);
  expect(found).toEqual([{ id: 'a' }, null, { id: 'a' }, { id: 'c' }]);
  expect(asked).toEqual([
    [
      ['a', 'none', 'c'],
      ['name', 'sku'],
    ],
  ]);
});

test('what is asked for when the first answer is there is found by a statement of its own', async () => {
  const { asked, load } = setUp();
  await load('a', null);
  expect(await load('b', ['name'])).toEqual({ id: 'b' });
  expect(asked).toEqual([
    [['a'], null],
    [['b'], ['name']],
  ]);
});

test('a statement that fails fails for all that asked for it', async () => {
  const load = defineColumnLoader<{ id: string }>(
    () => Promise.reject(new Error('gone')),
    ({ id }) => id,
  );
  const context = { loaders: new Map(), tx: {} } as unknown as OperationContext;
  const settled = await Promise.allSettled([load(context, 'a', null), load(context, 'b', null)]);
  expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});
