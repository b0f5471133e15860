import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildSchema } from '../../src/app/schema.ts';
import { encodeId, type IdType, idPrefixes } from '../../src/lib/ids.ts';
import { type Answer, askAt, tokenAt } from '../support/ask.ts';
import { createDemoDatabase, type DemoDatabase } from '../support/demoDatabase.ts';
import { startServerOn } from '../support/server.ts';
import { explainAfter, explainAsServer } from './support/explainRecorded.ts';
import {
  findListFields,
  type ListField,
  type ListOperation,
  listOperations,
  type Sample,
  sampleQuery,
  singleOperations,
} from './support/listOperations.ts';
import { fillAllTables } from './support/manyRows.ts';
import { type AnalysedNode, findFaults, type PlanLimits } from './support/planRules.ts';
import { type Recorded, type Recorder, startRecorder } from './support/recordedStatements.ts';
import { readTables } from './support/tenantTables.ts';

// What the server sends for every list of the schema, in every way that it can be asked for, is read
// off the wire and explained as it is run: by the server's role, with its settings and policies, on
// tables with thousands of rows of many tenants. A new list, filter or sort is covered by being there.

const schema = buildSchema();
const lists = findListFields(schema);
/** As many as the largest page has, and the one that tells whether there is more. */
const largestPage = 101;
/** Facets are counted among so many products, and one line says among how many; a search ranks as many. */
const mostCounted = 1_001;

let demo: DemoDatabase;
let recorder: Recorder;
let server: Awaited<ReturnType<typeof startServerOn>>;
let url: string;
let token: string;
let client: pg.Client;
let tenantId: string;
let limits: Pick<PlanLimits, 'tenantTables' | 'tableOfIndex' | 'columnsOfIndex'>;

beforeAll(async () => {
  demo = await createDemoDatabase();
  recorder = await startRecorder(demo.serverUrl);
  const { rows } = await demo.admin.query(`select id from app.tenants where slug = 'lumen'`);
  tenantId = rows[0].id;
  await fillAllTables(demo.admin, { tenantId, copies: 120, neighbours: 60, copiesEach: 2 });
  limits = await readLimits();
  client = new pg.Client({ connectionString: demo.serverUrl });
  await client.connect();
  server = await startServerOn({
    ...{ NODE_ENV: 'test', PORT: '0', LOG_LEVEL: 'silent' },
    ...{ APP_DATABASE_URL: recorder.url, DATA_DIR: demo.dataDir },
  });
  url = server.url;
  token = await tokenAt(url, 'owner@lumen.example');
});
afterAll(async () => {
  await client?.end();
  await server?.close();
  await recorder?.close();
  await demo?.close();
});

async function readLimits(): Promise<typeof limits> {
  const tables = await readTables(demo.admin);
  // Of a table with one row a tenant there are too few here for an index to be worth its while.
  const ofTenants = tables.filter(
    ({ tenantKey, uniqueKeys }) =>
      tenantKey === 'tenant_id' && !uniqueKeys.some((key) => key.join() === 'tenant_id'),
  );
  const { rows } = await demo.admin.query(
    `select c.relname as index, i.indrelid::regclass::text as table, array(
       select a.attname::text from pg_attribute a where a.attrelid = c.oid order by a.attnum) as columns
     from pg_index i join pg_class c on c.oid = i.indexrelid
     where c.relnamespace = 'app'::regnamespace`,
  );
  return {
    tenantTables: new Set(ofTenants.map(({ name }) => name.replace('app.', ''))),
    tableOfIndex: new Map(rows.map(({ index, table }) => [index, table.replace('app.', '')])),
    columnsOfIndex: new Map(rows.map(({ index, columns }) => [index, columns])),
  };
}

