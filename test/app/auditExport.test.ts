import { get } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { putOnPlan } from '../support/plans.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let owner: string;
let tenantId: string;
beforeAll(async () => {
  server = await startTestServer();
  owner = await server.tokenOf('owner@lumen.example');
  const [row] = await server.asAdmin(`select id from app.tenants where slug = 'lumen'`);
  tenantId = String(row?.id);
});
afterAll(() => server?.close());

/** So many events in the past, one a second, the first of them at `from`. */
const addEvents = (count: number, from: string) =>
  server.asAdmin(
    `insert into app.audit_events (tenant_id, id, occurred_at, actor_kind, actor_name, action, target_type, request_id, after)
     select $1, gen_random_uuid(), $2::timestamptz + n * interval '1 second', 'SYSTEM', 'Test', 'test.done', 'Product', 'r',
       jsonb_build_object('n', n, 'text', repeat('x', 300))
     from generate_series(0, $3::int - 1) as n`,
    [tenantId, from, count],
  );

const exported = (query = '', credential: string | null = owner) =>
  fetch(`${server.url}/exports/audit.jsonl${query}`, {
    headers: credential === null ? {} : { Authorization: `Bearer ${credential}` },
  });
const linesOf = async (response: Response) =>
  (await response.text())
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

test('the whole log, the oldest first, the latest included, each event as the API shows it', async () => {
  await addEvents(2_500, '2026-01-01T00:00:00Z');
  const response = await exported();
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/jsonl; charset=utf-8');
  const events = await linesOf(response);
  const [counted] = await server.asAdmin(
    'select count(*)::int as count from app.audit_events where tenant_id = $1',
    [tenantId],
  );
  expect(events).toHaveLength(Number(counted?.count));
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  const times = events.map(({ occurredAt }) => occurredAt);
  expect(times).toEqual(times.toSorted());
  const fields =
    'id occurredAt actorKind actorId actorName action targetType targetId before after ip userAgent requestId';
  const { body } = await server.ask(owner, `{ auditEvents(first: 1) { nodes { ${fields} } } }`);
  expect(events.at(-1)).toEqual(body.data.auditEvents.nodes[0]);
  expect(Object.keys(events.at(-1))).toEqual(fields.split(' '));
});

test('a period begins with its first moment and ends before its last', async () => {
  const within = async (query: string) =>
    (await linesOf(await exported(query))).map(({ after }) => after.n);
  const from = '?from=2026-01-01T00:10:00Z';
  expect(await within(`${from}&until=2026-01-01T00:10:03Z`)).toEqual([600, 601, 602]);
  expect(await within('?until=2026-01-01T00:00:02%2B00:00')).toEqual([0, 1]);
  expect(await within('?from=2026-01-02&until=2026-01-03')).toEqual([]);
  for (const query of [
    '?from=soon',
    '?until=2026-02-31T25:00:00Z',
    '?form=2026-01-01',
    `${from}&from=2026`,
  ]) {
    const refused = await exported(query);
    expect({ query, status: refused.status }).toEqual({ query, status: 400 });
    expect((await refused.json()).errors[0].extensions.code).toBe('BAD_USER_INPUT');
  }
});

test('one tenant’s, for those who may read it', async () => {
  const harbor = await linesOf(await exported('', await server.tokenOf('owner@harbor.example')));
  const ids = new Set((await linesOf(await exported())).map(({ id }) => id));
  expect(harbor.length).toBeGreaterThan(0);
  expect(harbor.filter(({ id }) => ids.has(id))).toEqual([]);
  const member = await exported('', await server.tokenOf('member@lumen.example'));
  expect(member.status).toBe(403);
  expect((await member.json()).errors[0].extensions).toMatchObject({
    permission: 'audit:read',
    reason: 'ROLE',
  });
  expect((await exported('?tenant=lumen')).status).toBe(200);
  expect((await exported('?tenant=harbor')).ok, 'two names that disagree').toBe(false);
  expect((await exported('', null)).status).toBe(401);
  expect((await exported('', 'tnt_x')).status).toBe(401);
  const head = await fetch(`${server.url}/exports/audit.jsonl`, {
    method: 'HEAD',
    headers: { Authorization: `Bearer ${owner}` },
  });
  expect([head.status, await head.text()]).toEqual([200, '']);
});

/** Takes nothing after the headers, until it is told to go on. */
async function stalledExport(credential = owner) {
  const request = get(`${server.url}/exports/audit.jsonl`, {
    headers: { Authorization: `Bearer ${credential}` },
  });
  const response = await new Promise<import('node:http').IncomingMessage>((resolve) =>
    request.once('response', resolve),
  );
  return { request, response };
}

test('it is the log of one instant, however long a client takes', async () => {
  await addEvents(30_000, '2026-02-01T00:00:00Z');
  const count = async () =>
    (
      await server.asAdmin('select count(*)::int as n from app.audit_events where tenant_id = $1', [
        tenantId,
      ])
    )[0]?.n;
  const { response } = await stalledExport();
  const before = await count();
  // Younger than the export, and by its time in front of what is still to come.
  await server.tokenOf('viewer@lumen.example');
  await server.database.withTenant(tenantId, { mode: 'write' }, (tx) =>
    tx.query(
      `insert into app.audit_events (tenant_id, id, actor_kind, actor_name, action, target_type, request_id)
       values ($1, gen_random_uuid(), 'SYSTEM', 'Late', 'test.late', 'Product', 'r')`,
      [tenantId],
    ),
  );
  expect(Number(await count())).toBe(Number(before) + 2);
  let text = '';
  for await (const chunk of response) text += chunk;
  expect(text.trim().split('\n')).toHaveLength(Number(before));
  expect(text).not.toContain('test.late');
});

test('a client that hangs up, or has lost its right, gets no more, and holds no connection meanwhile', async () => {
  const make =
    'mutation { apiKeyCreate(input: { name: "e", scopes: ["audit:read"] }) { apiKey { id } secret } }';
  const { apiKey, secret } = (await server.ask(owner, make)).body.data.apiKeyCreate;
  const { response } = await stalledExport(secret);
  const connectionsInUse = () => server.database.statistics.total - server.database.statistics.idle;
  await expect.poll(connectionsInUse).toBe(0);
  await server.ask(
    owner,
    'mutation ($id: ID!) { apiKeyRevoke(input: { id: $id }) { userErrors { code } } }',
    { id: apiKey.id },
  );
  await expect.poll(async () => (await exported('', secret)).status).toBe(401);
  const cut = (async () => {
    for await (const _ of response);
  })();
  await expect(cut).rejects.toThrow('aborted');

  const gone = await stalledExport();
  gone.request.destroy();
  const statements = server.database.statistics.statements;
  await expect.poll(connectionsInUse).toBe(0);
  expect(server.database.statistics.statements - statements).toBeLessThan(20);
});

test('a suspended tenant may still export', async () => {
  await putOnPlan(server, 'harbor', 'PREMIUM');
  await server.asAdmin(`update app.tenants set status = 'SUSPENDED' where slug = 'harbor'`);
  const token = await server.tokenOf('owner@harbor.example');
  const response = await exported('', token);
  expect(response.status).toBe(200);
  expect((await linesOf(response)).length).toBeGreaterThan(0);
});
