import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TenantTransaction } from '../../src/db/database.ts';
import {
  conversationOrder,
  findConversationPage,
  findConversationsByIds,
} from '../../src/features/conversations/conversations.queries.ts';
import {
  findCustomerPage,
  findCustomersByIds,
} from '../../src/features/customers/customers.queries.ts';
import {
  findProductPage,
  findProductsByIds,
  type ProductSelection,
  productOrder,
} from '../../src/features/products/products.queries.ts';
import type { Page } from '../../src/lib/pagination.ts';
import {
  createTwoTenants,
  type OpenedDatabase,
  type TwoTenants,
} from '../db/support/twoTenants.ts';

// What may share a connection with others, who wait for it: found by an index, and short. The rest goes alone.

let world: TwoTenants;
let db: OpenedDatabase;

beforeAll(async () => {
  world = await createTwoTenants();
  db = world.open({ poolSize: 1 });
});
afterAll(() => world.close());

const first: Page = { size: 20, limit: 21, backwards: false, after: null, before: null };
const all: ProductSelection = { search: null, filter: null };
const lamps: ProductSelection = { search: null, filter: { category: { eq: 'Lamps' } } };
const found: ProductSelection = {
  search: { kind: 'QUERY', query: 'lamp', newest: null },
  filter: null,
};
const newest = productOrder('CREATED_AT', true);
const byPrice = productOrder('PRICE', false);
const id = '00000000-0000-4000-8000-000000000000';
const ids = { ids: [id] };
const bare = { columns: ['subject'], embeds: { shape: '', values: {}, select: () => ({}) } };
const inbox = conversationOrder('LAST_MESSAGE_AT', true);
const behind: Page = { ...first, after: ['1', id] };

type Read = (tx: TenantTransaction) => Promise<unknown>;

const light: [string, Read][] = [
  ['a page of products', (tx) => findProductPage(tx, all, newest, first, ['name'])],
  ['the first by price', (tx) => findProductPage(tx, all, byPrice, first, ['name'])],
  ['a product by its id', (tx) => findProductsByIds(tx, ids, ['name'])],
  ['a page of customers', (tx) => findCustomerPage(tx, {}, first, ['name'])],
  ['a page of conversations', (tx) => findConversationPage(tx, {}, inbox, first, bare)],
  ['a conversation by its id', (tx) => findConversationsByIds(tx, ids, ['subject'])],
];
const heavy: [string, Read][] = [
  ['products with descriptions', (tx) => findProductPage(tx, all, newest, first, ['description'])],
  ['all of the products’ columns', (tx) => findProductPage(tx, all, newest, first, null)],
  ['filtered products', (tx) => findProductPage(tx, lamps, newest, first, ['name'])],
  ['products behind a price', (tx) => findProductPage(tx, all, byPrice, behind, ['name'])],
  ['products that a search found', (tx) => findProductPage(tx, found, newest, first, ['name'])],
  ['a product with its images', (tx) => findProductsByIds(tx, ids, ['images'])],
  ['all of a product', (tx) => findProductsByIds(tx, ids)],
  ['customers with metadata', (tx) => findCustomerPage(tx, {}, first, ['metadata'])],
  ['filtered customers', (tx) => findCustomerPage(tx, { name: { eq: 'x' } }, first, ['name'])],
  ['customers by their ids', (tx) => findCustomersByIds(tx, ids, ['name'])],
  [
    'filtered conversations',
    (tx) => findConversationPage(tx, { status: { eq: 'OPEN' } }, inbox, first, bare),
  ],
];

test.each([
  ...light.map(([what, read]) => [what, 'light', read] as const),
  ...heavy.map(([what, read]) => [what, 'heavy', read] as const),
])('%s: %s', async (_what, expected, read) => {
  const weights: string[] = [];
  await db.withTenant(world.a, { mode: 'read' }, async (tx) => {
    const run: TenantTransaction['run'] = (request, decode) => {
      weights.push(request.light ? 'light' : 'heavy');
      return tx.run(request, decode);
    };
    await read(Object.defineProperty(Object.create(tx), 'run', { value: run }));
  });
  expect(weights).toEqual([expected]);
});
