import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeId } from '../../../src/lib/ids.ts';
import { codesOf, mutate, mutateFully } from '../../support/accounts.ts';
import { addMember, atOnce, tenantRow } from '../../support/people.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

const roles = ['OWNER', 'ADMIN', 'MEMBER', 'VIEWER'] as const;
type Role = (typeof roles)[number];
const rank = { OWNER: 4, ADMIN: 3, MEMBER: 2, VIEWER: 1 };

let server: TestServer;
const tokens = new Map<string, string>();
const as = (role: string) => tokens.get(role) ?? '';
beforeAll(async () => {
  server = await startTestServer();
  for (const role of roles) {
    tokens.set(role, await server.tokenOf(`${role.toLowerCase()}@lumen.example`, 'lumen'));
  }
});
afterAll(() => server?.close());

const change = (id: string, role: string, credential: string) =>
  mutateFully(server, 'memberRoleChange', { id, role }, 'member { role }', credential);
const remove = (id: string, credential: string) =>
  mutateFully(server, 'memberRemove', { id }, 'member { leftAt }', credential);
const leave = (tenantSlug: string, credential: string) =>
  mutate(server, 'memberLeave', { tenantSlug }, 'done', credential);

/** What became of a mutation: `DONE`, the code of its refusal, or of its error. */
async function outcome(answer: ReturnType<typeof mutateFully>): Promise<string> {
  const { body } = await answer;
  if (body.errors) return body.errors[0].extensions.code;
  const [field] = Object.values(body.data) as { userErrors: { code: string }[] }[];
  return field?.userErrors[0]?.code ?? 'DONE';
}

const node =
  'query ($id: ID!) { node(id: $id) { ... on Member { viewerCanChangeRole viewerCanRemove } } }';
const can = async (id: string, credential: string) =>
  (await server.ask(credential, node, { id })).body.data.node;

let count = 0;
const somebody = (role: string, slug = 'lumen') => {
  count += 1;
  return addMember(server, { email: `one${count}@team.example`, role, slug });
};
const codeOf = ({ body }: Awaited<ReturnType<typeof mutateFully>>) => body.errors?.[0].extensions;

const pairs = roles.flatMap((actor) => roles.map((target): [Role, Role] => [actor, target]));

describe.each(pairs)('%s and a member who is %s', (actor, target) => {
  const mayTouch = rank[actor] >= rank.ADMIN && rank[actor] >= rank[target];
  const refusal = rank[actor] >= rank.ADMIN ? 'ROLE_TOO_LOW' : 'FORBIDDEN';

  test('what may be done is said before, and is what is done', async () => {
    const id = await somebody(target);
    const credential = as(actor);
    expect(await can(id, credential)).toEqual({
      viewerCanChangeRole: mayTouch,
      viewerCanRemove: mayTouch,
    });
    for (const role of roles.filter((each) => each !== target)) {
      const right = mayTouch && rank[actor] >= rank[role];
      const expected = right ? 'DONE' : refusal;
      expect(await outcome(change(id, role, credential)), role).toBe(expected);
      if (right) await change(id, target, as('OWNER'));
    }
    expect(await outcome(remove(id, credential))).toBe(mayTouch ? 'DONE' : refusal);
  });

  test('who may invite as that role is said before, and is what is done', async () => {
    const { body } = await server.ask(
      as(actor),
      '{ tenant { viewerCanInvite viewerGrantableRoles } }',
    );
    const { viewerCanInvite, viewerGrantableRoles } = body.data.tenant;
    const right = viewerGrantableRoles.includes(target);
    expect([viewerCanInvite, right]).toEqual([rank[actor] >= rank.ADMIN, mayTouch]);
    const input = { email: `${actor}.${target}@asked.example`, role: target };
    const invite = mutateFully(server, 'memberInvite', input, 'invitation { id }', as(actor));
    expect(await outcome(invite)).toBe(right ? 'DONE' : refusal);
  });
});

