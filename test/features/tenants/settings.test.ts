import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { roundTripsOf } from '../../support/roundTrips.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
let owner: string;
let viewer: string;
let harbor: string;
beforeAll(async () => {
  server = await startTestServer();
  [owner, viewer, harbor] = await Promise.all([
    server.tokenOf('owner@lumen.example'),
    server.tokenOf('viewer@lumen.example'),
    server.tokenOf('owner@harbor.example'),
  ]);
});
afterAll(() => server?.close());

const fields = `version updatedAt custom
  business {
    communication { tone emojis typicalPhrases greeting closing }
    shipping { available zones { name cost { amount currencyCode } estimatedDays { min max } } estimatedDays { min max } }
    discounts { negotiable maxPercent bulk }
  }
  ai { model maxTokens temperature retrieval prompts { system greeting escalation } }
  branding { displayName logoUrl color }`;

const read = async (credential = owner) =>
  (await server.ask(credential, `{ settings { ${fields} } }`)).body.data.settings;

async function update(input: object, credential = owner) {
  const { body } = await server.ask(
    credential,
    `mutation ($input: SettingsUpdateInput!) {
      settingsUpdate(input: $input) { settings { ${fields} } userErrors { field code message } } }`,
    { input },
  );
  return body.data?.settingsUpdate ?? body;
}

async function refused(change: object): Promise<[string, string][]> {
  const { version } = await read();
  const { settings, userErrors } = await update({ version, ...change });
  expect(settings).toBeNull();
  return userErrors.map(({ field, code }: { field: string[]; code: string }) => [
    field.slice(1).join('.'),
    code,
  ]);
}

test('what is left out stays, at any depth, and everything comes back typed', async () => {
  const before = await read();
  const zones = [
    {
      name: 'Germany',
      cost: { amount: '6.9', currencyCode: 'EUR' },
      estimatedDays: { min: 1, max: 2 },
    },
  ];
  const { settings, userErrors } = await update({
    version: before.version,
    business: { communication: { tone: 'FORMAL', closing: null }, shipping: { zones } },
    ai: { temperature: '0.75', prompts: { system: 'You sell lamps.' } },
    branding: { color: '#102030', logoUrl: null },
    custom: { warehouse: 'north', nested: { deep: [1, 2] } },
  });
  expect(userErrors).toEqual([]);
  const expected = structuredClone(before);
  expected.version += 1;
  expected.updatedAt = settings.updatedAt;
  Object.assign(expected.business.communication, { tone: 'FORMAL', closing: null });
  expected.business.shipping.zones = [
    { ...zones[0], cost: { amount: '6.90', currencyCode: 'EUR' } },
  ];
  expected.ai.temperature = '0.75';
  expected.ai.prompts.system = 'You sell lamps.';
  Object.assign(expected.branding, { color: '#102030', logoUrl: null });
  expected.custom = { warehouse: 'north', nested: { deep: [1, 2] } };
  expect(await read()).toEqual(expected);
  expect((await update({ version: expected.version })).settings.version).toBe(expected.version);
});

test('another business’s settings are untouched, and the defaults are those of its plan', async () => {
  expect((await read(harbor)).business.communication.greeting).toBe('Hey, Harbor & Tern here.');
  const plans = { BASIC: 'claude-haiku-4-5', PREMIUM: 'claude-sonnet-4-5' };
  const [row] = await server.asAdmin(
    `delete from app.tenant_settings using app.tenants where slug = 'harbor' and tenant_id = id returning plan`,
  );
  const fresh = await read(harbor);
  expect(fresh).toMatchObject({ version: 1, updatedAt: null });
  expect(fresh.ai.model).toBe(plans[row?.plan as keyof typeof plans]);
  const twice = await Promise.all(
    ['A', 'B'].map((displayName) => update({ version: 1, branding: { displayName } }, harbor)),
  );
  expect(twice.map(({ userErrors }) => userErrors.length).toSorted()).toEqual([0, 1]);
  expect((await read(harbor)).version).toBe(2);
});

test('of many who read the same version one changes it, and the others see the current ones', async () => {
  const { version } = await read();
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, index) => update({ version, custom: { winner: index } })),
  );
  const won = answers.filter(({ userErrors }) => userErrors.length === 0);
  expect(won).toHaveLength(1);
  const now = await read();
  expect(now).toEqual(won[0].settings);
  expect(now.version).toBe(version + 1);
  for (const { settings, userErrors } of answers.filter((answer) => answer !== won[0])) {
    expect(userErrors).toMatchObject([{ code: 'VERSION_CONFLICT', field: ['input', 'version'] }]);
    expect(settings.version).toBeGreaterThanOrEqual(version);
  }
});

