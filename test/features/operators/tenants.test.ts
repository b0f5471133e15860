import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestOperators, type TestOperators } from '../../support/operators.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
let operators: TestOperators;
const ask = (query: string, variables?: object) => operators.ask(operators.token, query, variables);

beforeAll(async () => {
  server = await startTestServer();
  operators = await openTestOperators(server);
});
afterAll(async () => {
  await operators?.close();
  await server?.close();
});

const lumen = { tenant: { slug: 'lumen' } };
const suspend =
  'mutation ($input: TenantSuspendInput!) { tenantSuspend(input: $input) { tenant { slug status } userErrors { field code message } } }';
const reactivate =
  'mutation ($input: TenantReactivateInput!) { tenantReactivate(input: $input) { tenant { slug status } userErrors { code } } }';
const changePlan =
  'mutation ($input: TenantPlanChangeInput!) { tenantPlanChange(input: $input) { tenant { slug plan } userErrors { code field } } }';

test('an operator lists, searches and pages through all tenants', async () => {
  const list =
    '{ tenants { totalCount nodes { slug status plan health { members products lastActivityAt } settingsVersion } } }';
  const { body } = await ask(list);
  expect(body.errors).toBeUndefined();
  const slugs = body.data.tenants.nodes.map(({ slug }: { slug: string }) => slug);
  expect(slugs.toSorted()).toEqual(['harbor', 'lumen']);
  expect(body.data.tenants.totalCount).toBe(2);
  for (const { health, settingsVersion } of body.data.tenants.nodes) {
    expect(health.members).toBeGreaterThan(2);
    expect(health.products).toBeGreaterThan(20);
    expect(settingsVersion).toBe(1);
  }
  const first = (
    await ask('{ tenants(first: 1) { nodes { slug } pageInfo { endCursor hasNextPage } } }')
  ).body.data.tenants;
  expect(first.pageInfo.hasNextPage).toBe(true);
  const next = await ask(
    'query ($after: String) { tenants(first: 1, after: $after) { nodes { slug } pageInfo { hasNextPage } } }',
    {
      after: first.pageInfo.endCursor,
    },
  );
  expect([first.nodes[0].slug, next.body.data.tenants.nodes[0].slug]).toEqual(slugs);
  const find = async (args: string) =>
    (await ask(`{ tenants(${args}) { totalCount nodes { slug } } }`)).body.data.tenants;
  expect(await find('search: "LÜM"')).toEqual({ totalCount: 1, nodes: [{ slug: 'lumen' }] });
  expect(await find('search: "%"')).toEqual({ totalCount: 0, nodes: [] });
  expect((await find('plan: "BASIC"')).totalCount).toBe(1);
  expect((await find('status: SUSPENDED')).totalCount).toBe(0);
});

test('a tenant is named by its id or its slug, never by both, and null is no such tenant', async () => {
  const { id } = (await ask('{ tenant(by: { slug: "lumen" }) { id } }')).body.data.tenant;
  const by = 'query ($by: TenantReference!) { tenant(by: $by) { slug } }';
  expect((await ask(by, { by: { id } })).body.data.tenant).toEqual({ slug: 'lumen' });
  expect((await ask(by, { by: { slug: 'nobody' } })).body).toEqual({ data: { tenant: null } });
  expect((await ask(by, { by: { id, slug: 'lumen' } })).status).toBe(200);
  expect((await ask(by, { by: { id, slug: 'lumen' } })).body.data).toBeUndefined();
  const wrong = await ask(by, { by: { id: id.replace('ten_', 'prd_') } });
  expect(wrong.body.errors[0].extensions.code).toBe('BAD_USER_INPUT');
});