/** Asks, with an id of every type where it wants one, and after the first page where it wants a cursor. */
async function ask({ text }: ListOperation): Promise<Answer> {
  let filled = text;
  if (text.includes('$CURSOR')) {
    const first = await askAt(url, token, text.replace(/(?:after|before): \$CURSOR(?:, )?/, ''));
    const cursor = /"endCursor":"([^"]+)"/.exec(JSON.stringify(first.body))?.[1];
    filled = text.replace('$CURSOR', JSON.stringify(cursor));
  }
  const types = filled.includes('$ID')
    ? (Object.keys(idPrefixes) as IdType[])
    : ['Tenant' as const];
  const answers: Answer[] = [];
  for (const type of types) {
    const id = JSON.stringify(encodeId(type, tenantId));
    answers.push(await askAt(url, token, filled.replace('$ID', id)));
  }
  // An id of another type is refused, or finds nothing without a look.
  return answers.find(({ body }) => body.errors === undefined) ?? (answers[0] as Answer);
}

async function readSample(list: ListField): Promise<Sample> {
  const { body } = await askAt(url, token, sampleQuery(list));
  return list.path
    .split('.')
    .reduce<Sample>(
      (found, step) => (found[step] as { nodes: Sample[] }).nodes[0] ?? {},
      body.data,
    );
}

/**
 * A page sorts nothing. Counts group the values that they count, and a filter may find a page's worth of
 * rows by what it names: these are sorted, the largest page at most. Only a filter together with an order
 * that is not the list's own may sort more: what an index found by the filter, never all of a tenant.
 */
