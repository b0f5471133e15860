import { type DocumentNode, parse } from 'graphql';
import { expect, test } from 'vitest';
import { buildSchema } from '../../../src/app/schema.ts';
import { costOf, type OperationCost, planOf } from '../../../src/graphql/cost/operationCost.ts';
import { collect } from '../../support/collections.ts';

const schema = buildSchema();

function cost(query: string | DocumentNode, variableValues: object = {}): OperationCost {
  const document = typeof query === 'string' ? parse(query) : query;
  return costOf({ schema, document, variableValues: variableValues as Record<string, unknown> });
}

const requested = (query: string, variables?: object): number => cost(query, variables).requested;

/** A statement. */
const base = 5;

test('a page costs a statement and one for each row that it may have, whoever says how many', () => {
  expect(requested('{ products { nodes { id price { amount } } } }')).toBe(base + 20);
  expect(requested('{ products(first: 3) { edges { node { id } } } }')).toBe(base + 3);
  const asked = 'query ($n: Int = 7) { products(last: $n) { nodes { id } } }';
  expect(requested(asked)).toBe(base + 7);
  expect(requested(asked, { n: 50 })).toBe(base + 50);
  expect(requested(asked, { n: null })).toBe(base + 20);
  // Refused when it is read: no page has more than 100 rows.
  expect(requested(asked, { n: 1_000_000 })).toBe(base + 100);
  expect(requested(asked, { n: -5 })).toBe(base);
});

test('what is below a page is paid for each of its rows, and a list in a list has 10', () => {
  const customer = 1;
  const messages = 1 + 5 * (1 + 1);
  expect(
    requested(
      '{ conversations { nodes { customer { name } messages(last: 5) { nodes { author { member { id } } } } } } }',
    ),
  ).toBe(base + 20 * (1 + customer + messages));
  expect(requested('{ customers(first: 2) { nodes { conversations { nodes { id } } } } }')).toBe(
    base + 2 * (1 + 11),
  );
});

test('each alias counts, the same field twice does not, through whatever fragment', () => {
  expect(requested('{ a: viewer { id } b: viewer { id } }')).toBe(2);
  expect(
    requested(
      '{ products(first: 2) { nodes { id } } ...F ... on Query { products(first: 2) { nodes { name } } } } fragment F on Query { products(first: 2) { edges { cursor } } }',
    ),
  ).toBe(base + 2);
});

test('of an interface the dearest kind of object counts', () => {
  const query = `query ($ids: [ID!]!) { nodes(ids: $ids) { id
    ... on Customer { conversations(first: 3) { nodes { id } } }
    ... on Conversation { customer { id } } } }`;
  expect(requested(query, { ids: ['a', 'b'] })).toBe(base + 2 * (1 + 4));
  expect(requested(query.replace('$ids }', '["a"] }').replace('ids: $ids', 'ids: ["a"]'))).toBe(
    base + 5,
  );
});

test('what is skipped costs nothing and is no call', () => {
  const query = `query ($with: Boolean = true) {
    products(first: 4) @include(if: $with) { nodes { id } }
    a: viewer @skip(if: $with) { id }
    b: viewer { id } ... @skip(if: true) { c: viewer { id } } }`;
  const document = parse(query);
  expect(cost(document).requested).toBe(base + 4 + 1);
  expect([...cost(document).calls]).toEqual([
    ['Query.products', 1],
    ['Query.viewer', 1],
  ]);
  expect(cost(document, { with: false }).requested).toBe(2);
  expect([...cost(document, { with: false }).calls]).toEqual([['Query.viewer', 2]]);
});

test.each(['toString', 'constructor', 'hasOwnProperty', '__proto__'])(
  'a variable called $%s that is not sent is its default, not what every object has',
  (name) => {
    const asked = `query ($${name}: Boolean = true) {
    isolationReport @include(if: $${name}) { tables { name } } viewer @skip(if: $${name}) { id } }`;
    expect(requested(asked)).toBe(500);
    expect([...cost(asked).calls]).toEqual([['Query.isolationReport', 1]]);
    const page = `query ($${name}: Int = 90) { products(first: $${name}) { nodes { id } } }`;
    expect(requested(page)).toBe(base + 90);
    expect(requested(page, JSON.parse(`{"${name}": 8}`))).toBe(base + 8);
  },
);

