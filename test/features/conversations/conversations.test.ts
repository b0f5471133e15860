import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeId } from '../../../src/lib/ids.ts';
import { roundTripsOf } from '../../support/roundTrips.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
let owner: string;
let member: string;
let viewer: string;
let stranger: string;
let customerId: string;
let memberIds: Record<string, string>;

const randomConversation = 'cnv_01h455vb4pex5vsknk084sn02q';

beforeAll(async () => {
  server = await startTestServer();
  [owner, member, viewer, stranger] = (await Promise.all(
    ['owner@lumen', 'member@lumen', 'viewer@lumen', 'owner@harbor'].map((name) =>
      server.tokenOf(`${name}.example`),
    ),
  )) as [string, string, string, string];
  const { data } = (
    await server.ask(
      owner,
      '{ members { nodes { id role } } customers(first: 1) { nodes { id } } }',
    )
  ).body;
  customerId = data.customers.nodes[0].id;
  memberIds = Object.fromEntries(
    data.members.nodes.map(({ role, id }: { role: string; id: string }) => [role, id]),
  );
});
afterAll(() => server?.close());

const errors = 'userErrors { field code }';

async function openConversation(input: object = {}): Promise<string> {
  const { body } = await server.ask(
    member,
    `mutation ($input: ConversationCreateInput!) { conversationCreate(input: $input) { conversation { id } ${errors} } }`,
    { input: { customerId, ...input } },
  );
  expect(body.data.conversationCreate.userErrors).toEqual([]);
  return body.data.conversationCreate.conversation.id;
}

const send = (credential: string, conversationId: string, input: object = {}) =>
  server.ask(
    credential,
    `mutation ($input: MessageSendInput!) { messageSend(input: $input) {
       message { id direction body author { kind member { id } apiKey { name } } conversation { status waitingSince unreadCount lastMessagePreview } }
       ${errors} } }`,
    { input: { conversationId, body: 'Good morning', ...input } },
  );

/** As if the customer had written: there is no channel for them yet. */
async function customerWrites(conversationId: string, body: string): Promise<void> {
  await server.asAdmin(
    `update app.conversations set status = 'PENDING', unread_count = unread_count + 1,
       waiting_since = now(), last_message_preview = $2 where id = $1`,
    [uuidOf(conversationId), body],
  );
}

describe('a nested page', () => {
  const page = `{ conversations(first: 20) { nodes { id customer { name } assignee { name }
    messages(last: 5) { nodes { body author { kind member { name } customer { name } apiKey { name } } } } } } }`;

  test('gives each conversation its own latest messages, in the order of writing', async () => {
    const { nodes } = (await server.ask(owner, page)).body.data.conversations;
    for (const { id, messages } of nodes) {
      const { body } = await server.ask(
        owner,
        'query ($id: ID!) { conversation(id: $id) { messages(first: 100) { totalCount nodes { body createdAt } } } }',
        { id },
      );
      const all = body.data.conversation.messages;
      expect(all.totalCount).toBe(all.nodes.length);
      const moments = all.nodes.map(({ createdAt }: { createdAt: string }) => createdAt);
      expect(moments).toEqual(moments.toSorted());
      expect(messages.nodes.map(({ body: text }: { body: string }) => text)).toEqual(
        all.nodes.slice(-5).map(({ body: text }: { body: string }) => text),
      );
    }
  });

  test('pages through the messages of a conversation backwards, each once', async () => {
    const id = await openConversation();
    const bodies = Array.from({ length: 7 }, (_, index) => `message ${index}`);
    for (const body of bodies) await send(member, id, { body });
    const seen: string[] = [];
    let before: string | null = null;
    do {
      const answer = await server.ask(
        owner,
        'query ($id: ID!, $before: String) { conversation(id: $id) { messages(last: 3, before: $before) { nodes { body } pageInfo { hasPreviousPage startCursor } } } }',
        { id, before },
      );
      const { nodes, pageInfo } = answer.body.data.conversation.messages;
      seen.unshift(...nodes.map(({ body }: { body: string }) => body));
      before = pageInfo.hasPreviousPage ? pageInfo.startCursor : null;
    } while (before !== null);
    expect(seen).toEqual(bodies);
  });

  test('the inbox is filtered by who has it, and unread comes from the customer alone', async () => {
    const id = await openConversation({ assigneeId: memberIds.MEMBER, labels: ['filtered'] });
    const filter = `{ labels: { containsAll: ["filtered"] }, assignee: { eq: "${memberIds.MEMBER}" }, unread: { eq: UNREAD } }`;
    const ask = async (unread: boolean) =>
      (
        await server.ask(
          owner,
          `{ conversations(filter: ${filter.replace('UNREAD', String(unread))}) { totalCount nodes { id } } }`,
        )
      ).body.data.conversations;
    expect(await ask(true)).toEqual({ totalCount: 0, nodes: [] });
    expect(await ask(false)).toEqual({ totalCount: 1, nodes: [{ id }] });
    await customerWrites(id, 'Hello?');
    expect((await ask(true)).nodes).toEqual([{ id }]);
  });

  test('an id of another type in a filter is refused with what is asked for', async () => {
    const { body } = await server.ask(
      owner,
      `{ conversations(filter: { assignee: { eq: "${customerId}" } }) { nodes { id } } }`,
    );
    expect(body.errors[0].extensions.code).toBe('BAD_USER_INPUT');
    expect(body.errors[0].message).toContain('a Member is asked for');
  });
});

