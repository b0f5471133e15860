import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { features } from '../../../src/auth/gates.ts';
import { openTestOperators, type TestOperators } from '../../support/operators.ts';
import { putOnPlan } from '../../support/plans.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
let operators: TestOperators;
let owner: string;

beforeAll(async () => {
  server = await startTestServer();
  operators = await openTestOperators(server);
  owner = await server.tokenOf('owner@harbor.example');
});
afterAll(async () => {
  await operators?.close();
  await server?.close();
});

const tenant = { slug: 'harbor' };
async function act(field: string, input: object, selection: string) {
  const type = `${field.slice(0, 1).toUpperCase()}${field.slice(1)}Input`;
  const query = `mutation ($input: ${type}!) { ${field}(input: $input) { ${selection} userErrors { code field } } }`;
  const { body } = await operators.ask(operators.token, query, { input: { tenant, ...input } });
  return body.data?.[field] ?? body;
}
const override = 'override { kind code limit granted reason expiresAt isActive }';
const setLimit = (input: object) => act('tenantLimitOverride', input, override);
const setFeature = (input: object) => act('tenantFeatureOverride', input, override);
const remove = (kind: string, code: string) =>
  act('tenantOverrideRemove', { kind, code }, 'override { code }');
const changePlan = (input: object) =>
  act(
    'tenantPlanChange',
    input,
    'tenant { plan } previousPlan effectiveAt exceeded { meter used limit } lostFeatures',
  );
const codes = ({ userErrors }: { userErrors: { code: string }[] }) =>
  userErrors.map(({ code }) => code);

const ask = async (query: string) => (await server.ask(owner, query)).body.data;
const entitled = async (by: string) =>
  (
    await ask(
      `{ entitlement(by: ${by}) { feature meter granted reason limit used remaining plans expiresAt } }`,
    )
  ).entitlement;

