import { decodeId, encodeId } from '../../src/lib/ids.ts';
import type { Seeded } from './database/seedBench.ts';

export const workloadNames = ['products', 'nested', 'product', 'create'] as const;
export type WorkloadName = (typeof workloadNames)[number];
export type ServerName = 'tenantry' | 'postgraphile';

interface Request {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
}

/** The same question to both servers: the same fields of the same rows, in each one's own words. */
export interface Workload {
  readonly name: WorkloadName;
  readonly title: string;
  readonly writes: boolean;
  /** Asked in turn. `__UUID__` and `__UNIQUE__` are filled in anew for each request. */
  requests(server: ServerName, seeded: Seeded): Request[];
  /** Part of every right answer; one without it counts as an error. */
  readonly marker: Readonly<Record<ServerName, string>>;
  /** What was answered, in words that both servers share. */
  rows(server: ServerName, data: Json): unknown;
}

/** An answer as JSON.parse gives it. */
export type Json = ReturnType<typeof JSON.parse>;

const page = 'pageInfo { hasNextPage hasPreviousPage startCursor endCursor }';
const ours = 'id name sku status price { amount currencyCode }';
const theirs = 'rowId name sku status priceAmount priceCurrency';

const products: Workload = {
  name: 'products',
  title: 'products page (20, newest first)',
  writes: false,
  requests: (server) => [
    server === 'tenantry'
      ? {
          query: `query Products { products(first: 20, orderBy: { key: CREATED_AT, direction: DESC }) {
            edges { node { ${ours} } } ${page} } }`,
        }
      : {
          query: `query Products { allProducts(first: 20, orderBy: [CREATED_AT_DESC, ROW_ID_DESC]) {
            edges { node { ${theirs} } } ${page} } }`,
        },
  ],
  marker: { tenantry: '"hasNextPage":true', postgraphile: '"hasNextPage":true' },
  rows: (server, data) => nodes(data.products ?? data.allProducts).map(readProduct(server)),
};

const nested: Workload = {
  name: 'nested',
  title: 'nested page (20 conversations, last 5 messages, authors)',
  writes: false,
  requests: (server) => [
    server === 'tenantry'
      ? {
          query: `query Conversations {
            conversations(first: 20, orderBy: { key: LAST_MESSAGE_AT, direction: DESC }) {
              edges { node { id subject status lastMessageAt
                messages(last: 5) { edges { node { id body direction createdAt
                  author { member { id name } customer { id name } } } } } } } ${page} } }`,
        }
      : {
          query: `query Conversations {
            allConversations(first: 20, orderBy: [LAST_MESSAGE_AT_DESC, ROW_ID_DESC]) {
              edges { node { rowId subject status lastMessageAt
                messagesByTenantIdAndConversationId(last: 5, orderBy: [CREATED_AT_ASC, ROW_ID_ASC]) {
                  edges { node { rowId body direction createdAt
                    memberByTenantIdAndAuthorMemberId { rowId name }
                    customerByTenantIdAndAuthorCustomerId { rowId name } } } } } } ${page} } }`,
        },
  ],
  marker: { tenantry: '"hasNextPage":true', postgraphile: '"hasNextPage":true' },
  rows: (server, data) => {
    const id = idOf(server);
    const person = (one: Json) => (one ? { id: id(one), name: one.name } : null);
    return nodes(data.conversations ?? data.allConversations).map((row) => ({
      id: id(row),
      subject: row.subject,
      status: row.status,
      lastMessageAt: Date.parse(row.lastMessageAt),
      messages: nodes(row.messages ?? row.messagesByTenantIdAndConversationId).map((message) => ({
        id: id(message),
        body: message.body,
        direction: message.direction,
        createdAt: Date.parse(message.createdAt),
        member: person(message.author?.member ?? message.memberByTenantIdAndAuthorMemberId),
        customer: person(message.author?.customer ?? message.customerByTenantIdAndAuthorCustomerId),
      })),
    }));
  },
};

const product: Workload = {
  name: 'product',
  title: 'product by id',
  writes: false,
  requests: (server, { productIds, reading }) =>
    productIds.map((id) =>
      server === 'tenantry'
        ? {
            query: `query Product($id: ID!) { product(id: $id) { ${ours} } }`,
            variables: { id: encodeId('Product', id) },
          }
        : {
            query: `query Product($tenant: UUID!, $id: UUID!) {
              productByTenantIdAndRowId(tenantId: $tenant, rowId: $id) { ${theirs} } }`,
            variables: { tenant: reading.id, id },
          },
    ),
  marker: { tenantry: '"sku":"SKU-', postgraphile: '"sku":"SKU-' },
  rows: (server, data) => readProduct(server)(data.product ?? data.productByTenantIdAndRowId),
};

const create: Workload = {
  name: 'create',
  title: 'create product',
  writes: true,
  requests: (server, { writing }) => {
    const fields = { name: 'A new product', sku: 'NEW-__UNIQUE__', status: 'ACTIVE' };
    return server === 'tenantry'
      ? [
          {
            query: `mutation Create($input: ProductCreateInput!) { productCreate(input: $input) {
              product { ${ours} } userErrors { code message } } }`,
            variables: {
              input: {
                ...fields,
                id: '__UUID__',
                price: { amount: '12.5000', currencyCode: 'EUR' },
              },
            },
          },
        ]
      : [
          {
            query: `mutation Create($input: CreateProductInput!) { createProduct(input: $input) {
              product { ${theirs} } } }`,
            variables: {
              input: {
                product: {
                  ...fields,
                  tenantId: writing.id,
                  rowId: '__UUID__',
                  priceAmount: '12.5000',
                  priceCurrency: 'EUR',
                },
              },
            },
          },
        ];
  },
  marker: { tenantry: '"userErrors":[]', postgraphile: '"sku":"NEW-' },
  // Each creates its own: what must be equal is everything but the id and the SKU.
  rows: (server, data) => {
    const made = readProduct(server)((data.productCreate ?? data.createProduct).product);
    return { ...made, id: null, sku: null };
  },
};

export const workloads: Readonly<Record<WorkloadName, Workload>> = {
  products,
  nested,
  product,
  create,
};

const nodes = (connection: Json): Json[] => connection.edges.map((edge: Json) => edge.node);

const idOf = (server: ServerName) => (row: Json) =>
  server === 'tenantry' ? (decodeId(row.id)?.uuid ?? null) : row.rowId;

const readProduct = (server: ServerName) => (row: Json) => ({
  id: idOf(server)(row),
  name: row.name,
  sku: row.sku,
  status: row.status,
  // Tenantry says "12.5" or "12.5000", PostGraphile what Postgres does: the number is what counts.
  amount: Number(row.price?.amount ?? row.priceAmount),
  currency: row.price?.currencyCode ?? row.priceCurrency,
});
