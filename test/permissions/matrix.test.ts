import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { objectsIn } from '../graphql/contract/selectEverything.ts';
import { argumentsWith } from '../isolation/support/synthesize.ts';
import { putOnPlan } from '../support/plans.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import {
  type Caller,
  type Plan,
  planMutations,
  planNodes,
  planQuery,
  reasonAgainst,
  solitary,
} from './support/plan.ts';
import { isPublic, type Published, permissionsOf, readPublished } from './support/published.ts';
import { makeSample } from './support/sample.ts';

// Every field of the schema, as every role and as a key of every scope: what the server does is what
// schema/schema.graphql and docs/permissions.md tell clients. Both are read as files, so a check that
// is gone, or one that asks for something else, shows here.

const published: Published = await readPublished();
let server: TestServer;
let sample: ReadonlyMap<string, string>;
const credentials = new Map<string, string>();

beforeAll(async () => {
  server = await startTestServer();
  // The plan that has everything: what is left to refuse are roles and scopes.
  await putOnPlan(server, 'lumen', 'ENTERPRISE');
  for (const role of published.roles.keys()) {
    credentials.set(role, await server.tokenOf(`${role.toLowerCase()}@lumen.example`));
  }
  for (const scope of [...published.scopes.keys(), 'none']) {
    credentials.set(scope, await makeKey(scope));
  }
  sample = await makeSample(server);
});
afterAll(() => server?.close());

const people = [...published.roles].map(([name, granted]) => callerOf(name, 'USER', granted));
const keys = [...published.scopes].map(([name, granted]) => callerOf(name, 'API_KEY', granted));
const callers = [...people, ...keys, callerOf('none', 'API_KEY', new Set())];

describe('a field is open to those whom the published table names, and to nobody else', () => {
  test.each(callers)('$name: everything that can be read', expectQueriesAsPublished);
  test.each(callers)('$name: every mutation', expectMutationsAsPublished);

  test.each(callers)('$name: is told so beforehand', async (caller) => {
    const { body } = await ask(caller.name, '{ fieldAccess { type field roles withheld } }');
    const told = new Map<string, { roles: string[]; withheld: string | null }>();
    for (const { type, field, ...rest } of body.data.fieldAccess)
      told.set(`${type}.${field}`, rest);
    const plans = [planQuery(published, caller, sample), planMutations(published, caller)];
    for (const [at, [permission]] of plans.flatMap(({ tried }) => [...tried])) {
      const reason = permission === undefined ? null : reasonAgainst(caller, permission);
      expect(told.get(at)?.withheld, at).toBe(reason);
      if (caller.kind === 'USER') {
        expect(told.get(at)?.roles.includes(caller.name), at).toBe(reason === null);
      }
    }
  });

  test('the table can be queried', async () => {
    const { body } = await ask('OWNER', '{ permissions { name roles isScope withheld } }');
    for (const { name, roles, isScope, withheld } of body.data.permissions) {
      const have = [...published.roles].filter(([, granted]) => granted.has(name));
      expect({ name, roles, isScope }).toEqual({
        name,
        roles: have.map(([role]) => role),
        isScope: published.scopes.has(name),
      });
      expect(withheld).toBeNull();
    }
  });

  test('all fields that can be read are among what was tried', () => {
    const everything = planQuery(published, everyone(), sample);
    const payloads = /(?:Payload|UserError)$|^(?:Mutation|ProductImport\w+)$/;
    const missing = Object.values(published.schema.getTypeMap())
      .flatMap((type) =>
        'getFields' in type &&
        !type.name.startsWith('__') &&
        type.astNode?.kind === 'ObjectTypeDefinition'
          ? Object.keys(type.getFields()).map((field) => `${type.name}.${field}`)
          : [],
      )
      .filter((at) => !payloads.test(at.split('.')[0] ?? '') && !everything.tried.has(at))
      .filter((at) => !/^(?:Isolation\w+\.|Query\.(?:node|nodes|isolationReport)$)/.test(at));
    expect(missing).toEqual([]);
  });
});