describe('what operators agree with a business beside its plan', () => {
  test('a limit, seen at once by everything that reads limits', async () => {
    const members = (await ask('{ usage(meters: [MEMBERS]) { used } }')).usage[0].used;
    expect(
      await setLimit({ meter: 'MEMBERS', limit: members, reason: ' Until they pay. ' }),
    ).toEqual({
      override: {
        ...{ kind: 'LIMIT', code: 'MEMBERS', limit: members, granted: null },
        ...{ reason: 'Until they pay.', expiresAt: null, isActive: true },
      },
      userErrors: [],
    });
    expect(await entitled('{ meter: MEMBERS }')).toEqual({
      ...{ feature: null, meter: 'MEMBERS', granted: false, reason: 'QUOTA', expiresAt: null },
      ...{ limit: members, used: members, remaining: 0 },
      plans: ['BASIC', 'PREMIUM', 'ENTERPRISE', 'CUSTOM'],
    });
    const invite =
      'mutation { memberInvite(input: { email: "one@more.example", role: VIEWER }) { userErrors { code } } }';
    expect(codes((await ask(invite)).memberInvite)).toEqual(['MEMBER_LIMIT']);
    expect((await ask('{ usage(meters: [MEMBERS]) { limit } }')).usage).toEqual([
      { limit: members },
    ]);

    await setLimit({ meter: 'MEMBERS', limit: null, reason: 'They are friends.' });
    expect(await entitled('{ meter: MEMBERS }')).toMatchObject({
      ...{ granted: true, reason: 'OVERRIDE', limit: null, remaining: null, plans: [] },
    });
    expect(await remove('LIMIT', 'MEMBERS')).toEqual({
      override: { code: 'MEMBERS' },
      userErrors: [],
    });
    expect(await entitled('{ meter: MEMBERS }')).toMatchObject({ limit: 100, reason: 'PLAN' });
  });

  test('a feature, until it ends; a change of plan leaves it', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    await setFeature({ feature: 'CUSTOM_DOMAIN', granted: true, reason: 'A trial.', expiresAt });
    const granted = { granted: true, reason: 'OVERRIDE', plans: ['ENTERPRISE', 'CUSTOM'] };
    expect(await entitled('{ feature: "CUSTOM_DOMAIN" }')).toMatchObject({ ...granted, expiresAt });
    expect(await changePlan({ plan: 'PREMIUM' })).toMatchObject({
      ...{ tenant: { plan: 'PREMIUM' }, previousPlan: 'BASIC', lostFeatures: [], userErrors: [] },
    });
    expect(await entitled('{ feature: "CUSTOM_DOMAIN" }')).toMatchObject(granted);
    await setFeature({ feature: 'PASSKEYS', granted: false, reason: 'Misused.' });
    expect(await entitled('{ feature: "PASSKEYS" }')).toMatchObject({
      ...{ granted: false, reason: 'OVERRIDE', plans: ['PREMIUM', 'ENTERPRISE', 'CUSTOM'] },
    });
    await server.asAdmin('update app.tenant_overrides set expires_at = now()');
    expect(await entitled('{ feature: "PASSKEYS" }')).toMatchObject({
      ...{ granted: true, reason: 'PLAN', expiresAt: null },
    });
    const query =
      '{ tenant(by: { slug: "harbor" }) { overrides { code isActive } scheduledPlanChange { plan } } plans { code } features { code } }';
    const { body } = await operators.ask(operators.token, query);
    expect(body.data.tenant.scheduledPlanChange).toBeNull();
    expect(body.data.tenant.overrides).toEqual(
      expect.arrayContaining([
        { code: 'CUSTOM_DOMAIN', isActive: false },
        { code: 'PASSKEYS', isActive: false },
      ]),
    );
    expect(body.data.plans).toHaveLength(4);
    expect(body.data.features).toHaveLength(5);
    await putOnPlan(server, 'harbor', 'BASIC');
  });

  test('is known at once, and not when what is remembered of callers is looked up anew', async () => {
    const features = async () => (await ask('{ viewer { features } }')).viewer.features;
    expect(await features()).toEqual([]);
    const since = performance.now(); // remembered for 800 ms from here on
    await setFeature({ feature: 'PASSKEYS', granted: true, reason: 'A trial.' });
    await expect.poll(features, { interval: 5 }).toEqual(['PASSKEYS']);
    expect(performance.now() - since).toBeLessThan(700);
    await remove('FEATURE', 'PASSKEYS');
  });

  test('is in the business’s own log, with the operator’s name and reason', async () => {
    const query =
      '{ auditEvents(first: 20, filter: { action: { startsWith: "tenant.override" } }) { nodes { action actorKind actorName before after } } }';
    const { nodes } = (await ask(query)).auditEvents;
    expect(nodes).toHaveLength(7);
    expect(nodes.at(-1)).toMatchObject({
      ...{ action: 'tenant.overrideSet', actorKind: 'OPERATOR', actorName: 'Olive', before: null },
      after: { meter: 'MEMBERS', reason: 'Until they pay.', expiresAt: null },
    });
    expect(nodes.at(-3)).toMatchObject({
      action: 'tenant.overrideRemoved',
      before: { meter: 'MEMBERS', limit: null },
    });
  });

  test.each([
    [
      'an unknown meter',
      () => setLimit({ meter: 'SMILES', limit: 1, reason: 'r' }),
      'METER_UNKNOWN',
    ],
    [
      'what every object has',
      () => setLimit({ meter: 'constructor', limit: 1, reason: 'r' }),
      'METER_UNKNOWN',
    ],
    ['a limit below 0', () => setLimit({ meter: 'MEMBERS', limit: -1, reason: 'r' }), 'INVALID'],
    ['no reason', () => setLimit({ meter: 'MEMBERS', limit: 1, reason: ' ' }), 'TOO_SHORT'],
    [
      'an unknown feature',
      () => setFeature({ feature: 'SMILES', granted: true, reason: 'r' }),
      'FEATURE_UNKNOWN',
    ],
    [
      'an end in the past',
      () =>
        setFeature({
          ...{ feature: 'PASSKEYS', granted: true, reason: 'r' },
          expiresAt: '2020-01-01T00:00:00Z',
        }),
      'INVALID',
    ],
    ['what is not there', () => remove('LIMIT', 'PRODUCTS'), 'NOT_FOUND'],
    [
      'an unknown business',
      () => setLimit({ tenant: { slug: 'nobody' }, meter: 'MEMBERS', limit: 1, reason: 'r' }),
      'NOT_FOUND',
    ],
  ])('%s is refused', async (_name, attempt, code) => {
    expect(codes(await attempt())).toEqual([code]);
  });

  test('nobody gives it to themselves: the server’s role may only read it', async () => {
    const [row] = await server.asAdmin(`select id from app.tenants where slug = 'harbor'`);
    for (const text of [
      `insert into app.tenant_overrides (tenant_id, kind, code, granted, reason) values ($1, 'FEATURE', 'CUSTOM_DOMAIN', true, 'mine')`,
      'delete from app.tenant_overrides where tenant_id = $1',
      `insert into app.scheduled_plan_changes (tenant_id, plan, effective_at) values ($1, 'CUSTOM', now())`,
      `update app.tenants set plan = 'CUSTOM' where id = $1`,
    ]) {
      const write = server.database.withTenant(String(row?.id), { mode: 'write' }, (tx) =>
        tx.query(text, [row?.id]),
      );
      await expect(write, text).rejects.toMatchObject({ sqlState: '42501' });
    }
  });
});

