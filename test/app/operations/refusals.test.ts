import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildSchema } from '../../../src/app/schema.ts';
import { OperationContext, type Services } from '../../../src/graphql/context.ts';
import { repeatsOf } from '../../../src/graphql/repeats.ts';
import type { Reply } from '../../../src/graphql/reply.ts';
import { argumentsWith, rootFields, selectionOf } from '../../isolation/support/synthesize.ts';
import { askWith } from '../../support/askWith.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

// Which mutations can't be repeated or rehearsed is read from the schema; that the others can be
// rehearsed without a trace is shown one by one in dryRun.test.ts.

const schema = buildSchema();
const mutations = rootFields(schema).filter(({ kind }) => kind === 'mutation');

let server: TestServer;
let owner: string;
beforeAll(async () => {
  server = await startTestServer();
  owner = await server.tokenOf('owner@lumen.example');
});
afterAll(() => server?.close());

const called = mutations.map((root) => {
  const { name, field } = root;
  const query = `mutation ($input: ${field.args[0]?.type}) { ${name}(input: $input) ${selectionOf(schema, field.type, 2)} }`;
  return {
    name,
    query,
    repeats: repeatsOf(field),
    variables: argumentsWith(root, null, null, () => 'none'),
  };
});

const once = { 'Idempotency-Key': 'once' };
const dry = { 'Dry-Run': 'true' };

async function refusalOf(headers: Record<string, string>, query: string, variables?: object) {
  const { body } = await askWith(server.url, owner, headers, query, variables);
  const [error] = body.errors ?? [];
  return { code: error?.extensions.code, message: error?.message, hasData: 'data' in body };
}

describe('a mutation that commits by itself', () => {
  test.each(called.filter(({ repeats }) => repeats.dryRun !== null))(
    '$name has neither key nor dry run, and says why',
    async ({ name, query, variables, repeats }) => {
      const refused = { code: 'BAD_USER_INPUT', hasData: false };
      const noKey = { ...refused, message: `${name} takes no idempotency key. ${repeats.key}` };
      const noDryRun = { ...refused, message: `${name} can have no dry run. ${repeats.dryRun}` };
      expect(await refusalOf(once, query, variables)).toEqual(noKey);
      expect(await refusalOf(dry, query, variables)).toEqual(noDryRun);
      const written = (directive: string) => query.replace(') {', `) ${directive} {`);
      expect(await refusalOf({}, written('@idempotent(key: "k")'), variables)).toEqual(noKey);
      expect(await refusalOf({}, written('@dryRun'), variables)).toEqual(noDryRun);
    },
  );

  test('is each that asks for no permission in a business, and there are some', () => {
    const apart = called.filter(({ repeats }) => repeats.dryRun !== null).map(({ name }) => name);
    expect(apart).toEqual(expect.arrayContaining(['signIn', 'tenantCreate', 'invitationAccept']));
    const others = mutations.filter(({ name }) => !apart.includes(name));
    for (const { field } of others) expect(field.extensions.access).toMatch(/^\w+:\w+$/);
  });

  test('could not, even if nobody had said that it does', async () => {
    const tenantId = randomUUID();
    const asking = { principal: null, account: null, selectedTenantId: null, isOnlyField: true };
    const context = new OperationContext({ database: server.database } as Services, {
      ...asking,
      request: { requestId: 'r', ip: null, userAgent: null },
      reply: {} as Reply,
      renew: () => Promise.resolve({ principal: null, account: null }),
    });
    const open = () => server.database.operation(tenantId, { mode: 'write' });
    context.begin(open, { isPlain: false });
    const apart = () => context.apart(tenantId, async () => 'done');
    await expect(apart()).rejects.toThrow('a mutation that commits apart');
    context.begin(open);
    expect(await apart()).toBe('done');
  });

  test('is found in a fragment and beside others', async () => {
    const query = (inner: string) =>
      `mutation { productArchive(input: { id: "none" }) { product { id } } ${inner} }`;
    const signOut = 'signOut(input: {}) { done }';
    for (const inner of [
      `again: ${signOut}`,
      `... { ${signOut} }`,
      `${signOut.replace(') ', ') @skip(if: true) ')}`,
    ]) {
      const { message } = await refusalOf(dry, query(inner));
      expect(message).toMatch(/^signOut can have no dry run/);
    }
    const spread = `${query('...F')} fragment F on Mutation { ${signOut} }`;
    expect((await refusalOf(once, spread)).message).toMatch(/^signOut takes no idempotency key/);
  });
});

test('a secret is shown once: what answers with one takes no key, and can be rehearsed', async () => {
  const secretive = called.filter(({ query }) => /: (?:secret|\w*[tT]oken)\b/.test(query));
  expect(secretive.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['apiKeyCreate', 'apiKeyRotate', 'signIn']),
  );
  expect(secretive.filter(({ repeats }) => repeats.key === null)).toEqual([]);
  const query =
    'mutation { apiKeyCreate(input: { name: "k", scopes: ["products:read"] }) { secret } }';
  expect((await refusalOf(once, query)).message).toContain('shown once');
  const rehearsed = await askWith(server.url, owner, dry, query);
  const { secret } = rehearsed.body.data.apiKeyCreate;
  expect((await server.ask(secret, '{ viewer { name } }')).status).toBe(401);
});

describe('where they have no place', () => {
  test('the directives are refused on a query, and the headers ignored', async () => {
    for (const [directive, name] of [
      ['@dryRun', '@dryRun'],
      ['@idempotent(key: "k")', '@idempotent'],
    ]) {
      const { code, message } = await refusalOf({}, `query ${directive} { viewer { name } }`);
      expect(code).toBe('GRAPHQL_VALIDATION_FAILED');
      expect(message).toBe(`Directive "${name}" may not be used on QUERY.`);
    }
    const { body } = await askWith(server.url, owner, { ...once, ...dry }, '{ viewer { name } }');
    expect(body.data.viewer).not.toBeNull();
    expect(body.extensions?.dryRun).toBeUndefined();
  });

  test('a "Dry-Run" that is neither true nor false changes nothing', async () => {
    const query =
      'mutation { cannedReplyCreate(input: { shortcut: "dry", body: "b" }) { userErrors { code } } }';
    for (const value of ['yes', '1', '']) {
      const { message } = await refusalOf({ 'Dry-Run': value }, query);
      expect(message).toBe('The header "Dry-Run" is "true" or "false".');
    }
    const real = await askWith(server.url, owner, { 'Dry-Run': 'False' }, query);
    expect(real.body.data).toEqual({ cannedReplyCreate: { userErrors: [] } });
  });

  test('operators have neither, so nothing is done that was to be rehearsed', async () => {
    for (const headers of [once, dry]) {
      const response = await fetch(`${server.url}/operator/graphql`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body: JSON.stringify({ query: '{ __typename }' }),
      });
      expect(response.status).toBe(400);
    }
  });
});
