import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expose } from '../../src/app/errors.ts';
import { askAt, tokenAt } from '../support/ask.ts';
import { createDemoDatabase, type DemoDatabase } from '../support/demoDatabase.ts';
import { type ServerProcess, spawnServer } from '../support/serverProcess.ts';

// Everything that is said to the server and must not be heard from it again, at its most talkative.

let demo: DemoDatabase;
let server: ServerProcess;
let url: string;
beforeAll(async () => {
  demo = await createDemoDatabase();
  server = spawnServer({
    APP_DATABASE_URL: demo.serverUrl,
    DATA_DIR: demo.dataDir,
    LOG_LEVEL: 'trace',
  });
  url = await server.url;
});
afterAll(async () => {
  await server?.end('SIGKILL');
  await demo?.close();
});

const signIn =
  'mutation ($input: SignInInput!) { signIn(input: $input) { token userErrors { message } } }';
const create =
  'mutation ($input: ProductCreateInput!) { productCreate(input: $input) { product { id } userErrors { message } } }';
const makeKey =
  'mutation { apiKeyCreate(input: { name: "canary", scopes: ["products:read"] }) { secret apiKey { id } } }';
const rotateKey = 'mutation ($id: ID!) { apiKeyRotate(input: { id: $id }) { secret } }';
const price = { amount: '1.00', currencyCode: 'EUR' };

test('secrets and what tenants write are in no log line and no error', async () => {
  const wrong = 'canary-wrong-password';
  await askAt(url, null, signIn, { input: { email: 'owner@lumen.example', password: wrong } });
  // Refused as a variable of the wrong type, which a library would quote.
  await askAt(url, null, signIn, {
    input: { email: 'x', password: wrong, unknown: 'canary-field' },
  });
  await askAt(url, null, signIn, { input: { email: ['canary-mail'], password: wrong } });
  const demoPassword = { email: 'owner@lumen.example', password: 'demo-password' };
  const { token } = (await askAt(url, null, signIn, { input: demoPassword })).body.data.signIn;
  const { secret, apiKey } = (await askAt(url, token, makeKey)).body.data.apiKeyCreate;
  const rotated = (await askAt(url, token, rotateKey, { id: apiKey.id })).body.data.apiKeyRotate;
  for (const key of [secret, rotated.secret]) {
    await askAt(url, key, '{ products(first: 1) { nodes { id } } }');
  }
  const badToken = `${token.slice(0, -6)}canary`;
  const badCredentials = ['canary-credential', `tnt_${'canary'.repeat(7)}x`, badToken];
  for (const credential of badCredentials) {
    expect((await askAt(url, credential, '{ __typename }')).status).toBe(401);
  }
  await fetch(`${url}/graphql?query=canary-in-the-address`, {
    headers: { Authorization: 'Basic canary-basic', Cookie: 'session=canary-cookie' },
  });

  // A fault of ours with a tenant's words in it, which Postgres keeps to itself only under RLS.
  await demo.admin.query(
    `alter table app.products add constraint refuses_canaries check (name not like 'canary%') not valid`,
  );
  const input = { name: 'canary-name', description: 'canary-text', price };
  const failed = (await askAt(url, token, create, { input })).body;
  expect(failed.errors[0].extensions.code).toBe('INTERNAL');
  const faultLine = () =>
    server
      .output()
      .split('\n')
      .find((text) => text.includes('"level":50')) ?? '';
  // What it takes to find the fault is there, a moment behind the answer.
  await expect.poll(faultLine).toContain(failed.errors[0].extensions.requestId);
  const line = faultLine();
  expect(line).toContain('23514');
  expect(line).toContain('refuses_canaries');
  await demo.admin.query('alter table app.products drop constraint refuses_canaries');

  const keys = await readFile(path.join(demo.dataDir, 'jwt-keys.json'), 'utf8');
  const privateHalf = JSON.parse(keys).keys[0].d;
  const database = new URL(demo.serverUrl).password;
  const said = server.output();
  expect(said).toContain('"request"');
  for (const [what, value] of Object.entries({
    ...{ wrong, demoPassword: 'demo-password', token, badToken, secret, privateHalf, database },
    ...{ apiKey: demo.apiKey, rotated: rotated.secret, signature: token.split('.')[2] },
  })) {
    expect({ what, isSaid: said.includes(value) }).toEqual({ what, isSaid: false });
  }
  expect(said.match(/canary-[\w-]+/g)).toBeNull();
});