test('a change costs ten, one in bulk two more for each thing that it changes', () => {
  expect(
    requested('mutation ($i: ProductCreateInput!) { productCreate(input: $i) { product { id } } }'),
  ).toBe(10);
  const bulk =
    'mutation ($i: ProductBulkUpsertInput!) { productBulkUpsert(input: $i) { created products { id } } }';
  expect(requested(bulk, { i: { products: [{}, {}, {}] } })).toBe(16);
  expect(
    requested(
      'mutation ($p: [ProductUpsertInput!]!) { productBulkUpsert(input: { products: $p }) { created } }',
      { p: [{}, {}] },
    ),
  ).toBe(14);
});

test('what it came to goes by the rows that were answered', () => {
  const { requested: most, actual } = cost(
    '{ all: conversations { nodes { customer { name } } } viewer { id } }',
  );
  expect(most).toBe(base + 20 * 2 + 1);
  const nodes = [{ customer: { name: 'A' } }, { customer: null }];
  expect(actual({ all: { nodes }, viewer: null })).toBe(base + 2 * 2 + 1);
  expect(actual({ all: { nodes: [] }, viewer: { id: '1' } })).toBe(base + 1);
  expect(actual({ all: null, viewer: null })).toBe(base + 1);
  // Undone as a whole; and never begun.
  expect(actual(null)).toBe(base + 1);
  expect(actual(undefined)).toBe(0);
});

test('nonsense in variables and answers costs no more than was asked for', () => {
  const { requested: most, actual } = cost(
    'query ($n: Int, $ids: [ID!]!) { products(first: $n) { nodes { id } } nodes(ids: $ids) { id } }',
    { n: 'many', ids: 'one' },
  );
  expect(most).toBe(base + 1 + base + 1);
  for (const data of [
    {},
    [],
    'text',
    1,
    { products: 7 },
    { products: { nodes: new Array(999) } },
  ]) {
    expect(actual(data)).toBeLessThanOrEqual(most);
    expect(actual(data)).toBeGreaterThan(0);
  }
});

test('what an argument asks for more is paid where it is given', () => {
  const search = 50;
  expect(requested('{ products(search: "lamp", first: 1) { nodes { id } } }')).toBe(
    base + 1 + search,
  );
  const asked = 'query ($s: String) { products(search: $s, first: 1) { totalCount } }';
  expect([null, 'a'].map((s) => requested(asked, { s }))).toEqual([base + 11, base + 11 + search]);
});

test('one document with other variables is another cost', () => {
  const document = parse('query ($n: Int) { products(first: $n) { nodes { id } } }');
  expect([1, 2, 3, 1].map((n) => cost(document, { n }).requested)).toEqual([6, 7, 8, 6]);
});

test('a plan goes with its document', async () => {
  const plans = Array.from({ length: 20 }, (_, n) => {
    const document = parse(`{ products(first: ${n}) { nodes { id } } }`);
    const asked = { schema, document, variableValues: {} };
    const plan = planOf(asked);
    expect(planOf(asked)).toBe(plan);
    return new WeakRef(plan as object);
  });
  await new Promise((resolve) => setImmediate(resolve));
  collect('major');
  // The last may still be in a register.
  expect(plans.filter((each) => each.deref() !== undefined).length).toBeLessThan(3);
});

test('a plan that is used stays when there is much else, and one that is not goes', () => {
  const asks = (name: string) => ({
    schema,
    document: parse(`query ${name} { products { nodes { id } } }`),
    variableValues: {},
  });
  const [used, unused] = [asks('used'), asks('unused')];
  const plans = { used: planOf(used), unused: planOf(unused) };
  // Some 2 500 fields each, of 200 000 in all.
  const aliases = Array.from({ length: 2_500 }, (_, n) => `a${n}: viewer { id }`).join(' ');
  const large = parse(`{ ${aliases} }`);
  const others = Array.from({ length: 100 }, () => {
    const other = { schema, document: { ...large }, variableValues: {} };
    planOf(other);
    expect(planOf(used)).toBe(plans.used);
    return other; // its document is kept, and its plan with it
  });
  expect(planOf(unused)).not.toBe(plans.unused);
  expect(others).toHaveLength(100);
});

test('plans of documents that are gone leave nothing that grows', async () => {
  const document = parse('{ viewer { id } }');
  const planSome = async (many: number): Promise<number> => {
    for (let n = 0; n < many; n += 1)
      planOf({ schema, document: { ...document }, variableValues: {} });
    // Weak references hold what they were made of until then.
    await new Promise((resolve) => setImmediate(resolve));
    collect('major');
    return process.memoryUsage().heapUsed;
  };
  const before = await planSome(10_000);
  expect((await planSome(30_000)) - before).toBeLessThan(1_500_000);
});