describe('the last owner', () => {
  beforeAll(() =>
    server.asAdmin(
      `update app.members set user_id = null where role = 'OWNER' and email <> 'owner@lumen.example' and email like '%@team.example'`,
    ),
  );

  test('stays: no demotion, removal or leaving, and none is offered', async () => {
    const { body } = await server.ask(as('OWNER'), '{ members { nodes { id role } } }');
    const { id } = body.data.members.nodes.find(({ role }: { role: string }) => role === 'OWNER');
    expect(await can(id, as('OWNER'))).toEqual({
      viewerCanChangeRole: false,
      viewerCanRemove: false,
    });
    expect(await outcome(change(id, 'ADMIN', as('OWNER')))).toBe('LAST_OWNER');
    expect(await outcome(remove(id, as('OWNER')))).toBe('YOURSELF');
    expect(codesOf(await leave('lumen', as('OWNER')))).toEqual(['LAST_OWNER']);
  });

  test.each([
    ['leave', 'leave'],
    ['demote each other', 'change'],
    ['remove each other', 'remove'],
    ['demote themselves', 'demote'],
  ])('is one of two who %s at once', async (_what, step) => {
    const slug = `duo-${step}`;
    await mutate(
      server,
      'tenantCreate',
      { slug, name: 'Duo', sampleProducts: false },
      'created',
      as('OWNER'),
    );
    const first = await server.tokenOf('owner@lumen.example', slug);
    const other = await addMember(server, { email: `${step}@duo.example`, role: 'OWNER', slug });
    const second = await server.tokenOf(`${step}@duo.example`, slug);
    const { body } = await server.ask(first, '{ members { nodes { id } } }');
    const own = body.data.members.nodes[0].id;
    const starts = {
      leave: [() => leave(slug, first), () => leave(slug, second)],
      change: [() => change(other, 'ADMIN', first), () => change(own, 'ADMIN', second)],
      remove: [() => remove(other, first), () => remove(own, second)],
      demote: [() => change(own, 'MEMBER', first), () => change(other, 'MEMBER', second)],
    }[step];
    await atOnce<unknown>(server, tenantRow(slug), starts ?? []);
    const owners = await server.asAdmin(
      `select count(*)::int as n from app.members m join app.tenants t on t.id = m.tenant_id
       where t.slug = $1 and m.role = 'OWNER' and m.user_id is not null`,
      [slug],
    );
    expect(owners).toEqual([{ n: 1 }]);
  });
});

test('what somebody may do is what is true when it is done, not when they asked', async () => {
  const acting = await addMember(server, {
    email: 'former@team.example',
    role: 'ADMIN',
    slug: 'lumen',
  });
  const former = await server.tokenOf('former@team.example', 'lumen');
  const victim = await somebody('VIEWER'); // whom a viewer would reach
  await can(victim, former); // units of the meter are leased then, for which only one of both would wait
  const demote = () => change(acting, 'VIEWER', as('OWNER'));
  const answers = await atOnce(server, tenantRow('lumen'), [demote, () => remove(victim, former)]);
  expect(answers[1]?.body.data.memberRemove.userErrors[0]?.code).toBe('ROLE_TOO_LOW');
});