describe('without signing in', () => {
  const fields = [
    ...Object.values(published.query.getFields()).map((field) => ['query', field] as const),
    ...Object.values(published.mutation.getFields()).map((field) => ['mutation', field] as const),
  ];

  test('only what is marked as public is executed', async () => {
    for (const [kind, field] of fields) {
      const values = argumentsWith({ kind, name: field.name, field }, null, null, () => 'none');
      const given = field.args.filter(({ name }) => name in values);
      const head = given.map(({ name, type }) => `$${name}: ${type}`).join();
      const text = `${kind} ${head && `(${head})`} { ${field.name} ${given.length > 0 ? `(${given.map(({ name }) => `${name}: $${name}`).join()})` : ''} { __typename } }`;
      const { status, body } = await server.ask(null, text, values);
      if (isPublic(field)) expect(body, field.name).toHaveProperty('data');
      else
        expect([status, body.errors[0].extensions.code], field.name).toEqual([
          401,
          'UNAUTHENTICATED',
        ]);
    }
  });
});

/** What asks for no permission goes on in a suspended business: each with the reason why it may. */
const withoutPermission: Readonly<Record<string, string>> = {
  accountRegister: 'It is about a person, above all businesses, as are the next eight.',
  emailVerificationResend: 'Of an account.',
  emailVerify: 'Of an account.',
  invitationAccept: 'It is about the business that invites, and looks whether that is suspended.',
  memberLeave: 'It is about a business that it names, and looks whether that is suspended.',
  ownershipTransferAccept: 'As memberLeave.',
  ownershipTransferCancel: 'As memberLeave.',
  passwordChange: 'Of an account.',
  passwordReset: 'Of an account.',
  passwordResetRequest: 'Of an account.',
  sessionRevoke: 'Of an account.',
  signOut: 'Of an account.',
  tokenRefresh: 'Of an account.',
  signIn: 'One must get in to read.',
  tenantCreate: 'It is about another business.',
  tenantRestore: 'It is about another business, one that is being deleted.',
  tenantSwitch: 'It is about another business.',
};

describe('in a suspended business', () => {
  test('every mutation asks for a permission, or has a reason to go on', () => {
    const free = Object.values(published.mutation.getFields())
      .filter((field) => permissionsOf(field).length === 0)
      .map(({ name }) => name);
    expect(free.filter((name) => !(name in withoutPermission))).toEqual([]);
  });

  beforeAll(async () => {
    await server.asAdmin(
      `with suspended as (update app.tenants set status = 'SUSPENDED' where slug = 'lumen' returning id)
       select pg_notify('tenantry_identity', id::text) from suspended`,
    );
    await vi.waitFor(async () => {
      const { body } = await ask('OWNER', '{ viewer { permissions } }');
      expect(body.data.viewer.permissions).not.toContain('products:write');
    });
  });

  const suspended = callers
    .filter(({ name }) => ['OWNER', 'VIEWER', 'products:write', 'none'].includes(name))
    .map((caller) => ({ ...caller, suspended: true }));

  test.each(suspended)('$name: reads what it could read', expectQueriesAsPublished);
  test.each(suspended)('$name: every mutation is refused', async (caller) => {
    await expectMutationsAsPublished(caller);
    expect(planMutations(published, caller).refused.size).toBe(
      planMutations(published, caller).tried.size,
    );
  });
});

const ask = (name: string, text: string, variables?: object) =>
  server.ask(credentials.get(name) ?? null, text, variables);

/** A document is interpreted the first time and compiled the second: one must refuse what the other does. */
async function askTwice(caller: Caller, { text, variables }: Plan) {
  // A name of its own, for nobody else to have asked it before.
  const own = text.replace(/^(query|mutation)/, `$1 Of${callers.indexOf(caller) + 1}`);
  const interpreted = await ask(caller.name, own, variables);
  const compiled = await ask(caller.name, own, variables);
  expect(refusalsIn(compiled.body)).toEqual(refusalsIn(interpreted.body));
  return compiled.body;
}

