import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { applyPlanChanges } from '../../../src/app/applyPlanChanges.ts';
import { createLogger } from '../../../src/app/logger.ts';
import { putOnPlan } from '../../support/plans.ts';
import { startTestServer, type TestServer, withServerBeside } from '../../support/server.ts';

let server: TestServer;
let owner: string;
let admin: string;
let lumen: string;
const logger = createLogger('silent');

beforeAll(async () => {
  server = await startTestServer();
  [owner, admin] = await Promise.all([
    server.tokenOf('owner@lumen.example'),
    server.tokenOf('admin@lumen.example'),
  ]);
  lumen = String((await server.asAdmin(`select id from app.tenants where slug = 'lumen'`))[0]?.id);
});
afterAll(() => server?.close());

beforeEach(async () => {
  await server.asAdmin('delete from app.scheduled_plan_changes');
  await server.asAdmin('delete from app.tenant_overrides');
  await putOnPlan(server, 'lumen', 'PREMIUM');
});

const payload =
  'previousPlan { code } plan { code } effectiveAt exceeded { meter used limit } lostFeatures userErrors { field code message }';
const change = async (plan: string, effective = 'NOW', credential = owner) => {
  const { body } = await server.ask(
    credential,
    `mutation ($input: PlanChangeInput!) { planChange(input: $input) { ${payload} } }`,
    { input: { plan, effective } },
  );
  return body.data?.planChange ?? body;
};
const cancel = async (plan: string) => {
  const { body } = await server.ask(
    owner,
    'mutation ($plan: String!) { planChangeCancel(input: { plan: $plan }) { plan { code } userErrors { code } } }',
    { plan },
  );
  return body.data.planChangeCancel;
};
const standing = async () => {
  const query =
    '{ tenant { plan status scheduledPlanChange { plan { code } effectiveAt exceeded { meter used limit } } } viewer { features } }';
  return (await server.ask(owner, query)).body.data;
};
const codes = ({ userErrors }: { userErrors: { code: string }[] }) =>
  userErrors.map(({ code }) => code);

/** What the audit log says of plans, the latest first. */
async function logged(count: number) {
  const { body } = await server.ask(
    owner,
    `{ auditEvents(first: ${count}, filter: { action: { startsWith: "tenant.plan" } }) { nodes { action actorKind before after } } }`,
  );
  return body.data.auditEvents.nodes;
}

/** One member is more than the plan has room for, whichever it is. */
const exceed = () =>
  server.asAdmin(
    `insert into app.tenant_overrides (tenant_id, kind, code, limit_value, reason)
     values ($1, 'LIMIT', 'MEMBERS', 1, 'a test')`,
    [lumen],
  );
const schedule = (plan: string, when: string) =>
  server.asAdmin(
    `insert into app.scheduled_plan_changes (tenant_id, plan, effective_at) values ($1, $2, ${when})`,
    [lumen, plan],
  );
const monthEnd = async () => {
  const rows = await server.asAdmin(
    `select (date_trunc('month', now() at time zone 'utc') + interval '1 month') at time zone 'utc' as at`,
  );
  return (rows as { at: Date }[])[0]?.at.toISOString();
};

