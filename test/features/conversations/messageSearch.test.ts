import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