describe('answering', () => {
  test('an answer ends the waiting and takes the conversation from the assistant', async () => {
    const id = await openConversation();
    await customerWrites(id, 'Is it there?');
    const { message, userErrors } = (await send(member, id, { body: 'It is.' })).body.data
      .messageSend;
    expect(userErrors).toEqual([]);
    expect(message).toMatchObject({
      direction: 'OUTBOUND',
      author: { kind: 'MEMBER', member: { id: memberIds.MEMBER } },
      conversation: {
        status: 'OPEN',
        waitingSince: null,
        unreadCount: 0,
        lastMessagePreview: 'It is.',
      },
    });
  });

  test('a note changes nothing for the customer and is not counted', async () => {
    const id = await openConversation();
    await customerWrites(id, 'Is it there?');
    const before = await messagesToday();
    const { message } = (await send(member, id, { internal: true, body: 'Look it up' })).body.data
      .messageSend;
    expect(message).toMatchObject({
      direction: 'INTERNAL',
      conversation: { status: 'PENDING', unreadCount: 1, lastMessagePreview: 'Is it there?' },
    });
    expect(await messagesToday()).toBe(before);
    await send(member, id);
    expect(await messagesToday()).toBe(before + 1);
  });

  test('an API key writes as itself', async () => {
    const id = await openConversation();
    await server.ask(
      server.apiKey,
      'mutation ($id: ID!) { messageSend(input: { conversationId: $id, body: "Automatic" }) { message { id } } }',
      { id },
    );
    const author = 'author { kind apiKey { name } }';
    const read = `query ($id: ID!) { conversation(id: $id) { messages { nodes { ${author} } } } }`;
    const { nodes } = (await server.ask(owner, read, { id })).body.data.conversation.messages;
    expect(nodes[0].author.kind).toBe('API_KEY');
    expect(nodes[0].author.apiKey.name).toBeTruthy();
    // A member may not read keys: told so where there is one, and not bothered where there is none.
    const withheld = await server.ask(member, read, { id });
    expect(withheld.body.errors[0].extensions.permission).toBe('apiKeys:read');
    expect(withheld.body.data.conversation.messages.nodes[0].author.apiKey).toBeNull();
  });

  test('is in the audit log with typed ids and without the text', async () => {
    const id = await openConversation();
    const { message } = (await send(member, id, { body: 'Canary text' })).body.data.messageSend;
    const { body } = await server.ask(
      owner,
      'query ($id: ID) { auditEvents(filter: { targetId: $id }) { nodes { action actorName after } } }',
      { id: message.id },
    );
    expect(body.data.auditEvents.nodes).toMatchObject([
      { action: 'message.sent', after: { conversationId: id, direction: 'OUTBOUND' } },
    ]);
    expect(JSON.stringify(body)).not.toContain('Canary text');
  });

  test('with the same id twice says it once, and costs once', async () => {
    const id = await openConversation();
    const own = crypto.randomUUID();
    const before = await messagesToday();
    await send(member, id, { id: own });
    const again = (await send(member, id, { id: own })).body.data.messageSend;
    expect(again).toEqual({
      message: null,
      userErrors: [{ field: ['input', 'id'], code: 'ID_TAKEN' }],
    });
    expect(await messagesToday()).toBe(before + 1);
  });

  test('the last to get in stands last, whenever its request began', async () => {
    const [id, busy] = await Promise.all([openConversation(), openConversation()]);
    const early = `mutation ($id: ID!, $busy: ID!) {
      conversationUpdate(input: { id: $busy, subject: "Held up" }) { conversation { id } }
      messageSend(input: { conversationId: $id, body: "early" }) { message { id } }
    }`;
    const lock = 'select from app.conversations where id = $1 for update';
    let answered: Promise<unknown> = Promise.resolve();
    await server.holding(lock, [uuidOf(busy)], async () => {
      answered = server.ask(member, early, { id, busy });
      const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      await expect.poll(async () => (await server.asAdmin(waiting)).length).toBe(1);
      await send(member, id, { body: 'late' });
    });
    await answered;
    const { body } = await server.ask(
      owner,
      'query ($id: ID!) { conversation(id: $id) { messages { nodes { body } } } }',
      { id },
    );
    const bodies = body.data.conversation.messages.nodes.map((node: { body: string }) => node.body);
    expect(bodies).toEqual(['late', 'early']);
  });

  test('many at once stand in the order of their times, and all are counted', async () => {
    const id = await openConversation();
    const before = await messagesToday();
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => send(member, id, { body: `at once ${index}` })),
    );
    const { body } = await server.ask(
      owner,
      'query ($id: ID!) { conversation(id: $id) { lastMessagePreview messages(first: 100) { nodes { body } } } }',
      { id },
    );
    const { messages, lastMessagePreview } = body.data.conversation;
    expect(messages.nodes).toHaveLength(20);
    expect(lastMessagePreview).toBe(messages.nodes.at(-1).body);
    expect(await messagesToday()).toBe(before + 20);
  });

  test('an empty text and one that is too long are refused', async () => {
    const id = await openConversation();
    for (const [body, code] of [
      ['  ', 'TOO_SHORT'],
      ['x'.repeat(4097), 'TOO_LONG'],
    ]) {
      const { userErrors } = (await send(member, id, { body })).body.data.messageSend;
      expect(userErrors).toEqual([{ field: ['input', 'body'], code }]);
    }
  });

  test('a viewer cannot, and somebody else’s conversation answers as a random id does', async () => {
    const id = await openConversation();
    const refused = await send(viewer, id);
    expect(refused.body.errors[0].extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'ROLE' });
    const [foreign, random] = await Promise.all(
      [id, randomConversation].map((each) => send(stranger, each)),
    );
    expect(foreign?.body).toEqual(random?.body);
    expect(foreign?.body.data.messageSend.userErrors[0].code).toBe('NOT_FOUND');
  });
});

