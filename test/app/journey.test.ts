import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { decodeId } from '../../src/lib/ids.ts';
import {
  codesOf,
  goodPassword,
  mailedToken,
  mutate,
  registerPerson,
  signIn,
} from '../support/accounts.ts';
import { askAt } from '../support/ask.ts';
import { openTestOperators, type TestOperators } from '../support/operators.ts';
import { runProgram } from '../support/runProgram.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { type ServerProcess, spawnServer } from '../support/serverProcess.ts';

// A business from nothing to nothing, as its people and programs live it, on two servers: what is done
// on one is looked at on the other.

let here: TestServer;
let other: ServerProcess;
let there: string;
let operators: TestOperators;

beforeAll(async () => {
  here = await startTestServer();
  other = spawnServer(here.environment);
  operators = await openTestOperators(here);
  there = await other.url;
});
afterAll(async () => {
  await other?.end('SIGTERM');
  await operators?.close();
  await here?.close();
});

const addProduct = `mutation { productCreate(input: { name: "Kettle", price: { amount: "49", currencyCode: "EUR" } }) {
  product { id } userErrors { code } } }`;

/** What the other server makes of a credential: 'ok', or the code and reason of its refusal. */
async function seenThere(credential: string, query = '{ viewer { name } }'): Promise<string> {
  const { body } = await askAt(there, credential, query);
  const [error] = body.errors ?? [];
  return error === undefined
    ? 'ok'
    : [error.extensions.code, error.extensions.reason].filter(Boolean).join(' ');
}

const soonThere = (credential: string, expected: string, query?: string) =>
  vi.waitFor(async () => expect(await seenThere(credential, query)).toBe(expected), {
    timeout: 1_000,
    interval: 20,
  });

test('sign up, invite, change roles, use and revoke a key, reset, suspend, delete', async () => {
  // Sign up.
  await registerPerson(here, 'nia@kettle.example');
  const account = await signIn(here, 'nia@kettle.example', goodPassword);
  expect(account.membership).toBeNull();
  expect(await seenThere(account.token, '{ products { nodes { id } } }')).toBe(
    'FORBIDDEN NO_TENANT',
  );
  const made = await mutate(
    here,
    'tenantCreate',
    { name: 'Kettle Works', slug: 'kettle-works' },
    'created membership { slug role status }',
    account.token,
  );
  expect(made).toMatchObject({ created: true, membership: { role: 'OWNER', status: 'TRIAL' } });
  const enter = async (credential: string) =>
    (
      await mutate(
        here,
        'tenantSwitch',
        { tenant: { slug: 'kettle-works' } },
        'token membership { slug }',
        credential,
      )
    ).token;
  const owner = await enter(account.token);
  await soonThere(owner, 'ok', '{ products(first: 1) { nodes { name } } settings { version } }');

  // Invite somebody without an account, and change what they may do.
  await mutate(here, 'memberInvite', { email: 'bo@kettle.example', role: 'VIEWER' }, '', owner);
  const joined = await mutate(
    here,
    'invitationAccept',
    {
      token: await mailedToken(here, 'bo@kettle.example'),
      name: 'Bo Lind',
      password: goodPassword,
    },
    'token membership { role }',
  );
  expect(joined.membership.role).toBe('VIEWER');
  expect(await seenThere(joined.token, addProduct)).toBe('FORBIDDEN ROLE');
  const { body: team } = await here.ask(owner, '{ members { nodes { id email role } } }');
  const bo = team.data.members.nodes.find((each: { role: string }) => each.role === 'VIEWER');
  await mutate(here, 'memberRoleChange', { id: bo.id, role: 'MEMBER' }, 'member { role }', owner);
  await soonThere(joined.token, 'ok', addProduct);

  // A key.
  const key = await mutate(
    here,
    'apiKeyCreate',
    { name: 'Till', scopes: ['products:read'] },
    'apiKey { id } secret',
    owner,
  );
  await soonThere(key.secret, 'ok', '{ products(first: 1) { nodes { id } } }');
  expect(await seenThere(key.secret, addProduct)).toBe('FORBIDDEN SCOPE');
  await mutate(here, 'apiKeyRevoke', { id: key.apiKey.id }, 'apiKey { revokedAt }', owner);
  await soonThere(key.secret, 'UNAUTHENTICATED');

  // A forgotten password ends every session.
  await mutate(here, 'passwordResetRequest', { email: 'bo@kettle.example' }, 'email');
  const token = await mailedToken(here, 'bo@kettle.example');
  await mutate(here, 'passwordReset', { token, newPassword: 'seven amber ladders hum' }, '');
  await soonThere(joined.token, 'UNAUTHENTICATED');
  expect(codesOf(await signIn(here, 'bo@kettle.example', goodPassword))).toEqual(['NOT_SIGNED_IN']);
  const again = await signIn(here, 'bo@kettle.example', 'seven amber ladders hum');
  expect(again.membership.slug).toBe('kettle-works');

  // Removed, and nobody there any more.
  await mutate(here, 'memberRemove', { id: bo.id }, '', owner);
  await soonThere(again.token, 'UNAUTHENTICATED');

  // Suspended: it can be read, and nothing else.
  const change = (field: string, input: object) =>
    operators.ask(
      operators.token,
      `mutation ($input: ${field.slice(0, 1).toUpperCase()}${field.slice(1)}Input!) {
         ${field}(input: $input) { tenant { status } userErrors { code } } }`,
      { input: { tenant: { slug: 'kettle-works' }, ...input } },
    );
  await change('tenantSuspend', { reason: 'Unpaid' });
  await soonThere(owner, 'FORBIDDEN TENANT_SUSPENDED', addProduct);
  expect(await seenThere(owner, '{ auditEvents(first: 1) { nodes { action } } }')).toBe('ok');
  await change('tenantReactivate', {});
  await soonThere(owner, 'ok', addProduct);

  // Deleted, and nothing left of it but the operators' record.
  const { body: own } = await here.ask(owner, '{ tenant { id } }');
  await mutate(here, 'tenantDelete', { confirmation: 'kettle-works' }, 'purgeAt', owner);
  await soonThere(owner, 'UNAUTHENTICATED');
  const purge = await runProgram(
    'src/cli/main.ts',
    here.environment,
    'delete',
    'kettle-works',
    '--purge',
    '--yes',
  );
  expect(purge).toMatchObject({ code: 0 });
  for (const name of ['kettle-works', decodeId(own.data.tenant.id)?.uuid ?? '']) {
    expect(await tablesWith(name)).toEqual(['app.purged_tenants']);
  }
});

/** In which tables a text occurs, whatever column it is in. */
async function tablesWith(text: string): Promise<string[]> {
  const rows = await here.asAdmin(
    `select c.oid::regclass::text as name from pg_class c
     where c.relnamespace = 'app'::regnamespace and c.relkind = 'r'
       and query_to_xml(format('select from %s t where strpos(t::text, %L) > 0', c.oid::regclass, $1::text),
             false, true, '')::text <> ''`,
    [text],
  );
  return rows.map(({ name }) => String(name));
}