describe('whoever is taken out', () => {
  test('is refused there within a second, keeps their other business, and may be invited again', async () => {
    const person = { email: 'both@team.example', role: 'MEMBER' };
    const id = await addMember(server, { ...person, slug: 'lumen' });
    await addMember(server, { ...person, slug: 'harbor' });
    const token = await server.tokenOf(person.email, 'lumen');
    const elsewhere = await server.tokenOf(person.email, 'harbor');
    const read = async (credential: string) =>
      (await server.ask(credential, '{ tenant { slug } }')).status;
    const assigned = await server.asAdmin(
      `update app.conversations set assignee_id = m.id from app.members m
       where m.email = $1 and m.tenant_id = (select id from app.tenants where slug = 'lumen') and conversations.tenant_id = m.tenant_id and status <> 'RESOLVED' returning conversations.id`,
      [person.email],
    );
    expect(assigned.length).toBeGreaterThan(0);
    expect(await read(token)).toBe(200);
    expect(await outcome(remove(id, as('ADMIN')))).toBe('DONE');
    const started = performance.now();
    await expect.poll(() => read(token)).toBe(401);
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(await read(elsewhere)).toBe(200);
    const { body } = await server.ask(
      as('OWNER'),
      `query ($id: ID!) { node(id: $id) { ... on Member { name leftAt viewerCanRemove } }
        members(first: 100) { nodes { id } }
        conversations(first: 1, filter: { assignee: { eq: $id } }) { totalCount } 
        auditEvents(first: 1) { nodes { action before after } } }`,
      { id },
    );
    const { data } = body;
    expect(data.node).toMatchObject({ name: 'Somebody', viewerCanRemove: false });
    expect(data.node.leftAt).not.toBeNull();
    expect(data.members.nodes.map((each: { id: string }) => each.id)).not.toContain(id);
    expect(data.conversations.totalCount).toBe(0);
    expect(data.auditEvents.nodes[0]).toMatchObject({
      action: 'member.removed',
      before: { email: person.email, role: 'MEMBER' },
      after: { conversationsUnassigned: assigned.length },
    });
    expect(await outcome(remove(id, as('OWNER')))).toBe('NOT_FOUND');
    const input = { email: person.email, role: 'VIEWER' };
    expect(
      codesOf(await mutate(server, 'memberInvite', input, 'invitation { id }', as('OWNER'))),
    ).toEqual([]);
  });

  test('may be answering a customer meanwhile: what they write stays, and nothing waits for ever', async () => {
    const person = { email: 'busy@team.example', role: 'MEMBER', slug: 'lumen' };
    const id = await addMember(server, person);
    const token = await server.tokenOf(person.email, 'lumen');
    const [row] = await server.asAdmin(
      `update app.conversations set assignee_id = m.id from app.members m
       where m.email = $1 and conversations.tenant_id = m.tenant_id and conversations.id =
         (select id from app.conversations where tenant_id = m.tenant_id and status = 'OPEN' limit 1)
       returning conversations.id`,
      [person.email],
    );
    const lock = 'select from app.conversations where id = $1 for update';
    const input = { conversationId: encodeId('Conversation', String(row?.id)), body: 'Bye.' };
    const send = () => mutateFully(server, 'messageSend', input, 'message { body }', token);
    const answers = await atOnce(server, [lock, row?.id], [send, () => remove(id, as('ADMIN'))]);
    expect(answers.map(({ body }) => body.errors)).toEqual([undefined, undefined]);
    const query = `query ($id: ID!) { node(id: $id) { ... on Conversation {
      assignee { id } messages(last: 1) { nodes { body author { member { id } } } } } } }`;
    const { body } = await server.ask(as('OWNER'), query, { id: input.conversationId });
    expect(body.data.node).toEqual({
      assignee: null,
      messages: { nodes: [{ body: 'Bye.', author: { member: { id } } }] },
    });
  });

  test('may go by themselves, whichever business their token is for', async () => {
    await addMember(server, { email: 'goer@team.example', role: 'VIEWER', slug: 'lumen' });
    await addMember(server, { email: 'goer@team.example', role: 'VIEWER', slug: 'harbor' });
    const token = await server.tokenOf('goer@team.example', 'harbor');
    expect(await leave('lumen', token)).toMatchObject({ done: true });
    expect(codesOf(await leave('lumen', token))).toEqual(['NOT_FOUND']);
    expect(codesOf(await leave('no-such-business', token))).toEqual(['NOT_FOUND']);
    const { body } = await server.ask(token, '{ viewer { memberships { slug } } }');
    expect(body.data.viewer.memberships).toEqual([{ slug: 'harbor' }]);
  });

  test('leaves no invitation behind that they could send no longer', async () => {
    const id = await addMember(server, {
      email: 'sender@team.example',
      role: 'ADMIN',
      slug: 'lumen',
    });
    const token = await server.tokenOf('sender@team.example', 'lumen');
    const invite = (email: string, role: string) =>
      mutate(server, 'memberInvite', { email, role }, 'invitation { id }', token);
    await invite('friend@asked.example', 'ADMIN');
    await change(id, 'VIEWER', as('OWNER'));
    const rows = await server.asAdmin(
      `select revoked_at is not null as revoked from app.invitations where email = 'friend@asked.example'`,
    );
    expect(rows).toEqual([{ revoked: true }]);
    expect(
      await server.asAdmin(
        `select count(*)::int as n from app.tenant_routes r join app.invitations i on i.token_hash = r.key
       where i.email = 'friend@asked.example'`,
      ),
    ).toEqual([{ n: 0 }]);
  });
});

test('a role that was changed holds within a second, on tokens that are out', async () => {
  const id = await addMember(server, {
    email: 'risen@team.example',
    role: 'VIEWER',
    slug: 'lumen',
  });
  const token = await server.tokenOf('risen@team.example', 'lumen');
  const role = async () => (await server.ask(token, '{ viewer { role } }')).body.data.viewer.role;
  expect(await role()).toBe('VIEWER');
  await change(id, 'ADMIN', as('OWNER'));
  const started = performance.now();
  await expect.poll(role).toBe('ADMIN');
  expect(performance.now() - started).toBeLessThan(1_000);
});

test('an API key reads people and changes none, whatever its scopes', async () => {
  const make = (scopes: string[]) =>
    mutate(server, 'apiKeyCreate', { name: 'k', scopes }, 'secret', as('OWNER'));
  expect(codesOf(await make(['members:write']))).toEqual(['UNKNOWN_SCOPE']);
  expect(codesOf(await make(['ownership:write']))).toEqual(['UNKNOWN_SCOPE']);
  const { secret } = await make(['members:read']);
  const { body } = await server.ask(
    secret,
    '{ members(first: 1) { nodes { id viewerCanRemove } } invitations { nodes { email } } }',
  );
  const [member] = body.data.members.nodes;
  expect(member.viewerCanRemove).toBe(false);
  expect(body.data.invitations.nodes.length).toBeGreaterThan(0);
  expect(codeOf(await remove(member.id, secret))).toMatchObject({ reason: 'SCOPE' });
  const left = await mutateFully(server, 'memberLeave', { tenantSlug: 'lumen' }, 'done', secret);
  expect(codeOf(left)).toMatchObject({ reason: 'NOT_A_PERSON' });
});