test('a suspended tenant reads and does not write, within a second, and is free again after', async () => {
  const owner = await server.tokenOf('owner@lumen.example');
  const write = async () => {
    const rename =
      'mutation { customerUpsert(input: { phone: "+4915112345678", name: "N" }) { userErrors { code } } }';
    return (await server.ask(owner, rename)).body.errors?.[0].extensions.reason ?? 'written';
  };
  expect(await write()).toBe('written');
  const reason = 'Unpaid since May';
  const { body } = await ask(suspend, { input: { ...lumen, reason } });
  expect(body.data.tenantSuspend).toEqual({
    tenant: { slug: 'lumen', status: 'SUSPENDED' },
    userErrors: [],
  });
  await expect.poll(write, { timeout: 1_000, interval: 20 }).toBe('TENANT_SUSPENDED');
  expect(
    (await server.ask(owner, '{ products(first: 1) { nodes { id } } }')).body.errors,
  ).toBeUndefined();
  // Who did it, and why, is in the tenant's own log.
  const log =
    '{ auditEvents(first: 1, filter: { action: { eq: "tenant.suspended" } }) { nodes { actorKind actorId actorName targetType before after ip requestId } } }';
  const [event] = (await server.ask(owner, log)).body.data.auditEvents.nodes;
  expect(event).toMatchObject({
    actorKind: 'OPERATOR',
    actorId: expect.stringMatching(/^opr_/),
    actorName: 'Olive',
    targetType: 'Tenant',
    before: { status: 'ACTIVE' },
    after: { status: 'SUSPENDED', reason },
    ip: '127.0.0.1',
  });
  expect(
    (await ask(suspend, { input: { ...lumen, reason: ' ' } })).body.data.tenantSuspend,
  ).toMatchObject({
    tenant: null,
    userErrors: [{ code: 'TOO_SHORT', field: ['input', 'reason'] }],
  });
  expect((await ask(reactivate, { input: lumen })).body.data.tenantReactivate.tenant.status).toBe(
    'ACTIVE',
  );
  await expect.poll(write, { timeout: 1_000, interval: 20 }).toBe('written');
});

test('a plan is changed for the next request, and an unknown plan or tenant changes nothing', async () => {
  const owner = await server.tokenOf('owner@harbor.example');
  const harbor = { tenant: { slug: 'harbor' } };
  const plan = async () => (await server.ask(owner, '{ tenant { plan } }')).body.data.tenant.plan;
  const was = await plan();
  const { body } = await ask(changePlan, { input: { ...harbor, plan: 'ENTERPRISE' } });
  expect(body.data.tenantPlanChange.tenant).toEqual({ slug: 'harbor', plan: 'ENTERPRISE' });
  expect(await plan()).toBe('ENTERPRISE');
  for (const [input, code] of [
    [{ ...harbor, plan: 'GOLD' }, 'PLAN_UNKNOWN'],
    [{ tenant: { slug: 'nobody' }, plan: 'BASIC' }, 'NOT_FOUND'],
  ] as const) {
    const refused = (await ask(changePlan, { input })).body.data.tenantPlanChange;
    expect(refused).toMatchObject({ tenant: null, userErrors: [{ code }] });
  }
  expect(await plan()).toBe('ENTERPRISE');
  await ask(changePlan, { input: { ...harbor, plan: was } });
});

test('an answer with errors changed nothing, and a mutation has one field', async () => {
  // The cursor is refused after the suspension was written.
  const poisoned = `mutation ($input: TenantSuspendInput!) {
    tenantSuspend(input: $input) { tenant { slug health { products } } } }`;
  const input = { ...lumen, reason: 'r' };
  const held = await server.holding(
    // The count of the payload waits for this lock until lock_timeout.
    'lock table app.usage_slots in access exclusive mode',
    [],
    () => ask(poisoned, { input }),
  );
  expect(held.body).toMatchObject({ data: null, errors: [{ extensions: { code: 'TIMED_OUT' } }] });
  const status = '{ tenant(by: { slug: "lumen" }) { status } }';
  expect((await ask(status)).body.data.tenant.status).toBe('ACTIVE');
  const two = `mutation ($input: TenantSuspendInput!) {
    tenantSuspend(input: $input) { tenant { slug } } ...Second }
    fragment Second on Mutation { operatorSignOut }`;
  expect((await ask(two, { input })).body.errors[0].extensions.code).toBe('BAD_REQUEST');
  expect((await ask(status)).body.data.tenant.status).toBe('ACTIVE');
});