async function expectQueriesAsPublished(caller: Caller): Promise<void> {
  const plan = planQuery(published, caller, sample);
  const body = await askTwice(caller, plan);
  expect(refusalsIn(body)).toEqual(expectedOf(caller, plan));
  const nodes = planNodes(published, caller, sample);
  expect(refusalsIn(await askTwice(caller, nodes))).toEqual(expectedOf(caller, nodes));
  const seen = new Set([...objectsIn(body.data)].map(({ object }) => object.__typename));
  // The document that is estimated has no problem.
  const unseen = [...plan.types].filter((type) => !seen.has(type) && type !== 'DocumentProblem');
  // A key belongs to one business and has no others to list.
  expect(unseen).toEqual(caller.kind === 'API_KEY' ? ['Membership', 'Session'] : []);
  expect([...seen].filter((type) => isWithheld(caller, type))).toEqual([]);
  for (const name of solitary) {
    const field = published.query.getFields()[name];
    const answer = await server.ask(
      credentials.get(caller.name) ?? '',
      `{ ${name} { __typename } }`,
    );
    const missing = field ? permissionsOf(field).filter((each) => reasonAgainst(caller, each)) : [];
    expect(Object.keys(refusalsIn(answer.body)), name).toEqual(missing.length > 0 ? [name] : []);
  }
}

async function expectMutationsAsPublished(caller: Caller): Promise<void> {
  const plan = planMutations(published, caller);
  const body = await askTwice(caller, plan);
  expect(body.data).toBeNull();
  const { undo: _undo, ...refusals } = refusalsIn(body);
  expect(refusals).toEqual(expectedOf(caller, plan));
}

/** `a.b.c` → what was said there, of all that was refused; anything else that failed is said in full. */
function refusalsIn(body: { errors?: Refused[] }): Record<string, unknown> {
  const refusals: Record<string, unknown> = {};
  for (const { path, message, extensions } of body.errors ?? []) {
    const { code, permission, reason, fix } = extensions;
    const at = (path ?? []).filter((part) => typeof part === 'string').join('.');
    if (code === 'BAD_USER_INPUT') continue; // got past the check, with an id of nothing
    refusals[at] = code === 'FORBIDDEN' && fix ? { permission, reason } : message;
  }
  return refusals;
}

interface Refused {
  path?: (string | number)[];
  message: string;
  extensions: Record<string, unknown>;
}

/** Of several missing permissions the first is said. */
function expectedOf(caller: Caller, { refused }: Plan): Record<string, unknown> {
  return Object.fromEntries(
    [...refused].map(([at, [permission = '']]) => [
      at,
      { permission, reason: reasonAgainst(caller, permission) },
    ]),
  );
}

function isWithheld(caller: Caller, name: string): boolean {
  const type = published.schema.getType(name);
  return type !== undefined && permissionsOf(type).some((each) => reasonAgainst(caller, each));
}

function callerOf(name: string, kind: Caller['kind'], granted: ReadonlySet<string>): Caller {
  return { name, kind, granted, suspended: false };
}

const everyone = (): Caller => {
  const all = [...published.roles.values()].flatMap((granted) => [...granted]);
  return callerOf('everyone', 'USER', new Set(all));
};

/** No key can be made without a scope; one whose scopes are all gone from the table is stored so. */
async function makeKey(scope: string): Promise<string> {
  const { body } = await server.ask(
    credentials.get('OWNER') ?? '',
    'mutation ($input: ApiKeyCreateInput!) { apiKeyCreate(input: $input) { secret apiKey { id } } }',
    { input: { name: `only ${scope}`, scopes: [scope === 'none' ? 'usage:read' : scope] } },
  );
  const { secret } = body.data.apiKeyCreate;
  if (scope === 'none') {
    await server.asAdmin(`update app.api_keys set scopes = '{gone:read}' where name = 'only none'`);
  }
  return secret;
}