describe('at once', () => {
  test('a business goes up and down, and every server hears of it', async () => {
    await server.asAdmin(`update app.tenants set status = 'TRIAL' where id = $1`, [lumen]);
    const up = await change('ENTERPRISE');
    expect(up).toMatchObject({
      ...{ previousPlan: { code: 'PREMIUM' }, plan: { code: 'ENTERPRISE' } },
      ...{ exceeded: [], lostFeatures: [], userErrors: [] },
    });
    expect(Math.abs(Date.parse(up.effectiveAt) - Date.now())).toBeLessThan(5_000);
    await expect.poll(standing, { interval: 10 }).toMatchObject({
      tenant: { plan: 'ENTERPRISE', status: 'ACTIVE', scheduledPlanChange: null },
      viewer: { features: expect.arrayContaining(['CUSTOM_DOMAIN', 'SINGLE_SIGN_ON']) },
    });
    const down = await change('PREMIUM');
    expect(down).toMatchObject({
      lostFeatures: ['CUSTOM_DOMAIN', 'SINGLE_SIGN_ON'],
      userErrors: [],
    });
    expect(await logged(2)).toEqual([
      {
        ...{ action: 'tenant.planChanged', actorKind: 'USER', before: { plan: 'ENTERPRISE' } },
        after: { plan: 'PREMIUM', lostFeatures: ['CUSTOM_DOMAIN', 'SINGLE_SIGN_ON'] },
      },
      {
        ...{ action: 'tenant.planChanged', actorKind: 'USER' },
        before: { plan: 'PREMIUM', status: 'TRIAL' },
        after: { plan: 'ENTERPRISE', status: 'ACTIVE' },
      },
    ]);
  });

  test('what would exceed the plan is listed, and changes nothing', async () => {
    await server.asAdmin(
      `insert into app.usage_counters (tenant_id, meter, day, used)
       values ($1, 'AI_TOKENS_PER_MONTH', (now() at time zone 'utc')::date, 1000001)
       on conflict (tenant_id, meter, day) do update set used = excluded.used`,
      [lumen],
    );
    const refused = await change('BASIC');
    expect(refused).toMatchObject({
      ...{ previousPlan: { code: 'PREMIUM' }, plan: { code: 'BASIC' }, effectiveAt: null },
      exceeded: [{ meter: 'AI_TOKENS_PER_MONTH', used: 1_000_001, limit: 1_000_000 }],
      userErrors: [{ code: 'EXCEEDS_PLAN', field: ['input', 'plan'] }],
    });
    expect(refused.userErrors[0].message).toContain('AI_TOKENS_PER_MONTH: 1000001 are used');
    expect((await standing()).tenant.plan).toBe('PREMIUM');
    const preview =
      '{ planChangePreview(plan: "BASIC") { previousPlan { code } plan { code } exceeded { meter } lostFeatures gainedFeatures periodEnd } }';
    expect((await server.ask(owner, preview)).body.data.planChangePreview).toEqual({
      ...{ previousPlan: { code: 'PREMIUM' }, plan: { code: 'BASIC' } },
      exceeded: [{ meter: 'AI_TOKENS_PER_MONTH' }],
      lostFeatures: ['PASSKEYS', 'AUDIT_EXPORT', 'USAGE_ANALYTICS'],
      ...{ gainedFeatures: [], periodEnd: await monthEnd() },
    });
    // What is counted anew does not keep it from happening later.
    await schedule('BASIC', "now() - interval '1 second'");
    await applyPlanChanges(server.database, logger);
    expect((await standing()).tenant.plan).toBe('BASIC');
    await server.asAdmin(`delete from app.usage_counters where meter = 'AI_TOKENS_PER_MONTH'`);
  });

  test.each([
    ['GOLD', 'PLAN_UNKNOWN'],
    ['CUSTOM', 'PLAN_NOT_OFFERED'],
    ['PREMIUM', 'PLAN_CURRENT'],
  ])('to %s: %s', async (plan, code) => {
    for (const effective of ['NOW', 'PERIOD_END']) {
      expect(codes(await change(plan, effective))).toEqual([code]);
    }
    expect((await standing()).tenant).toMatchObject({
      plan: 'PREMIUM',
      scheduledPlanChange: null,
    });
  });

  test('only by owners: the database too asks for one', async () => {
    for (const credential of [admin, server.apiKey]) {
      const { errors } = await change('BASIC', 'NOW', credential);
      expect(errors[0].extensions).toMatchObject({ code: 'FORBIDDEN', permission: 'plan:write' });
    }
    const [other] = await server.asAdmin(
      `select user_id from app.members where tenant_id = $1 and role = 'ADMIN'`,
      [lumen],
    );
    const [done] = await server.database.withTenant(lumen, { mode: 'write' }, async (tx) => {
      const asked =
        'select app.change_plan($1, $2) as now, app.schedule_plan_change($1, $2) as later';
      return (await tx.query(asked, [other?.user_id, 'BASIC'])).rows;
    });
    expect(done).toEqual({ now: false, later: null });
  });

  test('several owners’ tabs at once: one after the other, and each says what it changed', async () => {
    const answers = await Promise.all(
      ['BASIC', 'ENTERPRISE', 'BASIC', 'ENTERPRISE'].map((plan) => change(plan)),
    );
    // Each begins where another ended. (The log has the moments at which they began.)
    const steps = answers.filter(({ userErrors }) => userErrors.length === 0);
    expect(steps.length).toBeGreaterThan(0);
    let at = 'PREMIUM';
    while (steps.length > 0) {
      const next = steps.findIndex(({ previousPlan }) => previousPlan.code === at);
      expect(next, `nothing goes on from ${at}`).not.toBe(-1);
      at = steps.splice(next, 1)[0].plan.code;
    }
    expect((await standing()).tenant.plan).toBe(at);
    for (const { userErrors } of answers) {
      for (const { code } of userErrors) expect(code).toBe('PLAN_CURRENT');
    }
  });
});

