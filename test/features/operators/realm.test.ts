import { createHash, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { isObjectType } from 'graphql';
import { importJWK, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildOperatorSchema } from '../../../src/app/operator/schema.ts';
import { buildSchema } from '../../../src/app/schema.ts';
import {
  findOperatorCredentials,
  openOperatorSession,
  setOperatorDisabled,
} from '../../../src/auth/operatorLookups.ts';
import { changeOperatorPassword, createOperator } from '../../../src/auth/operators.ts';
import {
  openTestOperators,
  operatorPassword,
  type TestOperators,
} from '../../support/operators.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
let operators: TestOperators;
beforeAll(async () => {
  server = await startTestServer();
  operators = await openTestOperators(server);
});
afterAll(async () => {
  await operators?.close();
  await server?.close();
});

const me = '{ operator { email } }';
const tenants = '{ tenants { nodes { slug } } }';
const signIn =
  'mutation ($input: OperatorSignInInput!) { operatorSignIn(input: $input) { token userErrors { code message } } }';
const attempt = async (email: string, password: string) =>
  (await operators.ask(null, signIn, { input: { email, password } })).body.data.operatorSignIn;

test('a query has five fields, by whatever names and fragments', async () => {
  const aliases = (count: number) =>
    Array.from({ length: count }, (_, n) => `a${n}: tenants(first: 100) { nodes { slug } }`).join(
      ' ',
    );
  const five = await operators.ask(operators.token, `{ ${aliases(5)} }`);
  expect(Object.keys(five.body.data)).toHaveLength(5);
  for (const query of [
    `{ ${aliases(6)} }`,
    `{ ...Many } fragment Many on Query { ${aliases(3)} ... { ${aliases(6)} } }`,
  ]) {
    const { body } = await operators.ask(operators.token, query);
    expect(body.data ?? null).toBeNull();
    expect(body.errors[0].extensions.code).toBe('BAD_REQUEST');
  }
});

describe('two realms', () => {
  test('no credential of a tenant does anything for operators', async () => {
    const owner = await server.tokenOf('owner@lumen.example');
    for (const credential of [owner, server.apiKey, 'tnt_x', `${operators.token}x`]) {
      for (const query of [me, tenants, signIn, '{ __typename }']) {
        const { status, body } = await operators.ask(credential, query);
        expect({ status, code: body.errors[0].extensions.code }).toEqual({
          status: 401,
          code: 'UNAUTHENTICATED',
        });
      }
    }
    for (const query of [me, tenants, '{ __schema { queryType { name } } }']) {
      expect((await operators.ask(null, query)).status).toBe(401);
    }
    expect((await operators.ask(operators.token, me)).body.data.operator.email).toBe(
      'operator@tenantry.example',
    );
  });

  test('no operator’s token does anything for tenants', async () => {
    for (const query of ['{ viewer { id } }', '{ __typename }', '{ products { nodes { id } } }']) {
      expect((await server.ask(operators.token, query)).status).toBe(401);
    }
  });

  test('a token of our own keys with the other realm’s issuer, audience or session is none', async () => {
    const file = path.join(server.environment.DATA_DIR ?? '', 'jwt-keys.json');
    const [jwk] = JSON.parse(await readFile(file, 'utf8')).keys;
    const key = await importJWK(jwk, 'EdDSA');
    const claims = JSON.parse(
      Buffer.from(operators.token.split('.')[1] ?? '', 'base64url').toString(),
    );
    const forge = (change: object, typ = 'at+jwt') =>
      new SignJWT({ ...claims, ...change })
        .setProtectedHeader({ alg: 'EdDSA', kid: jwk.kid, typ })
        .sign(key);
    const status = async (token: string) => (await operators.ask(token, me)).status;
    expect(await status(await forge({})), 'the forgery itself works').toBe(200);
    for (const change of [
      { iss: 'tenantry' },
      { aud: 'tenantry-api' },
      { iss: 'tenantry', aud: 'tenantry-api' },
      { sid: '01890000-0000-7000-8000-000000000000' },
      { sub: '01890000-0000-7000-8000-000000000000' },
      { sid: undefined },
      { exp: Math.floor(Date.now() / 1000) - 120 },
    ]) {
      expect(await status(await forge(change)), JSON.stringify(change)).toBe(401);
    }
    expect(await status(await forge({}, 'JWT'))).toBe(401);
  });

  test('neither schema has a root field or a type of the other’s business', () => {
    const [theirs, ours] = [buildSchema(), buildOperatorSchema()];
    const roots = (schema: typeof ours) =>
      [schema.getQueryType(), schema.getMutationType()].flatMap((type) =>
        isObjectType(type) ? Object.keys(type.getFields()) : [],
      );
    const both = roots(ours).filter((name) => roots(theirs).includes(name));
    // Fields that have a meaning in both: one's own tenant, one's own log.
    expect(
      both.filter((name) => !['auditEvents', 'features', 'plans', 'tenant'].includes(name)),
    ).toEqual([]);
    expect(
      Object.keys(theirs.getTypeMap()).filter((name) => /operator|TenantHealth/i.test(name)),
    ).toEqual([]);
    const readable = Object.keys(ours.getTypeMap());
    expect(readable.filter((name) => /Product|Customer|Message|Conversation/.test(name))).toEqual(
      [],
    );
  });
});

describe('signing in', () => {
  test('unknown, wrong and disabled are one answer', async () => {
    const email = 'gone@tenantry.example';
    await createOperator(operators.database, { email, name: 'Gone', password: operatorPassword });
    await setOperatorDisabled(operators.database, email, true);
    const answers = await Promise.all([
      attempt('nobody@tenantry.example', operatorPassword),
      attempt('operator@tenantry.example', 'wrong'),
      attempt(email, operatorPassword),
      // A person's password is none here, whoever they are.
      attempt('owner@lumen.example', 'demo-password'),
    ]);
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toMatchObject({ token: null, userErrors: [{ code: 'NOT_SIGNED_IN' }] });
  });

  test('who is disabled or signs out is out at once', async () => {
    const email = 'leaving@tenantry.example';
    await createOperator(operators.database, {
      email,
      name: 'Leaving',
      password: operatorPassword,
    });
    const first = (await attempt(` ${email.toUpperCase()} `, operatorPassword)).token;
    const second = (await attempt(email, operatorPassword)).token;
    const status = async (token: string) => (await operators.ask(token, me)).status;
    const renewed = await operators.ask(first, 'mutation { operatorRenew { token } }');
    const third = renewed.body.data.operatorRenew.token;
    await operators.ask(first, 'mutation { operatorSignOut }');
    expect(await Promise.all([first, second, third].map(status))).toEqual([401, 200, 401]);
    await setOperatorDisabled(operators.database, email, true);
    expect(await status(second)).toBe(401);
  });

  test('ten attempts at once, then none, also with the right password and in another spelling', async () => {
    const email = 'target@tenantry.example';
    await createOperator(operators.database, { email, name: 'Target', password: operatorPassword });
    const codes = await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        const spelled = index % 2 ? email : ` ${email.toUpperCase()}`;
        return (await attempt(spelled, 'wrong')).userErrors[0].code;
      }),
    );
    expect(codes.filter((code) => code === 'NOT_SIGNED_IN')).toHaveLength(10);
    expect((await attempt(email, operatorPassword)).userErrors[0].code).toBe('TOO_MANY_ATTEMPTS');
    expect((await attempt('operator@tenantry.example', operatorPassword)).token).not.toBeNull();
    // A quarter of an hour later.
    await server.asAdmin(
      `update app.operator_attempts set started_at = now() - interval '15 minutes'`,
    );
    expect((await attempt(email, operatorPassword)).token).not.toBeNull();
  });

  test('an address that has none left uses up nobody’s attempts', async () => {
    const email = 'wanted@tenantry.example';
    await createOperator(operators.database, { email, name: 'Wanted', password: operatorPassword });
    for (let wave = 0; wave < 8; wave += 1) {
      await Promise.all(Array.from({ length: 10 }, () => attempt(email, 'wrong')));
    }
    // From elsewhere: this address alone is forgotten.
    const hash = (...parts: string[]) =>
      createHash('sha256').update(JSON.stringify(parts)).digest('hex');
    await server.asAdmin('delete from app.operator_attempts where key = any($1)', [
      [hash('pair', email, '127.0.0.1'), hash('address', '127.0.0.1')],
    ]);
    expect((await attempt(email, operatorPassword)).token).not.toBeNull();
  });

  test('nobody comes in with a password that was changed while it was checked', async () => {
    const email = 'changing@tenantry.example';
    const { database } = operators;
    await createOperator(database, { email, name: 'Changing', password: operatorPassword });
    const found = await findOperatorCredentials(database, email);
    const open = () =>
      openOperatorSession(database, {
        id: randomUUID(),
        operatorId: found?.id ?? '',
        verifiedHash: found?.passwordHash ?? '',
        seconds: 60,
        ip: null,
        userAgent: null,
      });
    expect(await open()).toBe(true);
    await changeOperatorPassword(database, email, 'another password of theirs');
    expect(await open()).toBe(false);
  });

  test('aliases are one too many fields, and are not run', async () => {
    const field = 'operatorSignIn(input: { email: "a@b", password: "c" }) { token }';
    const { body } = await operators.ask(null, `mutation { a: ${field} b: ${field} }`);
    expect(body.errors[0].extensions.code).toBe('BAD_REQUEST');
  });

  test('people’s passwords are none of the operators’ role’s', async () => {
    for (const statement of [
      'select password_hash from app.users',
      `update app.users set password_hash = 'x'`,
      `select app.find_credentials('owner@lumen.example')`,
      `select app.find_api_key('x')`,
    ]) {
      await expect(operators.database.lookup(statement, []), statement).rejects.toMatchObject({
        sqlState: '42501',
      });
    }
  });

  test('passwords and tokens are nowhere in the database', async () => {
    const rows = await server.asAdmin(
      `select o::text as text from app.operators o union all select s::text from app.operator_sessions s
       union all select a::text from app.operator_attempts a union all select e::text from app.audit_events e`,
    );
    const text = rows.map((row) => row.text).join('\n');
    for (const secret of [operatorPassword, operators.token]) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(createHash('sha256').update(secret).digest('hex'));
    }
    expect(text).toContain('$argon2id$');
  });
});

test('only POST, only JSON, and no page of another origin', async () => {
  const url = `${server.url}/operator/graphql`;
  const get = await fetch(`${url}?query={__typename}`);
  expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
  const form = await fetch(url, { method: 'POST', body: new URLSearchParams({ query: me }) });
  expect(form.status).toBe(415);
  const page = await fetch(url, {
    method: 'OPTIONS',
    headers: { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' },
  });
  expect(page.headers.get('access-control-allow-origin')).toBeNull();
});
