import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { roundTripsOf } from '../../support/roundTrips.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

// A page's statement reads the columns that are asked for and brings relations along. Whatever an
// operation looks like, it must answer what reading each object by its id answers.

let server: TestServer;
let owner: string;

beforeAll(async () => {
  server = await startTestServer();
  owner = await server.tokenOf('owner@lumen.example');
});
afterAll(() => server?.close());

const page = async (selection: string, variables: object = {}, head = '') => {
  const { body } = await server.ask(
    owner,
    `query Page${head} { conversations(first: 12) { nodes { id ${selection} } } } ${fragments}`,
    variables,
  );
  expect(body.errors).toEqual(undefined);
  return body.data.conversations.nodes;
};

const one = async (id: string, selection: string) => {
  const { body } = await server.ask(
    owner,
    `query ($id: ID!) { conversation(id: $id) { id ${selection} } } ${fragments}`,
    { id },
  );
  return body.data.conversation;
};

const fragments = `
  fragment Names on Conversation { customer { ...Who } ... on Node { id } }
  fragment Who on Customer { name phone }`;

describe('a page of conversations answers what each of them does', () => {
  test.each([
    ['one relation', '...Names'],
    [
      'two pages of one relation',
      '...Names late: messages(last: 2) { nodes { body } } early: messages(first: 1) { nodes { body createdAt } pageInfo { hasNextPage } }',
    ],
    [
      'edges and nodes side by side',
      '...Names messages(last: 3) { edges { node { body } cursor } nodes { direction author { kind } } }',
    ],
    [
      'authors through a fragment',
      '...Names messages(last: 4) { nodes { author { ... on MessageAuthor { member { name role } customer { ...Who labels createdAt } apiKey { name scopes } } } } }',
    ],
    [
      'the way back to the parent',
      '...Names messages(last: 1) { nodes { conversation { subject customer { name } } } }',
    ],
    [
      'relations of a relation',
      '...Names customer { conversations(first: 2) { nodes { subject } } }',
    ],
    [
      'the default page and its total',
      '...Names messages { totalCount nodes { id externalReference } }',
    ],
    ['only what needs no column', '...Names __typename customer { __typename }'],
    [
      'one page in two words',
      '...Names messages { nodes { body } } again: messages(first: 10) { nodes { createdAt direction } }',
    ],
    ['an assignee', '...Names assignee { id email createdAt }'],
  ])('%s', async (_what, selection) => {
    const nodes = await page(selection);
    expect(nodes).toHaveLength(12);
    for (const node of nodes) expect(node).toEqual(await one(node.id, selection));
  });

  test('what a variable leaves out is not there, what it lets in is', async () => {
    const selection =
      '...Names messages(last: $n) @include(if: $yes) { nodes { body } } subject @skip(if: $yes)';
    const head = '($n: Int, $yes: Boolean!)';
    const [without, including] = await Promise.all([
      page(selection, { n: 2, yes: false }, head),
      page(selection, { n: 2, yes: true }, head),
    ]);
    expect(Object.keys(without[0]).toSorted()).toEqual(['customer', 'id', 'subject']);
    expect(Object.keys(including[0]).toSorted()).toEqual(['customer', 'id', 'messages']);
    for (const node of including) {
      const { messages } = await one(node.id, '...Names messages(last: 2) { nodes { body } }');
      expect(node.messages).toEqual(messages);
    }
  });

  test('a page of messages goes on behind its cursor', async () => {
    const first = (
      await page('...Names messages(first: 2) { pageInfo { hasNextPage endCursor } }')
    ).find(
      (node: { messages: { pageInfo: { hasNextPage: boolean } } }) =>
        node.messages.pageInfo.hasNextPage,
    );
    const selection = (after: string) =>
      `...Names messages(first: 2, after: "${after}") { nodes { body } }`;
    const { endCursor } = first.messages.pageInfo;
    const next = (await page(selection(endCursor))).find(
      (node: { id: string }) => node.id === first.id,
    );
    expect(next).toEqual(await one(first.id, selection(endCursor)));
  });

  test('two pages of one relation stay apart when they change places', async () => {
    const sizes =
      'a: messages(last: $a) { nodes { body } } b: messages(last: $b) { nodes { body } }';
    for (const [a, b] of [
      [1, 4],
      [4, 1],
    ]) {
      for (const node of await page(`...Names ${sizes}`, { a, b }, '($a: Int, $b: Int)')) {
        const literal = sizes.replace('$a', String(a)).replace('$b', String(b));
        expect(node).toEqual(await one(node.id, `...Names ${literal}`));
      }
    }

    const all = await page('...Names messages(first: 3) { edges { cursor } }');
    const { messages } = all.find(
      (node: { messages: { edges: unknown[] } }) => node.messages.edges.length === 3,
    );
    const cursors = messages.edges.map(({ cursor }: { cursor: string }) => cursor);
    const behind =
      'a: messages(first: 2, after: $a) { nodes { body } } b: messages(first: 2, after: $b) { nodes { body } }';
    for (const [a, b] of [
      [cursors[0], cursors[1]],
      [cursors[1], cursors[0]],
    ]) {
      for (const node of await page(`...Names ${behind}`, { a, b }, '($a: String, $b: String)')) {
        const literal = behind.replace('$a', `"${a}"`).replace('$b', `"${b}"`);
        expect(node).toEqual(await one(node.id, `...Names ${literal}`));
      }
    }
  });

  test('arguments that are wrong are refused at their own path', async () => {
    const { body } = await server.ask(
      owner,
      '{ conversations(first: 1) { nodes { id messages(first: 500) { nodes { id } } } } ...Other } fragment Other on Query { viewer { name } }',
    );
    expect(body.errors[0].path).toEqual(['conversations', 'nodes', 0, 'messages']);
    expect(body.data.viewer.name).toBeTruthy();
  });
});