describe('at the end of the period', () => {
  test('it is seen, replaced and cancelled before', async () => {
    await exceed();
    const scheduled = await change('BASIC', 'PERIOD_END');
    const at = await monthEnd();
    const exceeded = [{ meter: 'MEMBERS', used: expect.any(Number), limit: 1 }];
    expect(scheduled).toMatchObject({ effectiveAt: at, exceeded, userErrors: [] });
    expect((await standing()).tenant).toMatchObject({
      plan: 'PREMIUM',
      scheduledPlanChange: { plan: { code: 'BASIC' }, effectiveAt: at, exceeded },
    });
    expect(codes(await change('ENTERPRISE', 'PERIOD_END'))).toEqual([]);
    expect(codes(await cancel('BASIC'))).toEqual(['NOTHING_SCHEDULED']);
    expect(await cancel('ENTERPRISE')).toEqual({ plan: { code: 'ENTERPRISE' }, userErrors: [] });
    expect(codes(await cancel('ENTERPRISE'))).toEqual(['NOTHING_SCHEDULED']);
    expect((await standing()).tenant.scheduledPlanChange).toBeNull();
    const actions = (await logged(3)).map(({ action }: { action: string }) => action);
    expect(actions).toEqual([
      'tenant.planChangeCancelled',
      'tenant.planChangeScheduled',
      'tenant.planChangeScheduled',
    ]);
  });

  test('a change at once takes the place of one that waits', async () => {
    await change('BASIC', 'PERIOD_END');
    expect(codes(await change('ENTERPRISE'))).toEqual([]);
    expect((await standing()).tenant.scheduledPlanChange).toBeNull();
  });

  test('it is applied once by several servers, and each knows within a second', async () => {
    await withServerBeside(server.environment, async (url) => {
      const beside = async () => {
        const response = await fetch(`${url}/graphql`, {
          method: 'POST',
          headers: { Authorization: `Bearer ${owner}`, 'Content-Type': 'application/json' },
          body: JSON.stringify({ query: '{ viewer { features } }' }),
        });
        return ((await response.json()) as { data: { viewer: { features: string[] } } }).data.viewer
          .features;
      };
      expect(await beside()).toContain('AUDIT_EXPORT');
      await schedule('BASIC', "now() - interval '1 second'");
      await Promise.all(Array.from({ length: 4 }, () => applyPlanChanges(server.database, logger)));
      const applied = performance.now();
      await expect.poll(beside, { interval: 10 }).toEqual([]);
      expect((await standing()).viewer.features).toEqual([]);
      expect(performance.now() - applied).toBeLessThan(1_000);
    });
    expect((await standing()).tenant).toMatchObject({ plan: 'BASIC', scheduledPlanChange: null });
    const [first, second] = await logged(2);
    expect(first).toEqual({
      ...{ action: 'tenant.planChanged', actorKind: 'SYSTEM' },
      before: { plan: 'PREMIUM', scheduledPlan: 'BASIC' },
      after: { plan: 'BASIC', scheduledPlan: null },
    });
    expect(second.actorKind).not.toBe('SYSTEM');
  });

  test('the running server does it by itself when the time comes', async () => {
    await schedule('ENTERPRISE', `now() + interval '700 ms'`);
    const due = performance.now() + 700;
    const plan = async () => (await standing()).tenant.plan;
    await withServerBeside(server.environment, async () => {
      await expect.poll(plan, { interval: 20 }).toBe('ENTERPRISE');
      expect(Math.abs(performance.now() - due)).toBeLessThan(600);
    });
  });

  test('what does not fit by then stays on its plan, and the log says why', async () => {
    await exceed();
    await schedule('BASIC', "now() - interval '1 second'");
    await applyPlanChanges(server.database, logger);
    expect((await standing()).tenant).toMatchObject({
      plan: 'PREMIUM',
      scheduledPlanChange: null,
    });
    expect(await logged(1)).toEqual([
      {
        ...{ action: 'tenant.planChangeRefused', actorKind: 'SYSTEM' },
        before: { plan: 'PREMIUM', scheduledPlan: 'BASIC' },
        after: {
          ...{ plan: 'PREMIUM', refused: 'BASIC', scheduledPlan: null },
          exceeded: [{ meter: 'MEMBERS', used: expect.any(Number), limit: 1 }],
        },
      },
    ]);
  });

  test('what is not due is not applied, whoever asks', async () => {
    await schedule('BASIC', `now() + interval '1 hour'`);
    const wait = await applyPlanChanges(server.database, logger);
    expect(wait).toBeGreaterThan(0);
    const early = await server.database.withTenant(lumen, { mode: 'write' }, async (tx) => {
      return (await tx.query('select app.finish_plan_change(true) as done', [])).rows;
    });
    expect(early).toEqual([{ done: false }]);
    expect((await standing()).tenant.plan).toBe('PREMIUM');
  });
});
