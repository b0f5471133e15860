import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { roundTripsOf } from '../../support/roundTrips.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
let owner: string;
let other: string;
/** Two conversations of different customers. */
let one: { id: string; customer: { id: string } };
let two: typeof one;

beforeAll(async () => {
  server = await startTestServer();
  owner = await server.tokenOf('owner@lumen.example');
  other = await server.tokenOf('owner@harbor.example');
  const { body } = await server.ask(
    owner,
    '{ conversations(first: 20) { nodes { id customer { id } } } }',
  );
  [one] = body.data.conversations.nodes;
  two = body.data.conversations.nodes.find(
    (each: typeof one) => each.customer.id !== one.customer.id,
  );
  await send(one, 'The Xylophène arrives on Monday, as promised.');
  await send(one, 'xylophene: ask the workshop first', true);
  await send(two, 'No xylophenes left');
  await server.asAdmin(
    `insert into app.messages (tenant_id, id, conversation_id, direction, body, created_at)
     select tenant_id, gen_random_uuid(), id, 'OUTBOUND', 'vorpal ' || n, timestamptz '2030-01-01' + (n / 3) * interval '1 second'
     from (select * from app.conversations where last_message_preview like 'No xylophenes%') c, generate_series(1, 1500) n`,
  );
});
afterAll(() => server.close());

async function send({ id }: { id: string }, body: string, internal = false): Promise<void> {
  const answer = await server.ask(
    owner,
    'mutation ($input: MessageSendInput!) { messageSend(input: $input) { userErrors { message } } }',
    { input: { conversationId: id, body, internal } },
  );
  expect(answer.body.data.messageSend.userErrors).toEqual([]);
}

const query = `query ($search: String!, $filter: MessageSearchFilter, $first: Int, $after: String) {
  messageSearch(search: $search, filter: $filter, first: $first, after: $after) {
    totalCount nodes { message { id body direction createdAt conversation { id } } snippet { text match } }
    pageInfo { hasNextPage endCursor } } }`;