describe('a conversation', () => {
  const change = async (name: string, input: object, credential = member) =>
    (
      await server.ask(
        credential,
        `mutation ($input: Conversation${name}Input!) { conversation${name}(input: $input) {
          conversation { status snoozedUntil unreadCount waitingSince labels assignee { id } } ${errors} } }`,
        { input },
      )
    ).body.data[`conversation${name}`];

  test('is opened with a customer of one’s own, and counted', async () => {
    const before = await used('CONVERSATIONS_PER_MONTH');
    const id = await openConversation({ subject: 'Delivery', priority: 'HIGH' });
    expect(await used('CONVERSATIONS_PER_MONTH')).toBe(before + 1);
    const theirs = (await server.ask(stranger, '{ customers(first: 1) { nodes { id } } }')).body
      .data.customers.nodes[0].id;
    const create = `mutation ($input: ConversationCreateInput!) { conversationCreate(input: $input) { conversation { id } ${errors} } }`;
    const [foreign, random] = await Promise.all(
      [theirs, 'cus_01h455vb4pex5vsknk084sn02q'].map((each) =>
        server.ask(member, create, { input: { customerId: each } }),
      ),
    );
    expect(foreign?.body).toEqual(random?.body);
    expect(foreign?.body.data.conversationCreate.userErrors).toEqual([
      { field: ['input', 'customerId'], code: 'NOT_FOUND' },
    ]);
    expect(await used('CONVERSATIONS_PER_MONTH')).toBe(before + 1);
    const seen = await server.ask(stranger, 'query ($id: ID!) { conversation(id: $id) { id } }', {
      id,
    });
    expect(seen.body.data.conversation).toBeNull();
  });

  test('takes at most three round trips to open', async () => {
    const trips = await roundTripsOf(server.database, () => openConversation());
    expect(trips).toBeLessThanOrEqual(3);
  });

  test('goes to a member who can answer, and to nobody else', async () => {
    const id = await openConversation();
    expect(await change('Assign', { id, assigneeId: memberIds.MEMBER })).toMatchObject({
      conversation: { assignee: { id: memberIds.MEMBER } },
    });
    expect((await change('Assign', { id, assigneeId: memberIds.VIEWER })).userErrors[0].code).toBe(
      'NOT_ASSIGNABLE',
    );
    const foreign = (await server.ask(stranger, '{ members { nodes { id } } }')).body.data.members
      .nodes[0].id;
    expect((await change('Assign', { id, assigneeId: foreign })).userErrors).toEqual([
      { field: ['input', 'assigneeId'], code: 'NOT_FOUND' },
    ]);
    expect((await change('Assign', { id, assigneeId: null })).conversation.assignee).toBeNull();
  });

  test('is snoozed until a moment to come, and any other status wakes it', async () => {
    const id = await openConversation();
    const later = new Date(Date.now() + 3_600_000).toISOString();
    const past = new Date(Date.now() - 3_600_000).toISOString();
    for (const input of [
      { status: 'SNOOZED' },
      { status: 'SNOOZED', snoozedUntil: past },
      { snoozedUntil: later },
    ]) {
      expect((await change('Update', { id, ...input })).userErrors).toEqual([
        { field: ['input', 'snoozedUntil'], code: 'INVALID' },
      ]);
    }
    expect(
      (await change('Update', { id, status: 'SNOOZED', snoozedUntil: later })).conversation,
    ).toMatchObject({ status: 'SNOOZED', snoozedUntil: later });
    expect((await change('Update', { id, status: 'OPEN' })).conversation).toMatchObject({
      status: 'OPEN',
      snoozedUntil: null,
    });
  });

  test('resolved has nobody waiting; read still has', async () => {
    const id = await openConversation();
    await customerWrites(id, 'Hello?');
    const read = (await change('MarkRead', { id })).conversation;
    expect(read.unreadCount).toBe(0);
    expect(read.waitingSince).not.toBeNull();
    await customerWrites(id, 'Hello??');
    expect((await change('Update', { id, status: 'RESOLVED' })).conversation).toMatchObject({
      unreadCount: 0,
      waitingSince: null,
    });
  });

  test('of another business is changed as a random id is: not at all', async () => {
    const id = await openConversation();
    for (const name of ['Update', 'Assign', 'MarkRead']) {
      const [foreign, random] = await Promise.all(
        [id, randomConversation].map((each) => change(name, { id: each }, stranger)),
      );
      expect(foreign).toEqual(random);
      expect(foreign.userErrors).toEqual([{ field: ['input', 'id'], code: 'NOT_FOUND' }]);
    }
  });

  test('shows a key without customers:read no customer, and says why', async () => {
    const { body } = await server.ask(
      owner,
      'mutation { apiKeyCreate(input: { name: "inbox", scopes: ["conversations:read"] }) { secret } }',
    );
    const answer = await server.ask(
      body.data.apiKeyCreate.secret,
      '{ conversations(first: 1) { nodes { id customer { name } } } }',
    );
    expect(answer.body.data.conversations.nodes[0].customer).toBeNull();
    expect(answer.body.errors[0].extensions).toMatchObject({
      code: 'FORBIDDEN',
      permission: 'customers:read',
      reason: 'SCOPE',
    });
  });
});