test('an invitation’s token is in its mail, and in no log line, no answer and no audit event', async () => {
  const owner = await tokenAt(url, 'owner@lumen.example');
  const invite = `mutation { memberInvite(input: { email: "canary@asked.example", role: VIEWER }) { invitation { id } } }`;
  await askAt(url, owner, invite);
  const mails = await demo.admin.query(
    `select body from app.mails where recipient = 'canary@asked.example'`,
  );
  const token: string = /#token=(tot_[\w-]{43})/.exec(mails.rows[0].body)?.[1] ?? '';
  expect(token).not.toBe('');
  const stored = await demo.admin.query(
    `select token_hash from app.invitations where email = 'canary@asked.example'`,
  );
  const preview = 'query ($token: String!) { invitation(token: $token) { invitation { role } } }';
  const shown = await askAt(url, null, preview, { token });
  expect(shown.body.data.invitation.invitation).toEqual({ role: 'VIEWER' });
  const accept =
    'mutation ($input: InvitationAcceptInput!) { invitationAccept(input: $input) { token userErrors { message } } }';
  const person = { token, name: 'A', password: 'violet kettle ponders gravel' };
  const joined = (await askAt(url, null, accept, { input: person })).body.data.invitationAccept;
  expect(joined.userErrors).toEqual([]);
  const everything =
    '{ invitations(first: 50) { nodes { id email role status createdAt } } auditEvents(first: 50) { nodes { action before after } } }';
  const answers = JSON.stringify([shown.body, joined, (await askAt(url, owner, everything)).body]);
  expect(answers).toContain('invitation.accepted');
  for (const secret of [token, stored.rows[0].token_hash]) {
    expect(answers.includes(secret) || server.output().includes(secret)).toBe(false);
  }
  expect(server.output()).not.toContain(person.password);
});

test('a fault of ours says nothing of SQL, constraints, files or stacks', async () => {
  const told =
    /select|insert|column|constraint|relation|app\.|\.ts|node_modules|\bat \/|stack|sqlstate|42703|23514/i;
  const page = '{ products(first: 1) { nodes { id description } } }';
  expect(JSON.stringify(expose(new TypeError('canary of a bug')))).not.toContain('canary');
  await demo.admin.query('alter table app.products rename column description to gone');
  for (const [query, variables] of [[page], [create, { input: { name: 'A', price } }]] as const) {
    const { body } = await askAt(url, demo.apiKey, query, variables);
    const { message, extensions } = body.errors[0];
    expect(extensions).toMatchObject({ code: 'INTERNAL', requestId: expect.any(String) });
    expect(message).not.toMatch(told);
    expect(Object.keys(extensions).toSorted()).toEqual(['code', 'requestId']);
    expect(Object.keys(body.errors[0])).not.toContain('stack');
  }
  await demo.admin.query('alter table app.products rename column gone to description');
  expect((await askAt(url, demo.apiKey, page)).body.errors).toBeUndefined();
});

test('tokens and passwords of accounts are in no log line, and in no table but as hashes', async () => {
  const email = 'canary@shop.example';
  const password = 'violet kettle ponders gravel';
  const ask = async (name: string, input: string, selection: string) =>
    (await askAt(url, null, `mutation { ${name}(input: { ${input} }) { ${selection} } }`)).body
      .data[name];
  const mailed = async (): Promise<string> => {
    const { rows } = await demo.admin.query(
      'select body from app.mails where recipient = $1 order by created_at desc limit 1',
      [email],
    );
    return /#token=(tot_[\w-]+)/.exec(rows[0].body)?.[1] ?? '';
  };
  await ask('accountRegister', `email: "${email}", name: "C", password: "${password}"`, 'email');
  const first = await mailed();
  await ask('emailVerify', `token: "${first}", password: "${password}"`, 'email');
  const credentials = `email: "${email}", password: "${password}"`;
  const { token, refreshToken } = await ask('signIn', credentials, 'token refreshToken');
  const next = await ask('tokenRefresh', `refreshToken: "${refreshToken}"`, 'token refreshToken');
  await ask('passwordResetRequest', `email: "${email}"`, 'email');
  const second = await mailed();
  const secrets = [password, first, second, token, refreshToken, next.token, next.refreshToken];
  expect(secrets.every((secret) => secret.length > 20)).toBe(true);
  for (const secret of secrets) expect(server.output()).not.toContain(secret);
  for (const table of ['users', 'sessions', 'refresh_tokens', 'one_time_tokens', 'audit_events']) {
    const { rows } = await demo.admin.query(`select t::text as text from app.${table} t`);
    const text = rows.map((row) => row.text).join('\n');
    for (const secret of secrets) expect(text.includes(secret), table).toBe(false);
  }
});