async function find(search: string, rest: object = {}, token = owner) {
  const { body } = await server.ask(token, query, { search, ...rest });
  expect(body.errors).toBeUndefined();
  return body.data.messageSearch;
}
/** What one statement searches and reads, without a total. */
const firstQuery = `query ($search: String!, $filter: MessageSearchFilter, $first: Int, $after: String, $last: Int) {
  messageSearch(search: $search, filter: $filter, first: $first, after: $after, last: $last) {
    nodes { message { id body direction createdAt author { kind member { name } } conversation { id subject customer { name } messages(last: 1) { nodes { body } } } }
      snippet { text match } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;
const countedQuery = firstQuery.replace('nodes {', 'totalCount nodes {');

interface Match {
  message: { id: string; body: string; createdAt: string };
}

const countDown = (from: number, many: number, step: number): number[] =>
  Array.from({ length: many }, (_, place) => from - place * step);

async function ask(text: string, variables: object, token = owner) {
  const { body } = await server.ask(token, text, variables);
  expect(body.errors).toBeUndefined();
  const { totalCount: _, ...page } = body.data.messageSearch;
  return page;
}

const bodies = async (search: string, filter?: object, token?: string): Promise<string[]> =>
  (await find(search, { filter }, token)).nodes.map(
    ({ message }: { message: { body: string } }) => message.body,
  );

describe('a message search', () => {
  test('finds words and their beginnings, accents aside, the latest first, notes too', async () => {
    const all = [
      'No xylophenes left',
      'xylophene: ask the workshop first',
      'The Xylophène arrives on Monday, as promised.',
    ];
    expect(await bodies('xylophene')).toEqual(all);
    expect(await bodies('XYLOPH')).toEqual(all);
    expect(await bodies('monday xylophène')).toEqual([all[2]]);
    expect(await find('xyloph')).toMatchObject({ totalCount: 3 });
  });

  test('marks what was found as plain text, with the conversation beside it', async () => {
    const [found] = (await find('xyloph monday')).nodes;
    expect(found.message.conversation).toEqual({ id: one.id });
    expect(found.snippet).toEqual([
      { text: 'The ', match: false },
      { text: 'Xylophène', match: true },
      { text: ' arrives on ', match: false },
      { text: 'Monday', match: true },
      { text: ', as promised.', match: false },
    ]);
  });

  test('keeps to a conversation, a customer, a direction, a kind of author, a time', async () => {
    expect(await bodies('xyloph', { conversation: { eq: two.id } })).toHaveLength(1);
    expect(await bodies('xyloph', { customer: { eq: two.customer.id } })).toHaveLength(1);
    expect(
      await bodies('xyloph', { customer: { in: [one.customer.id, two.customer.id] } }),
    ).toHaveLength(3);
    expect(await bodies('xyloph', { direction: { in: ['INBOUND', 'OUTBOUND'] } })).toHaveLength(2);
    expect(await bodies('xyloph', { author: { eq: 'MEMBER' } })).toHaveLength(3);
    expect(await bodies('xyloph', { author: { eq: 'CUSTOMER' } })).toEqual([]);
    expect(await bodies('xyloph', { createdAt: { lt: '2001-01-01T00:00:00.000Z' } })).toEqual([]);
    expect(await bodies('vorpal', { author: { eq: 'MEMBER' } })).toEqual([]);
  });

  test('another business finds nothing of it, also by naming its conversation', async () => {
    expect(await bodies('xyloph', {}, other)).toEqual([]);
    expect(await bodies('vorpal', {}, other)).toEqual([]);
    expect(await bodies('vorpal', { conversation: { eq: two.id } }, other)).toEqual([]);
  });

  test('pages through more than are looked up at once, each once, the latest first', async () => {
    const rows: { id: string; createdAt: string }[] = [];
    for (let after: string | null = null; ; ) {
      const page = await find('vorpal', { first: 100, after });
      expect(page.totalCount).toBeNull();
      rows.push(...page.nodes.map(({ message }: { message: (typeof rows)[0] }) => message));
      after = page.pageInfo.endCursor;
      if (!page.pageInfo.hasNextPage) break;
    }
    expect(new Set(rows.map(({ id }) => id)).size).toBe(1_500);
    expect(rows).toHaveLength(1_500);
    const moments = rows.map(({ createdAt }) => createdAt);
    expect(moments).toEqual(moments.toSorted().reverse());
  });

  test.each([
    ['rare', 'xyloph', 20],
    ['rare and common', 'the xylophene', 20],
    ['common', 'vorpal', 20],
    ['common, a large page', 'vorpal', 100],
    ['common, a page of one', 'vorpal', 1],
    ['no page', 'vorpal', 0],
    ['in few of the newest', 'vorpal 9', 100],
    ['in some of the newest', 'vorpal 149', 20],
    ['in one of the newest', 'vorpal 1499', 20],
    ['beyond the newest', 'vorpal 7', 100],
    ['four words', 'vorpal vorp vor v', 20],
    ['four words, rare', 'xylo xyloph arrives monday', 20],
    ['nowhere', 'qqqqq', 20],
    ['without a word', '!', 20],
  ])(
    'finds on a first page by itself what it finds with a total: %s',
    async (_what, search, first) => {
      for (const token of [owner, other]) {
        const page = await ask(firstQuery, { search, first }, token);
        expect(page).toEqual(await ask(countedQuery, { search, first }, token));
      }
    },
  );

  test.each(['vorpal', 'vorpal 9', 'vorpal 7', 'xyloph'])(
    'goes on behind a first page, without a gap or one twice: %s',
    async (search) => {
      const [all, head] = await Promise.all([
        ask(countedQuery, { search, first: 100 }),
        ask(firstQuery, { search, first: 2 }),
      ]);
      const tail = await ask(firstQuery, { search, first: 98, after: head.pageInfo.endCursor });
      expect([...head.nodes, ...tail.nodes]).toEqual(all.nodes);
      expect(head.pageInfo.hasNextPage).toBe(true);
    },
  );

  test('takes one round trip for a first page with what it shows of conversations and authors', async () => {
    const selection =
      'message { body author { member { name } customer { name } } conversation { id subject } } snippet { text }';
    for (const search of ['vorpal', 'vorpal 7', 'xyloph', 'qqqqq']) {
      const text = `{ messageSearch(search: "${search}") { nodes { ${selection} } pageInfo { endCursor } } }`;
      await server.ask(owner, text);
      expect(await roundTripsOf(server.database, () => server.ask(owner, text))).toBe(1);
    }
  });

  test('reads no page where it is only counted', async () => {
    const statements = async (selection: string) => {
      const counted: number[] = [];
      // The fewest of several, for the server has statements of its own once a second.
      for (let turn = 0; turn < 3; turn += 1) {
        const before = server.database.statistics.statements;
        await server.ask(owner, `{ messageSearch(search: "vorpal 7") { ${selection} } }`);
        counted.push(server.database.statistics.statements - before);
      }
      return Math.min(...counted);
    };
    const both = await statements('totalCount nodes { message { id } }');
    expect(await statements('totalCount')).toBe(both - 1);
  });

  test('finds on the next first page what was said in between, and no longer what is gone', async () => {
    const search = 'vorpal jabberwock';
    expect((await ask(firstQuery, { search })).nodes).toEqual([]);
    await send(two, 'Vorpal sword, says the jabberwock');
    const [found] = (await ask(firstQuery, { search })).nodes;
    expect(found.message.conversation.id).toBe(two.id);
    await server.asAdmin(`delete from app.messages where body like 'Vorpal sword%'`);
    expect((await ask(firstQuery, { search })).nodes).toEqual([]);
  });

  test('finds a word as long as Postgres has them behind a thousand newer messages', async () => {
    for (const length of [2_037, 2_040, 2_046]) {
      const word = `frumious${length}`.padEnd(length, 'x');
      await send(two, word);
      expect(await bodies(word.slice(0, 200))).toEqual([word]);
      expect((await ask(firstQuery, { search: word.slice(0, 30) })).nodes).toHaveLength(1);
    }
  });

  test('leaves out what Postgres’ parser takes for no word', async () => {
    const found = await bodies('e', {}, other);
    expect(found.length).toBeGreaterThan(0);
    const configuration = 'alter text search configuration pg_catalog.simple';
    await server.asAdmin(`${configuration} drop mapping for uint`);
    try {
      for (const search of ['e 77', '77 e', '77 5 e']) {
        expect(await bodies(search, {}, other)).toEqual(found);
      }
      expect(await bodies('77', {}, other)).toEqual([]);
    } finally {
      await server.asAdmin(`${configuration} add mapping for uint with simple`);
    }
  });

  test('shows a business with few messages all of them, the latest first', async () => {
    const page = await ask(firstQuery, { search: 'e', first: 100 }, other);
    expect(page.nodes.length).toBeGreaterThan(0);
    const moments = page.nodes.map(
      ({ message }: { message: { createdAt: string } }) => message.createdAt,
    );
    expect(moments).toEqual(moments.toSorted().reverse());
    const counted = await find('e', { first: 100 }, other);
    expect(counted.totalCount).toBe(page.nodes.length);
  });

  test('walks past thousands that do not match to what is common, or not, among the older', async () => {
    await server.asAdmin(
      `insert into app.messages (tenant_id, id, conversation_id, direction, body, created_at)
       select c.tenant_id, gen_random_uuid(), c.id, 'OUTBOUND',
         case when n <= 1200 then 'borogove ' when n > 4500 then 'mome ' else 'rath ' end
           || n || case when n % 100 = 0 and (n <= 1200 or n > 4300) then ' slithy' else '' end
           || case when n > 4590 then ' frumious' else '' end || case when n > 4300 and n % 10 = 0 then ' outgrabe' else '' end,
         timestamptz '2030-01-01' + n * interval '1 second'
       from (select c.* from app.conversations c join app.tenants t on t.id = c.tenant_id where t.slug = 'harbor' limit 1) c,
         generate_series(1, 4600) n`,
    );
    const numbersOf = async (search: string, first: number): Promise<number[]> => {
      const page = await ask(firstQuery, { search, first }, other);
      expect(page).toEqual(await ask(countedQuery, { search, first }, other));
      return page.nodes.map(({ message }: Match) => Number(message.body.split(' ')[1]));
    };
    expect((await find('borogove', {}, other)).totalCount).toBeNull();
    expect(await numbersOf('borogove', 100)).toEqual(countDown(1200, 100, 1));
    expect((await find('slithy', {}, other)).totalCount).toBe(15);
    expect(await numbersOf('slithy', 10)).toEqual([4600, 4500, 4400, ...countDown(1200, 7, 100)]);
    expect(await numbersOf('mome', 100)).toEqual(countDown(4600, 100, 1));
    // What is said comes in conversations: ten of the newest 300 are all there are, and no thousands of two million.
    await server.asAdmin(
      `create or replace function app.planned_rows(relation regclass, tenant uuid) returns float8
       language sql volatile as 'select 2000000.0::float8'`,
    );
    expect((await find('frumious', {}, other)).totalCount).toBe(10);
    expect(await numbersOf('frumious', 20)).toEqual(countDown(4600, 10, 1));
    // With a common word too. Where each of two is common the index would read all of both: they are walked for.
    expect((await find('mome frumious', {}, other)).totalCount).toBe(10);
    expect(await numbersOf('mome frumious', 20)).toEqual(countDown(4600, 10, 1));
    expect((await find('mome outgrabe', {}, other)).totalCount).toBeNull();
    expect(await numbersOf('mome outgrabe', 20)).toEqual(countDown(4600, 10, 10));
    await server.asAdmin(
      `delete from app.messages where body like 'borogove%' or body like 'mome%' or body like 'rath%'`,
    );
  });

  test.each([
    { conversation: 'two' },
    { direction: { eq: 'INTERNAL' } },
    { author: { eq: 'MEMBER' } },
    {},
  ])('keeps to a filter on a first page by itself: %j', async (given) => {
    const filter = 'conversation' in given ? { conversation: { eq: two.id } } : given;
    for (const search of ['xyloph', 'vorpal']) {
      const page = await ask(firstQuery, { search, filter });
      expect(page).toEqual(await ask(countedQuery, { search, filter }));
    }
  });

  test.each(['', '  ', '!!!', '"&|', '🦄', "'", 'qx '.repeat(60)])(
    'takes %j as words, and finds none',
    async (search) => {
      expect(await bodies(search)).toEqual([]);
    },
  );

  test.each(['x'.repeat(201), 'a\0b', '\ud83e'])('refuses %#: no phrase', async (search) => {
    const { body } = await server.ask(owner, query, { search });
    expect(body.errors[0].extensions.code).toBe('BAD_USER_INPUT');
  });

  test('is for those who may read conversations', async () => {
    const { body } = await server.ask(null, query, { search: 'vorpal' });
    expect(body.errors[0].extensions.code).toBe('UNAUTHENTICATED');
  });
});