test('a nested page is one round trip, and total and page go together', async () => {
  const query =
    '{ conversations(first: 20) { totalCount nodes { id customer { name } assignee { name } messages(last: 5) { nodes { body author { member { name } customer { name } apiKey { name } } } } } } }';
  const page = async () => {
    const { body } = await server.ask(owner, query);
    expect(body.data.conversations.nodes).toHaveLength(20);
  };
  expect(await roundTripsOf(server.database, page)).toBe(1);
});

test('what is brought along goes by who asks, whoever asked the same before', async () => {
  const created = await server.ask(
    owner,
    'mutation { apiKeyCreate(input: { name: "no customers", scopes: ["conversations:read"] }) { secret } }',
  );
  const { secret } = created.body.data.apiKeyCreate;
  const query = '{ conversations(first: 20) { nodes { id customer { name } } } }';
  for (let turn = 0; turn < 3; turn += 1) {
    const { body } = await server.ask(secret, query);
    expect(body.errors).toHaveLength(20);
  }
  const page = async () => {
    const { body } = await server.ask(owner, query);
    expect(body.errors).toBe(undefined);
  };
  expect(await roundTripsOf(server.database, page)).toBe(1);
});

describe('what is counted of a list', () => {
  const facets = 'facets { complete statuses { value count } tags { value count } }';
  const ask = async (selection: string, variables: object = {}, head = '') => {
    const { body } = await server.ask(
      owner,
      `query Counted${head} { products(first: 3) { ${selection} } }
       ${selection.includes('...Rows') ? 'fragment Rows on ProductConnection { nodes { name } pageInfo { hasNextPage } }' : ''}`,
      variables,
    );
    expect(body.errors).toEqual(undefined);
    return body.data.products;
  };

  test.each([
    ['beside its page', `totalCount ${facets} ...Rows`],
    ['alone', `totalCountPrecision ${facets}`],
  ])('goes in one round trip %s', async (_how, selection) => {
    expect(await roundTripsOf(server.database, () => ask(selection))).toBe(1);
  });

  test('is the same alone, twice, beside a page and behind a directive', async () => {
    const rows = await ask('...Rows');
    expect(rows.nodes).toHaveLength(3);
    const counted = await ask(`totalCount ${facets}`);
    expect(counted.totalCount).toBeGreaterThan(3);
    expect(counted.facets.statuses.length).toBeGreaterThan(0);
    const both = { ...counted, ...rows };
    expect(await ask(`totalCount ${facets} ...Rows`)).toEqual(both);
    expect(await ask(`more: totalCount totalCount f: ${facets} ${facets} ...Rows`)).toEqual({
      ...both,
      more: counted.totalCount,
      f: counted.facets,
    });
    const perhaps = (yes: boolean) =>
      ask(
        `totalCount ... @include(if: $yes) { ${facets} } ...Rows @skip(if: $yes)`,
        { yes },
        '($yes: Boolean!)',
      );
    expect(await perhaps(true)).toEqual(counted);
    expect(await perhaps(false)).toEqual({ ...rows, totalCount: counted.totalCount });
  });

  test('is not read where a directive leaves it out', async () => {
    const statements = async (yes: boolean) => {
      const counted: number[] = [];
      // The fewest of several, for the server has statements of its own once a second.
      for (let turn = 0; turn < 3; turn += 1) {
        const before = server.database.statistics.statements;
        await ask(
          `nodes { name } ... @include(if: $yes) { ${facets} }`,
          { yes },
          '($yes: Boolean!)',
        );
        counted.push(server.database.statistics.statements - before);
      }
      return Math.min(...counted);
    };
    expect(await statements(false)).toBeLessThan(await statements(true));
  });
});

test('a products page reads no column that nobody asked for', async () => {
  await server.asAdmin(
    `update app.products set description = repeat('x', 60000), images = (select jsonb_agg(jsonb_build_object('url', 'https://images.example/' || n, 'alt', null)) from generate_series(1, 200) n)`,
  );
  const { body } = await server.ask(owner, '{ products(first: 2) { nodes { name } } }');
  expect(body.data.products.nodes[0].name).toBeTruthy();
  const all = await server.ask(
    owner,
    '{ products(first: 2) { nodes { description images { url } } } }',
  );
  expect(all.body.data.products.nodes[0].description).toHaveLength(60_000);
  expect(all.body.data.products.nodes[0].images).toHaveLength(200);
});