describe('canned replies', () => {
  const create = `mutation ($shortcut: String!) { cannedReplyCreate(input: { shortcut: $shortcut, body: "Text" }) { cannedReply { id } ${errors} } }`;

  test('are found by shortcut, changed and deleted', async () => {
    const { cannedReply } = (await server.ask(member, create, { shortcut: 'aaa' })).body.data
      .cannedReplyCreate;
    const first = '{ cannedReplies(first: 1) { nodes { shortcut body } } }';
    const changed = await server.ask(
      member,
      `mutation ($id: ID!) { cannedReplyUpdate(input: { id: $id, body: "Other" }) { ${errors} } }`,
      { id: cannedReply.id },
    );
    expect(changed.body.data.cannedReplyUpdate.userErrors).toEqual([]);
    expect((await server.ask(viewer, first)).body.data.cannedReplies.nodes).toEqual([
      { shortcut: 'aaa', body: 'Other' },
    ]);
    const remove = `mutation ($id: ID!) { cannedReplyDelete(input: { id: $id }) { ${errors} } }`;
    await server.ask(member, remove, { id: cannedReply.id });
    const again = await server.ask(member, remove, { id: cannedReply.id });
    expect(again.body.data.cannedReplyDelete.userErrors[0].code).toBe('NOT_FOUND');
  });

  test('a shortcut is taken within one business only, and has no blanks', async () => {
    const made = async (credential: string, shortcut: string) =>
      (await server.ask(credential, create, { shortcut })).body.data.cannedReplyCreate.userErrors;
    expect(await made(owner, 'zzz')).toEqual([]);
    expect(await made(stranger, 'zzz')).toEqual([]);
    expect(await made(owner, 'zzz')).toEqual([
      { field: ['input', 'shortcut'], code: 'SHORTCUT_TAKEN' },
    ]);
    expect((await made(owner, 'z z'))[0].code).toBe('INVALID');
  });
});

async function used(meter: string): Promise<number> {
  const { body } = await server.ask(owner, '{ usage { meter used } }');
  return body.data.usage.find((each: { meter: string }) => each.meter === meter).used;
}

const messagesToday = () => used('MESSAGES_PER_DAY');

function uuidOf(id: string): string {
  const uuid = decodeId(id)?.uuid;
  if (uuid === undefined) throw new Error(`${id} is no id`);
  return uuid;
}