test('audit events of all tenants, by tenant, actor, action, request and time', async () => {
  await ask(suspend, { input: { ...lumen, reason: 'r' } });
  await ask(reactivate, { input: lumen });
  await server.tokenOf('owner@harbor.example');
  const find = async (filter: string, page = 'first: 50') =>
    (
      await ask(
        `{ auditEvents(${page}, filter: { ${filter} }) { nodes { action tenantSlug requestId occurredAt } pageInfo { hasNextPage endCursor } } }`,
      )
    ).body.data.auditEvents;
  const all = (await find('')).nodes;
  expect(new Set(all.map(({ tenantSlug }: { tenantSlug: string }) => tenantSlug))).toEqual(
    new Set(['lumen', 'harbor']),
  );
  const [latest] = all;
  expect(latest).toMatchObject({ action: 'member.signedIn', tenantSlug: 'harbor' });
  const own = (await find('actorKind: OPERATOR, actionPrefix: "tenant."')).nodes;
  expect(own[0]).toMatchObject({ action: 'tenant.reactivated', tenantSlug: 'lumen' });
  expect(own.every(({ action }: { action: string }) => action.startsWith('tenant.'))).toBe(true);
  expect((await find('actionPrefix: "tenant_"')).nodes).toEqual([]);
  expect((await find('tenant: { slug: "nobody" }')).nodes).toEqual([]);
  expect((await find(`requestId: "${own[0].requestId}"`)).nodes).toHaveLength(1);
  expect((await find(`from: "${latest.occurredAt}"`)).nodes).toHaveLength(1);
  expect((await find(`until: "${latest.occurredAt}"`)).nodes).toHaveLength(all.length - 1);
  const first = await find('', 'first: 1');
  const second = await find('', `first: 1, after: "${first.pageInfo.endCursor}"`);
  expect([...first.nodes, ...second.nodes]).toEqual(all.slice(0, 2));
});

test('a tenant is made for somebody new, once, on its plan, and not for an address nobody has proved', async () => {
  const provision =
    'mutation ($input: TenantProvisionInput!) { tenantProvision(input: $input) { created tenant { id slug status plan health { members products } } userErrors { code field } } }';
  const make = async (input: object) => (await ask(provision, { input })).body.data.tenantProvision;
  const input = {
    slug: 'orchard',
    name: 'Orchard',
    ownerEmail: 'Ola@orchard.example',
    plan: 'PREMIUM',
  };
  const [one, two] = await Promise.all([make(input), make(input)]);
  expect([one.created, two.created].toSorted()).toEqual([false, true]);
  expect(one.tenant.id).toBe(two.tenant.id);
  const { tenant } = await make(input);
  expect(tenant).toMatchObject({
    slug: 'orchard',
    status: 'ACTIVE',
    plan: 'PREMIUM',
    health: { members: 1 },
  });
  const events = await server.asAdmin(
    `select action, actor_kind from app.audit_events e join app.tenants t on t.id = e.tenant_id
     where t.slug = 'orchard' and action like 'tenant.%' order by occurred_at, action`,
  );
  expect(events).toEqual([
    { action: 'tenant.created', actor_kind: 'USER' },
    { action: 'tenant.provisioned', actor_kind: 'OPERATOR' },
    { action: 'tenant.planChanged', actor_kind: 'OPERATOR' },
  ]);
  const other = { ...input, ownerEmail: 'other@orchard.example' };
  expect((await make(other)).userErrors[0].code).toBe('SLUG_TAKEN');
  await server.asAdmin(
    `insert into app.users (id, email, name, password_hash) values (gen_random_uuid(), 'squatter@orchard.example', 'S', 'x')`,
  );
  for (const [change, code] of [
    [{ ownerEmail: 'squatter@orchard.example' }, 'EMAIL_NOT_VERIFIED'],
    [{ ownerEmail: 'nobody' }, 'INVALID'],
    [{ plan: 'GOLD' }, 'PLAN_UNKNOWN'],
    [{ slug: 'admin' }, 'SLUG_RESERVED'],
  ] as const) {
    const refused = await make({ ...input, slug: 'grove', ...change });
    expect(refused).toMatchObject({ tenant: null, created: false, userErrors: [{ code }] });
  }
  expect((await ask('{ tenant(by: { slug: "grove" }) { slug } }')).body.data.tenant).toBeNull();
});