describe('a change of plan by an operator', () => {
  test('follows the owner’s rule, unless it is forced', async () => {
    await putOnPlan(server, 'harbor', 'PREMIUM');
    await setLimit({ meter: 'PRODUCTS', limit: 1, reason: 'Small.' });
    expect(await changePlan({ plan: 'BASIC' })).toMatchObject({
      ...{ tenant: null, exceeded: [], userErrors: [{ code: 'EXCEEDS_PLAN' }] },
    });
    expect(await changePlan({ plan: 'BASIC', effective: 'PERIOD_END' })).toMatchObject({
      ...{ tenant: { plan: 'PREMIUM' }, exceeded: [{ meter: 'PRODUCTS', limit: 1 }] },
    });
    const seen = await ask('{ tenant { scheduledPlanChange { plan { code } } } }');
    expect(seen.tenant.scheduledPlanChange).toEqual({ plan: { code: 'BASIC' } });
    const cancel = () => act('tenantPlanChangeCancel', {}, 'tenant { plan }');
    expect(await cancel()).toEqual({ tenant: { plan: 'PREMIUM' }, userErrors: [] });
    expect(codes(await cancel())).toEqual(['NOTHING_SCHEDULED']);
    expect(await changePlan({ plan: 'BASIC', force: true })).toMatchObject({
      ...{ tenant: { plan: 'BASIC' }, exceeded: [{ meter: 'PRODUCTS', limit: 1 }] },
      lostFeatures: ['PASSKEYS', 'AUDIT_EXPORT', 'USAGE_ANALYTICS'],
    });
    expect(codes(await changePlan({ plan: 'CUSTOM' }))).toEqual(['EXCEEDS_PLAN']);
    await remove('LIMIT', 'PRODUCTS');
    expect(codes(await changePlan({ plan: 'CUSTOM' }))).toEqual([]);
  });
});

test('the catalogue is for everybody, also for who has no account yet', async () => {
  const query =
    '{ plans { code name description position isSelfService limits features } features { code plans { code } } }';
  const { body } = await server.ask(null, query);
  expect(body.data.plans.map(({ code }: { code: string }) => code)).toEqual([
    ...['BASIC', 'PREMIUM', 'ENTERPRISE', 'CUSTOM'],
  ]);
  expect(body.data.plans[3]).toMatchObject({ isSelfService: false, limits: {} });
  expect(body.data.features[0]).toEqual({
    code: 'PASSKEYS',
    plans: [{ code: 'PREMIUM' }, { code: 'ENTERPRISE' }, { code: 'CUSTOM' }],
  });
  // What code is gated by is there, or nobody could ever have it.
  expect(body.data.features.map(({ code }: { code: string }) => code)).toEqual(features);
  expect((await server.ask(null, '{ entitlements { granted } }')).status).toBe(401);
});

test('every feature and meter has its entitlement; what is unknown has none', async () => {
  const { entitlements } = await ask('{ entitlements { feature meter granted reason plans } }');
  expect(entitlements).toHaveLength(5 + 7);
  expect(await entitled('{ feature: "SMILES" }')).toBeNull();
});
