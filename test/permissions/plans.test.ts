import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { overrideFeature, putOnPlan } from '../support/plans.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { findGates, type GatedField, tryGate } from './support/gates.ts';
import { readPublished } from './support/published.ts';
import { makeSample } from './support/sample.ts';

// Every field that schema/schema.graphql says is gated, on every plan and with every feature granted or
// withheld beside it: what is declared is what is enforced, however the field is asked for.

const gated = findGates((await readPublished()).schema);
let server: TestServer;
let owner: string;
let ids: ReadonlyMap<string, string>;
let plans: { code: string; features: string[]; position: number }[];

beforeAll(async () => {
  server = await startTestServer();
  // What is asked here in a minute may be more than BASIC allows, by how fast the machine is.
  await server.asAdmin(
    `update app.plans set limits = limits || '{"COST_PER_MINUTE": 10000000, "API_REQUESTS_PER_DAY": 10000000}'`,
  );
  owner = await server.tokenOf('owner@lumen.example');
  ids = await makeSample(server);
  plans = (await server.asAdmin(
    'select code, features, position from app.plans order by position',
  )) as typeof plans;
});
afterAll(() => server?.close());

const planOf = (code: string) => {
  const plan = plans.find((each) => each.code === code);
  if (plan === undefined) throw new Error(`There is no plan ${code}.`);
  return plan;
};

const isOpen = (field: GatedField, plan: (typeof plans)[number], has = plan.features) =>
  field.features.every((feature) => has.includes(feature)) &&
  field.plans.every((least) => planOf(least).position <= plan.position);

/** What is told of a field that is closed: the first of what is missing. */
function expectedRefusal(field: GatedField, plan: (typeof plans)[number], has = plan.features) {
  const feature = field.features.find((each) => !has.includes(each));
  const least = field.plans.find((each) => planOf(each).position > plan.position);
  const open = plans.filter((each) =>
    feature === undefined
      ? each.position >= planOf(least ?? '').position
      : each.features.includes(feature),
  );
  return {
    code: 'FORBIDDEN',
    reason: 'PLAN',
    ...(feature === undefined ? { plan: least } : { feature }),
    plans: open.map(({ code }) => code),
    fix: expect.stringMatching(/planChange|operator/),
  };
}

async function expectGates(code: string, has = planOf(code).features): Promise<void> {
  const plan = planOf(code);
  for (const field of gated) {
    const { refusals, ways } = await tryGate(server, owner, field, ids);
    if (isOpen(field, plan, has)) expect(refusals, field.at).toEqual([]);
    else {
      expect(refusals.length, field.at).toBe(ways);
      for (const refusal of refusals)
        expect(refusal).toMatchObject(expectedRefusal(field, plan, has));
    }
  }
}

test('there are gates to try', () => {
  expect(gated.map(({ at }) => at)).toEqual(
    expect.arrayContaining(['Mutation.domainAdd', 'Mutation.domainVerify']),
  );
});

describe.each(['BASIC', 'PREMIUM', 'ENTERPRISE', 'CUSTOM'])('on %s', (code) => {
  test('a gated field is open exactly where the plan has what it declares', async () => {
    await putOnPlan(server, 'lumen', code);
    await expectGates(code);
  });

  test('fieldAccess says so beforehand', async () => {
    const query = '{ fieldAccess { type field features plans permissions withheld } }';
    const { body } = await server.ask(owner, query);
    const told = new Map<string, { features: string[]; plans: string[]; withheld: string | null }>(
      body.data.fieldAccess.map((each: { type: string; field: string }) => [
        `${each.type}.${each.field}`,
        each,
      ]),
    );
    for (const field of gated) {
      expect(told.get(field.at)).toMatchObject({
        features: expect.arrayContaining([...field.features]),
        plans: expect.arrayContaining([...field.plans]),
        withheld: isOpen(field, planOf(code)) ? null : 'PLAN',
      });
    }
  });
});

describe('beside the plan', () => {
  const gating = [...new Set(gated.flatMap(({ features }) => features))];

  test.each(gating)('%s is granted to who lacks it', async (feature) => {
    await putOnPlan(server, 'lumen', 'BASIC');
    await overrideFeature(server, 'lumen', feature, true);
    await expectGates('BASIC', [...planOf('BASIC').features, feature]);
    await overrideFeature(server, 'lumen', feature, undefined);
  });

  test.each(gating)('%s is withheld from who has it', async (feature) => {
    await putOnPlan(server, 'lumen', 'ENTERPRISE');
    await overrideFeature(server, 'lumen', feature, false);
    const { features } = planOf('ENTERPRISE');
    await expectGates(
      'ENTERPRISE',
      features.filter((each) => each !== feature),
    );
    await overrideFeature(server, 'lumen', feature, undefined);
  });

  test('an override ends when it says so, without anybody telling the server', async () => {
    await putOnPlan(server, 'lumen', 'BASIC');
    await overrideFeature(server, 'lumen', 'CUSTOM_DOMAIN', true);
    await server.asAdmin(
      `update app.tenant_overrides set expires_at = now() + interval '300 ms' where code = 'CUSTOM_DOMAIN'`,
    );
    const began = performance.now();
    const features = async () =>
      (await server.ask(owner, '{ viewer { features } }')).body.data.viewer.features;
    expect(await features()).toEqual(['CUSTOM_DOMAIN']);
    await expect.poll(features, { interval: 20 }).toEqual([]);
    expect(performance.now() - began).toBeLessThan(1_300);
  });
});

describe('the export of the audit log', () => {
  const exported = () =>
    fetch(`${server.url}/exports/audit.jsonl`, { headers: { Authorization: `Bearer ${owner}` } });

  test.each([
    ['BASIC', 403],
    ['PREMIUM', 200],
    ['ENTERPRISE', 200],
  ])('on %s: %i', async (code, status) => {
    await putOnPlan(server, 'lumen', code);
    const response = await exported();
    expect(response.status).toBe(status);
    const text = await response.text();
    if (status === 200) return;
    expect(JSON.parse(text).errors[0].extensions).toMatchObject({
      reason: 'PLAN',
      feature: 'AUDIT_EXPORT',
      plans: ['PREMIUM', 'ENTERPRISE', 'CUSTOM'],
      fix: 'Change to PREMIUM or ENTERPRISE with the mutation planChange.',
    });
  });
});
