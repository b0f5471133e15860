import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Actor } from '../../../src/auth/principal.ts';
import { recordAudit } from '../../../src/features/audit/audit.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
let owner: string;
beforeAll(async () => {
  server = await startTestServer();
  owner = await server.tokenOf('owner@lumen.example');
});
afterAll(() => server?.close());

const actor: Actor = {
  kind: 'SYSTEM',
  id: null,
  name: 'Test',
  memberId: null,
  permissions: new Set(),
  requestId: 'request-of-the-test',
  ip: '192.0.2.1',
  userAgent: 'Test/1',
};

async function find(filter: string, page = 'first: 100') {
  const { body } = await server.ask(
    owner,
    `{ auditEvents(${page}, filter: { ${filter} }) { totalCount nodes { id action actorKind actorId targetType targetId requestId occurredAt before after } pageInfo { endCursor hasNextPage } } }`,
  );
  expect(body.errors).toBeUndefined();
  return body.data.auditEvents;
}
const actionsOf = ({ nodes }: { nodes: { action: string }[] }) => [
  ...new Set(nodes.map(({ action }) => action)),
];

async function record(action: string, after: Record<string, unknown> = {}): Promise<void> {
  const [lumen] = await server.asAdmin(`select id from app.tenants where slug = 'lumen'`);
  await server.database.withTenant(String(lumen?.id), { mode: 'write' }, (tx) =>
    recordAudit(tx, actor, { action, targetType: 'Product', targetId: null, after }),
  );
}

test('events are found by actor, action, target, request and time', async () => {
  const price = '{ amount: "1.00", currencyCode: "EUR" }';
  const made = await server.ask(
    server.apiKey,
    `mutation { productCreate(input: { name: "Audited", price: ${price} }) { product { id } } }`,
  );
  const { id } = made.body.data.productCreate.product;
  await record('product.imported');
  await record('productive.day');

  expect(actionsOf(await find('action: { eq: "product.created" }'))).toEqual(['product.created']);
  expect(actionsOf(await find('action: { startsWith: "product." }')).toSorted()).toEqual([
    'product.created',
    'product.imported',
  ]);
  expect((await find('action: { startsWith: "product_" }')).nodes).toEqual([]);
  const both = await find('action: { in: ["product.imported", "productive.day"] }');
  expect(both.totalCount).toBe(2);
  const [event] = (await find(`targetId: "${id}"`)).nodes;
  expect(event).toMatchObject({ action: 'product.created', actorKind: 'API_KEY', targetId: id });
  const byActor = await find(`actorId: "${event.actorId}"`);
  expect(new Set(byActor.nodes.map((node: typeof event) => node.actorId))).toEqual(
    new Set([event.actorId]),
  );
  const kinds = async (filter: string) =>
    new Set((await find(filter)).nodes.map((node: typeof event) => node.actorKind));
  expect(await kinds('actorKind: { eq: SYSTEM }')).toEqual(new Set(['SYSTEM']));
  expect(await kinds('actorKind: { in: [SYSTEM, API_KEY] }')).toEqual(
    new Set(['SYSTEM', 'API_KEY']),
  );
  expect((await find('requestId: "request-of-the-test"')).totalCount).toBe(2);
  expect(
    (await find('targetType: { eq: "ApiKey" }, requestId: "request-of-the-test"')).nodes,
  ).toEqual([]);
  const since = `occurredAt: { gte: "${event.occurredAt}" }`;
  expect((await find(since)).nodes.map((node: typeof event) => node.id)).toContain(event.id);
  expect(
    (await find(`occurredAt: { lt: "${event.occurredAt}" }, targetId: "${id}"`)).nodes,
  ).toEqual([]);
});

test('pages stay right while events are written', async () => {
  const filter = 'action: { startsWith: "paged." }';
  for (const n of [1, 2, 3]) await record(`paged.${n}`);
  const first = await find(filter, 'first: 2');
  await record('paged.4');
  const second = await find(filter, `first: 2, after: "${first.pageInfo.endCursor}"`);
  expect([...actionsOf(first), ...actionsOf(second)]).toEqual(['paged.3', 'paged.2', 'paged.1']);
  expect(second.pageInfo.hasNextPage).toBe(false);
});

test('no password, token, secret or hash is in the log, whatever was done', async () => {
  const wrong = 'canary of a wrong password';
  const signIn = 'mutation ($input: SignInInput!) { signIn(input: $input) { token } }';
  await server.ask(null, signIn, { input: { email: 'owner@lumen.example', password: wrong } });
  const { body } = await server.ask(
    owner,
    'mutation { apiKeyCreate(input: { name: "canary", scopes: ["products:read"] }) { apiKey { id } secret } }',
  );
  const { secret, apiKey } = body.data.apiKeyCreate;
  await server.ask(
    owner,
    'mutation ($id: ID!) { apiKeyRevoke(input: { id: $id }) { apiKey { id } } }',
    {
      id: apiKey.id,
    },
  );
  const text = async () =>
    (await server.asAdmin('select e::text as text from app.audit_events e'))
      .map((row) => row.text)
      .join('\n');
  await expect.poll(text).toContain('member.signInFailed');
  const log = await text();
  expect(log).toContain('apiKey.revoked');
  for (const canary of [wrong, 'demo-password', secret, owner, server.apiKey]) {
    expect(log).not.toContain(canary);
    expect(log).not.toContain(createHash('sha256').update(canary).digest('hex'));
  }
});

test('what members paste into data of their own is kept out of the log too', async () => {
  const note = `the till uses ${server.apiKey}, I use ${owner}`;
  const tokens = ['trt', 'tot'].map((kind) => `${kind}_${'canary'.repeat(7)}x`);
  const alone = [server.apiKey, owner, ...tokens];
  const metadata = {
    note,
    alone,
    apiKey: 'canary-4',
    'x-api-key': 'canary-5',
    Authorization: 'canary-6',
  };
  await server.ask(
    owner,
    'mutation ($input: TenantUpdateInput!) { tenantUpdate(input: $input) { tenant { id } } }',
    { input: { metadata } },
  );
  const [event] = (await find('action: { eq: "tenant.updated" }')).nodes;
  expect(event.after.metadata).toEqual({
    note: 'the till uses [redacted], I use [redacted]',
    alone: alone.map(() => '[redacted]'),
    apiKey: '[redacted]',
    'x-api-key': '[redacted]',
    Authorization: '[redacted]',
  });
});

test('a rule that hands a secret over writes down that there was one, not what it is', async () => {
  await record('secret.handed', {
    name: 'kept',
    ai: { maxTokens: 500 },
    passwordHash: 'canary-1',
    list: [{ accessToken: 'canary-2', deep: { client_secret: 'canary-3', at: 'kept' } }],
  });
  const [event] = (await find('action: { eq: "secret.handed" }')).nodes;
  expect(event.after).toEqual({
    name: 'kept',
    ai: { maxTokens: 500 },
    passwordHash: '[redacted]',
    list: [{ accessToken: '[redacted]', deep: { client_secret: '[redacted]', at: 'kept' } }],
  });
});