describe('refused, each with its place:', () => {
  const long = 'x'.repeat(30_000);
  test.each<[string, object, [string, string][]]>([
    [
      'an unsafe logo',
      { branding: { logoUrl: 'javascript:alert(1)' } },
      [['branding.logoUrl', 'INVALID']],
    ],
    [
      'a plain http logo',
      { branding: { logoUrl: 'http://x.y/' } },
      [['branding.logoUrl', 'INVALID']],
    ],
    ['a colour by name', { branding: { color: 'red' } }, [['branding.color', 'INVALID']]],
    ['no name', { branding: { displayName: ' ' } }, [['branding.displayName', 'TOO_SHORT']]],
    ['another model', { ai: { model: 'gpt-4' } }, [['ai.model', 'INVALID']]],
    [
      'numbers out of range',
      { ai: { temperature: '1.5', maxTokens: 0 } },
      [
        ['ai.maxTokens', 'INVALID'],
        ['ai.temperature', 'INVALID'],
      ],
    ],
    ['a long prompt', { ai: { prompts: { system: long } } }, [['ai.prompts.system', 'TOO_LONG']]],
    [
      'a discount beyond all',
      { business: { discounts: { maxPercent: '100.01' } } },
      [['business.discounts.maxPercent', 'INVALID']],
    ],
    [
      'zones that make no sense',
      {
        business: {
          shipping: {
            zones: [
              { name: 'A', cost: { amount: '-1', currencyCode: 'EUR' } },
              {
                name: 'A',
                cost: { amount: '1', currencyCode: 'EUR' },
                estimatedDays: { min: 3, max: 2 },
              },
            ],
          },
        },
      },
      [
        ['business.shipping.zones.0.cost', 'INVALID'],
        ['business.shipping.zones.1.name', 'INVALID'],
        ['business.shipping.zones.1.estimatedDays', 'INVALID'],
      ],
    ],
    ['too much of its own', { custom: { a: long } }, [['custom', 'TOO_LONG']]],
    ['a key with blanks', { custom: { 'a b': 1 } }, [['custom', 'INVALID']]],
    [
      'what Postgres cannot store',
      { business: { communication: { greeting: 'a\0b' } }, custom: { a: '\ud800' } },
      [
        ['business.communication.greeting', 'INVALID'],
        ['custom', 'INVALID'],
      ],
    ],
  ])('%s', async (_name, change, expected) => {
    expect(await refused(change)).toEqual(expected);
  });

  test('who may only read', async () => {
    const answer = await update({ version: 1 }, viewer);
    expect(answer.errors[0].extensions).toMatchObject({
      code: 'FORBIDDEN',
      permission: 'settings:write',
    });
    expect((await read(viewer)).version).toBeGreaterThan(0);
  });
});

test('the audit log says what changed and no secret', async () => {
  const { version } = await read();
  await update({ version, custom: { apiKey: 'hunter2', shelf: 3 } });
  await update({ version: version + 1, custom: { apiKey: 'hunter3', shelf: null } });
  const query =
    '{ auditEvents(first: 2, filter: { action: { eq: "settings.updated" } }) { nodes { before after targetType } } }';
  const { body } = await server.ask(owner, query);
  expect(body.data.auditEvents.nodes).toEqual([
    {
      targetType: 'Tenant',
      before: { 'custom.apiKey': '[redacted]', 'custom.shelf': 3 },
      after: { 'custom.apiKey': '[redacted]', 'custom.shelf': null },
    },
    {
      targetType: 'Tenant',
      before: {},
      after: { 'custom.apiKey': '[redacted]', 'custom.shelf': 3 },
    },
  ]);
  expect((await read()).custom).toMatchObject({ apiKey: 'hunter3' });
});

test('plans are read by everybody, and one round trip reads the settings', async () => {
  const { body } = await server.ask(server.apiKey, '{ plans { code limits features } }');
  expect(body.data.plans.map(({ code }: { code: string }) => code)).toEqual([
    ...['BASIC', 'PREMIUM', 'ENTERPRISE', 'CUSTOM'],
  ]);
  expect(body.data.plans[0].limits).toMatchObject({ MEMBERS: 100, API_REQUESTS_PER_DAY: 1000 });
  await read();
  expect(await roundTripsOf(server.database, () => read())).toBe(1);
});