function limitsOf({ filtered, ordered, single }: ListOperation, { text }: Recorded): PlanLimits {
  const maySort = filtered || single || /\bcount\(/.test(text);
  const most = /\bfacet\b|as matched\(/.test(text) ? mostCounted : largestPage;
  return {
    ...limits,
    mostSorted: maySort ? most : 0,
    sortsWhatIsLookedUp: filtered && ordered,
    // Comparing numerics is not leakproof, so that row-level security keeps it out of the index: the
    // pages by price before the one that is asked for are gone through.
    mayFilter: filtered || /"price_amount", "app"\."products"\."id"\) [<>]/.test(text),
  };
}

test('the walk finds the lists there are', () => {
  const some = ['products', 'auditEvents', 'conversations.messages', 'customers.conversations'];
  expect(lists.map(({ path }) => path)).toEqual(expect.arrayContaining(some));
});

/** Asks each, and explains each statement that is new. */
async function findAllFaults(operations: readonly ListOperation[]): Promise<string[]> {
  const faults: string[] = [];
  const seen = new Set<string>();
  for (const operation of operations) {
    const { result, statements } = await recorder.record(() => ask(operation));
    if (result.body.errors !== undefined) {
      faults.push(`${operation.name}: ${JSON.stringify(result.body.errors)}`);
    }
    for (const statement of statements) {
      if (seen.has(statement.text)) continue;
      seen.add(statement.text);
      const plan = await explainAsServer(client, tenantId, statement);
      for (const fault of findFaults(plan, limitsOf(operation, statement))) {
        faults.push(`${operation.name} ${fault}:\n  ${statement.text}`);
      }
    }
  }
  expect(seen.size).toBeGreaterThan(0);
  return faults;
}

test.each(lists.map((list) => [list.path, list] as const))(
  '%s: every page is read from an index of its tenant, in order',
  async (_path, list) => {
    const operations = listOperations(schema, list, await readSample(list));
    expect(await findAllFaults(operations)).toEqual([]);
  },
  30_000,
);

test('what is no list is read from indexes of its tenant', async () => {
  expect(await findAllFaults(singleOperations(schema))).toEqual([]);
});

// What a search finds is found in a function of its own (test/rls/functions, indexes); the rows are read here.
test.each([
  ['page', '{ products(search: "oak", first: 20) { nodes { id name } } }'],
  [
    'later page',
    '{ products(search: "oak", first: 2, after: $CURSOR) { nodes { id } pageInfo { endCursor } } }',
  ],
  [
    'filtered page',
    '{ products(search: "oak", filter: { status: { eq: ACTIVE } }) { nodes { id } } }',
  ],
  ['facets', '{ products(search: "oak") { facets { categories { value count } complete } } }'],
  ['all at once', '{ products(search: "oak") { nodes { id } totalCount facets { complete } } }'],
])("a search's %s is read from indexes of its tenant", async (name, text) => {
  const operation = { name, text, filtered: true, single: true, ordered: false };
  expect(await findAllFaults([operation])).toEqual([]);
  const { statements } = await recorder.record(() => ask(operation));
  for (const statement of statements) {
    const plan = await explainAsServer(client, tenantId, statement);
    expect(mostRead(plan), statement.text).toBeLessThanOrEqual(mostCounted);
  }
});

test.each([
  [
    'first page',
    '{ messageSearch(search: "a", first: 20) { nodes { message { body conversation { subject } author { member { name } } } snippet { text } } } }',
  ],
  [
    'later page',
    '{ messageSearch(search: "a", first: 2, after: $CURSOR) { nodes { message { id conversation { id } } } pageInfo { endCursor } } }',
  ],
  [
    'filtered page and total',
    '{ messageSearch(search: "a", filter: { direction: { eq: INBOUND } }) { totalCount nodes { message { id } } } }',
  ],
])('%s of a search in messages is read from indexes of its tenant', async (name, text) => {
  const operation = { name, text, filtered: true, single: true, ordered: false };
  expect(await findAllFaults([operation])).toEqual([]);
});

test.each([
  ['first page of ids', '{ messageSearch(search: "zyzzyva") { nodes { message { id } } } }'],
  ['first page', '{ messageSearch(search: "zyzzyva") { nodes { message { id body } } } }'],
  ['count', '{ messageSearch(search: "zyzzyva") { totalCount } }'],
  [
    'later page',
    '{ messageSearch(search: "zyzzyva", first: 2, after: $CURSOR) { nodes { message { body } } pageInfo { endCursor } } }',
  ],
  [
    'filter',
    '{ messageSearch(search: "zyzzyva", filter: { direction: { eq: INBOUND } }) { nodes { message { body } } totalCount } }',
  ],
])(
  'what a search in messages found is looked up by itself, where most tenants have two: %s',
  async (name, text) => {
    await demo.admin.query(
      `update app.messages set body = 'Zyzzyva' where tenant_id = $1 and id = any(array(
         select id from app.messages where tenant_id = $1 order by created_at limit 5))`,
      [tenantId],
    );
    // Only then may indexes answer without the table.
    await demo.admin.query('vacuum app.messages');
    const operation = { name, text, filtered: true, single: true, ordered: false };
    const { result, statements } = await recorder.record(() => ask(operation));
    expect(result.body.errors).toBeUndefined();
    const readers = statements.filter((sent) => sent.text.includes('"messages"'));
    expect(readers).not.toEqual([]);
    const change =
      'alter table app.messages alter tenant_id set (n_distinct = -0.5); analyze app.messages';
    for (const reader of readers) {
      const plan = await explainAfter(demo.admin, change, tenantId, reader);
      const looks = nodesOf(plan).filter((node) => node['Relation Name'] === 'messages');
      expect(looks).not.toEqual([]);
      for (const look of looks) {
        expect(look['Index Name'], reader.text).toBe('messages_pkey');
        expect(look['Index Cond'], reader.text).toMatch(/tenant_id = .* AND \(id = \w+\.id\)/);
      }
    }
  },
);

const nodesOf = (node: AnalysedNode): AnalysedNode[] => [
  node,
  ...(node.Plans ?? []).flatMap(nodesOf),
];

// Plans are made for the average tenant: where that has a handful of products, to read all that one has
// seems to be as good as to look up what was found.
test.each([
  ['page', '{ products(search: "oak", first: 20) { nodes { id name } } }'],
  ['page of ids', '{ products(search: "oak", first: 20) { nodes { id } } }'],
  [
    'later page by name',
    '{ products(search: "oak", first: 2, orderBy: { key: NAME }, after: $CURSOR) { nodes { id } pageInfo { endCursor } } }',
  ],
  ['counted page', '{ products(search: "oak", first: 20) { nodes { id name } totalCount } }'],
  [
    'later page',
    '{ products(search: "oak", first: 2, after: $CURSOR) { nodes { id } pageInfo { endCursor } } }',
  ],
  [
    'filtered page',
    '{ products(search: "oak", filter: { stock: { gte: 0 } }) { nodes { id } totalCount } }',
  ],
  ['page by price', '{ products(search: "oak", orderBy: { key: PRICE }) { nodes { id } } }'],
  ['facets', '{ products(search: "oak") { facets { categories { value count } complete } } }'],
  ['all at once', '{ products(search: "oak") { nodes { id } totalCount facets { complete } } }'],
])("a search's %s reads what was found, in a large tenant among small ones", async (name, text) => {
  const operation = { name, text, filtered: true, single: true, ordered: false };
  const { result, statements } = await recorder.record(() => ask(operation));
  expect(result.body.errors).toBeUndefined();
  const readers = statements.filter((sent) => sent.text.includes('matched'));
  expect(readers).not.toEqual([]);
  const { body } = await askAt(
    url,
    token,
    '{ products(search: "oak") { totalCount } products2: products { totalCount } }',
  );
  const { products: found, products2: all } = body.data;
  expect(found.totalCount).toBeLessThan(all.totalCount / 2);
  await demo.admin.query('vacuum app.products');
  const small =
    'alter table app.products alter tenant_id set (n_distinct = -0.4); analyze app.products';
  for (const reader of readers) {
    const plan = await explainAfter(demo.admin, small, tenantId, reader);
    expect(mostRead(plan), reader.text).toBeLessThanOrEqual(found.totalCount);
    // Rows that an index leaves out are not among those: it is the primary key's, or reads all for each.
    const inner = nodesOf(plan).filter((node) => node['Relation Name'] === 'products');
    const looks = inner.filter((node) => /\bid = /.test(node['Index Cond'] ?? ''));
    expect(looks, reader.text).not.toEqual([]);
    for (const look of looks) expect(look['Index Name'], reader.text).toBe('products_pkey');
  }
});

/** How many products one node of a plan reads, at most. */
function mostRead(node: AnalysedNode): number {
  const own = node['Relation Name'] === 'products' ? (node['Actual Rows'] ?? 0) : 0;
  return Math.max(own, ...(node.Plans ?? []).map(mostRead));
}

describe('what the walk is for', () => {
  const table = 'app.customers';
  const index = 'customers_tenant_id_created_at_id_idx';

  test.each([
    ['an index is missing', '', /^sorts \d+ rows by .*created_at DESC/],
    [
      "an index puts nulls last, as drizzle-kit's .desc() does",
      `create index on ${table} (tenant_id, created_at desc nulls last, id desc nulls last)`,
      /^sorts \d+ rows by .*created_at DESC/,
    ],
    [
      'an index leaves the tenant out',
      `create index found_by_nothing on ${table} (created_at, id)`,
      /^looks into found_by_nothing by nothing/,
    ],
  ])('it finds that %s', async (_fault, instead, expected) => {
    const text = '{ customers(first: 5) { nodes { id } } }';
    const { statements } = await recorder.record(() => askAt(url, token, text));
    // Who asks is looked up again once in a while, in the same flight.
    const statement = statements.find((sent) => sent.text.includes('"customers"'));
    if (statement === undefined) throw new Error(`no page among ${JSON.stringify(statements)}`);
    const change = `drop index app.${index}; ${instead}`;
    const plan = await explainAfter(demo.admin, change, tenantId, statement);
    const strict = { ...limits, mostSorted: 0, sortsWhatIsLookedUp: false, mayFilter: false };
    expect(findFaults(plan, strict)).toEqual([expect.stringMatching(expected)]);
  });
});
