import { isInterfaceType, isObjectType } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildSchema } from '../../../src/app/schema.ts';
import { unmeteredFields } from '../../../src/graphql/unmetered.ts';
import { mutate } from '../../support/accounts.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

// What a business can still do when its requests of the day are used up; the smaller one has 1 000.

let server: TestServer;
let owner: string;
beforeAll(async () => {
  server = await startTestServer();
  owner = await server.tokenOf('owner@harbor.example');
  await server.asAdmin(
    `insert into app.usage_counters (tenant_id, meter, day, used)
     select id, 'API_REQUESTS_PER_DAY', (now() at time zone 'utc')::date, 1000 from app.tenants where slug = 'harbor'
     on conflict (tenant_id, meter, day) do update set used = excluded.used`,
  );
});
afterAll(() => server?.close());

const metered = '{ tenant { name } }';

const reads = [
  'rateLimit { requests { limit remaining } }',
  'usage(meters: [API_REQUESTS_PER_DAY]) { used limit }',
  'entitlement(by: { meter: API_REQUESTS_PER_DAY }) { limit }',
  'entitlements { limit }',
  'plans { code }',
  'planChangePreview(plan: "PREMIUM") { plan { code } }',
];

test('one sees why, and which plans there are', async () => {
  const { status, body, headers } = await server.ask(owner, `{ ${reads.join(' ')} }`);
  expect(status).toBe(200);
  expect(body.errors).toBeUndefined();
  expect(body.data.rateLimit.requests).toEqual({ limit: 1_000, remaining: 0 });
  expect(body.data.usage).toEqual([{ used: 1_000, limit: 1_000 }]);
  expect(headers.get('ratelimit')).toContain('"requests";r=0;');
});

test('whatever else is asked for in the same operation is refused with it', async () => {
  const ways = [
    '{ plans { code } tenant { name } }',
    '{ tenant { name } plans { code } }',
    '{ plans { code } ...F } fragment F on Query { plans: plans { code } b: tenant { name } }',
    'query ($yes: Boolean = true) { plans { code } viewer @include(if: $yes) { name } }',
    '{ plans { code } __schema { queryType { name } } }',
    '{ __typename }',
    metered,
  ];
  for (const way of ways) expect([way, (await server.ask(owner, way)).status]).toEqual([way, 429]);
});

test('the budget of cost holds all the same', async () => {
  const lumen = await server.tokenOf('owner@lumen.example');
  const input = { name: 'k', scopes: ['usage:read'], costPerMinute: 20 };
  const { secret } = await mutate(server, 'apiKeyCreate', input, 'secret', lumen);
  const answers = await Promise.all(
    Array.from({ length: 4 }, () => server.ask(secret, '{ entitlements { limit } }')),
  );
  const refused = answers.filter(({ status }) => status === 429);
  // A minute may end within these.
  expect(refused.length).toBeGreaterThanOrEqual(2);
  expect(refused.length).toBeLessThan(4);
  expect(refused[0]?.body.errors[0].extensions.scope).toBe('API_KEY');
});

test('one signs in anew and goes elsewhere, and with a larger plan goes on', async () => {
  const input = { email: 'owner@harbor.example', password: 'demo-password' };
  const { token } = await mutate(server, 'signIn', input, 'token', owner);
  const query = `mutation { planChange(input: { plan: "PREMIUM", effective: NOW }) { plan { code } userErrors { code } } }`;
  const { body } = await server.ask(token, query);
  expect(body.data.planChange).toEqual({ plan: { code: 'PREMIUM' }, userErrors: [] });
  await expect.poll(async () => (await server.ask(token, metered)).status).toBe(200);
  // Of all that this last one was a request of the day.
  const counted = () =>
    server.asAdmin(`select used::int from app.usage_counters
       where meter = 'API_REQUESTS_PER_DAY' and day = (now() at time zone 'utc')::date and used >= 1000`);
  await expect.poll(counted).toEqual([{ used: 1_001 }]);
});

test('they are a handful, and nothing of them leads to the lists of a business', () => {
  const schema = buildSchema();
  const marked = [...unmeteredFields(schema)].sort();
  expect(marked).toEqual([
    ...[
      'apiKeyRevoke',
      'planChange',
      'planChangeCancel',
      'signIn',
      'signOut',
      'tenantSwitch',
      'tokenRefresh',
    ].map((name) => `Mutation.${name}`),
    ...[
      'apiKeys',
      'entitlement',
      'entitlements',
      'planChangePreview',
      'plans',
      'rateLimit',
      'usage',
    ].map((name) => `Query.${name}`),
  ]);
  const reached = new Set<string>();
  const follow = (name: string, only?: string): void => {
    const type = schema.getType(name);
    if (!isObjectType(type) && !isInterfaceType(type)) return;
    for (const field of Object.values(type.getFields())) {
      if (only !== undefined && field.name !== only) continue;
      const next = String(field.type).replaceAll(/[[\]!]/g, '');
      if (reached.has(next)) continue;
      reached.add(next);
      follow(next);
    }
  };
  for (const coordinate of marked) {
    // Whose key was stolen, and has used up the day's requests, has to find and end it.
    if (/\.apiKey/.test(coordinate)) continue;
    const [type = '', field] = coordinate.split('.');
    follow(type, field);
  }
  expect([...reached].filter((name) => /^Query$|Connection$|^Node$/.test(name))).toEqual([]);
});
