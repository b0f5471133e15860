import { getNamedType } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildSchema } from '../../src/app/schema.ts';
import { type Permission, scopes, withImplied } from '../../src/auth/permissions.ts';
import { decodeId, encodeId, type IdType, newId } from '../../src/lib/ids.ts';
import { putOnPlan } from '../support/plans.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { ownAccess } from './contract/accessRules.ts';
import {
  type FoundObject,
  objectsIn,
  openRootFields,
  selectObjects,
} from './contract/selectEverything.ts';
import { isConnection, isNode, isRoot, outputFields, ownTypes } from './contract/walkSchema.ts';

// What the schema promises, asked of a running server: over all types and lists that there are, so
// that new ones are covered by being there.
const schema = buildSchema();
const nodeTypes = ownTypes(schema).filter(isNode);
const rootLists = openRootFields(schema).filter(({ type }) => isConnection(getNamedType(type)));
const nestedLists = outputFields(schema).filter(
  ({ owner, field }) => !isRoot(schema, owner) && isConnection(getNamedType(field.type)),
);
const deepest = 7;

let server: TestServer;
let owner: string;
let found: { object: FoundObject; alias: string }[];

beforeAll(async () => {
  server = await startTestServer({ OPERATION_MAX_COST: '1000000' });
  owner = await server.tokenOf('owner@lumen.example');
  await lengthenLists();
  // The demo has no domain of its own: none would be its own.
  await putOnPlan(server, 'lumen', 'ENTERPRISE');
  await server.ask(
    owner,
    'mutation { domainAdd(input: { domain: "lumen-oak.com" }) { domain { id } } }',
  );
  found = [];
  for (const field of openRootFields(schema)) {
    const selection = selectObjects(schema, getNamedType(field.type), deepest);
    const { body } = await server.ask(owner, `{ ${field.name} ${selection} }`);
    expect(body.errors, field.name).toBeUndefined();
    found.push(...objectsIn(body.data));
  }
});
afterAll(() => server?.close());

const node = (credential: string, id: string) =>
  server.ask(credential, 'query ($id: ID!) { node(id: $id) { __typename id } }', { id });

describe('node', () => {
  test.each(nodeTypes)('$name: finds it by its id, which says the type', async ({ name }) => {
    const id = found.find(({ object }) => object.__typename === name)?.object.id;
    if (id === undefined) throw new Error(`The demo has no ${name} that any field leads to.`);
    expect(decodeId(id)?.type).toBe(name);
    const { body } = await node(owner, id);
    expect(body).toEqual({ data: { node: { __typename: name, id } } });
  });

  test.each(nodeTypes)('$name: null for an id that nothing has', async ({ name }) => {
    const { body } = await node(owner, encodeId(name as IdType, newId()));
    expect(body).toEqual({ data: { node: null } });
  });

  test('asks for the same permission as the fields that lead to the type', async () => {
    const own = ownAccess(schema);
    for (const [name, permission] of await nodePermissions()) {
      const expected = own.get(name);
      if (expected !== undefined) expect([...expected], name).toContain(permission);
    }
  });
});

describe('a key without the permission of a type', () => {
  test('gets none of its objects, whatever path it takes', async () => {
    const permissionOf = await nodePermissions();
    const roots = openRootFields(schema).filter(({ name }) => name !== 'isolationReport');
    for (const missing of new Set(permissionOf.values())) {
      const without = scopes.filter((scope) => !withImplied(scope).includes(missing));
      const key = await makeKey(without);
      const answers = await Promise.all(
        roots.map(({ name, type }) =>
          server.ask(key, `{ ${name} ${selectObjects(schema, getNamedType(type), 5)} }`),
        ),
      );
      const seen = answers.flatMap(({ body }) => [...objectsIn(body.data)]);
      const withheld = ({ object }: { object: FoundObject }) =>
        permissionOf.get(object.__typename) === missing;
      expect(seen.length).toBeGreaterThan(0);
      expect(seen.filter(withheld), missing).toEqual([]);
    }
  });
});

describe('a list', () => {
  test.each(rootLists)('$name: 20 without being asked, at most 100', async ({ name }) => {
    const ask = (page: string) =>
      server.ask(owner, `{ ${name}${page} { totalCount nodes { __typename } } }`);
    const { totalCount, nodes } = (await ask('')).body.data[name];
    expect(nodes).toHaveLength(Math.min(20, totalCount));
    expect((await ask('(first: 100)')).body.errors).toBeUndefined();
    for (const page of ['(first: 101)', '(last: 101)', '(first: -1)', '(first: 1, last: 1)']) {
      expect((await ask(page)).body.errors?.[0].extensions.code, page).toBe('BAD_USER_INPUT');
    }
  });

  test.each(nestedLists)('$at: 10 without being asked', ({ at }) => {
    const lists = found
      .filter(({ alias, object }) => alias === at.replace('.', '_') && object.totalCount)
      .map(({ object }) => ({
        rows: object[`${object.__typename}_nodes`],
        totalCount: object.totalCount ?? 0,
      }));
    if (!lists.some(({ totalCount }) => totalCount > 10)) {
      throw new Error(`No ${at} has more than 10: make one longer in lengthenLists().`);
    }
    for (const { rows, totalCount } of lists) expect(rows).toHaveLength(Math.min(10, totalCount));
  });
});

/** The demo's lists within lists are short; here one of each is longer than a page. */
async function lengthenLists(): Promise<void> {
  const { body } = await server.ask(owner, '{ customers(first: 1) { nodes { id } } }');
  const customerId = body.data.customers.nodes[0].id;
  const fields = Array.from(
    { length: 11 },
    (_, index) =>
      `c${index}: conversationCreate(input: { customerId: $customerId }) { conversation { id } }`,
  );
  const made = await server.ask(owner, `mutation ($customerId: ID!) { ${fields.join(' ')} }`, {
    customerId,
  });
  const input = {
    conversationId: made.body.data.c0.conversation.id,
    body: 'A note',
    internal: true,
  };
  for (let index = 0; index < 11; index += 1) {
    await server.ask(
      owner,
      'mutation ($input: MessageSendInput!) { messageSend(input: $input) { message { id } } }',
      { input },
    );
  }
}

/** Type → the permission that `node` asks for, as it tells one who has none of them. */
async function nodePermissions(): Promise<Map<string, Permission>> {
  const key = await makeKey(['usage:read']);
  const answers = await Promise.all(
    nodeTypes.map(({ name }) => node(key, encodeId(name as IdType, newId()))),
  );
  return new Map(
    answers.map(({ body }, index) => {
      const { code, permission } = body.errors[0].extensions;
      expect(code).toBe('FORBIDDEN');
      return [nodeTypes[index]?.name ?? '', permission];
    }),
  );
}

async function makeKey(scopesOfKey: readonly string[]): Promise<string> {
  const { body } = await server.ask(
    owner,
    'mutation ($input: ApiKeyCreateInput!) { apiKeyCreate(input: $input) { secret } }',
    { input: { name: 'contract', scopes: scopesOfKey } },
  );
  return body.data.apiKeyCreate.secret;
}
