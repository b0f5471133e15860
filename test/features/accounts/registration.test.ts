import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  codesOf,
  forgetAttempts,
  goodPassword,
  mailedText,
  mailedToken,
  mutate,
  registerPerson,
  signIn,
} from '../../support/accounts.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { expectSimilarTimes } from '../../support/timing.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
beforeEach(() => forgetAttempts(server));
afterAll(() => server?.close());

const register = (email: string, password = goodPassword) =>
  mutate(server, 'accountRegister', { email, name: 'Nia Okafor', password }, 'email retryAt');
const verify = (token: string, password = goodPassword) =>
  mutate(server, 'emailVerify', { token, password }, 'email');

describe('registering', () => {
  test('makes nobody before the mailed token comes back, then somebody who can sign in', async () => {
    await register('Nia@Shop.Example');
    expect(await server.asAdmin(`select from app.users where email = 'nia@shop.example'`)).toEqual(
      [],
    );
    expect((await signIn(server, 'nia@shop.example', goodPassword)).token).toBeNull();
    const token = await mailedToken(server, 'nia@shop.example');
    expect(await verify(token)).toEqual({ email: 'nia@shop.example', userErrors: [] });
    const { token: access, membership } = await signIn(server, 'nia@shop.example', goodPassword);
    expect(membership).toBeNull();
    const viewer = '{ viewer { kind name email role permissions memberships { slug } } }';
    expect((await server.ask(access, viewer)).body.data.viewer).toEqual({
      kind: 'USER',
      name: 'Nia Okafor',
      email: 'nia@shop.example',
      role: null,
      permissions: [],
      memberships: [],
    });
    // The token works once.
    expect(codesOf(await verify(token))).toEqual(['INVALID_TOKEN']);
  });

  test('answers the same for a known address, and its mail says that it is one', async () => {
    const known = await register('owner@lumen.example');
    const unknown = await register('stranger@lumen.example');
    expect({ ...known, email: null }).toEqual({ ...unknown, email: null });
    expect(await mailedText(server, 'owner@lumen.example')).toContain('has an account');
    expect(await mailedText(server, 'owner@lumen.example')).not.toContain('token=');
    expect((await signIn(server, 'owner@lumen.example', goodPassword)).token).toBeNull();
    expect((await signIn(server, 'owner@lumen.example', 'demo-password')).token).not.toBeNull();
  });

  test('of two who register an address, each token confirms its own password alone', async () => {
    await register('wanted@shop.example', 'the attacker waits in here');
    const planted = await mailedToken(server, 'wanted@shop.example');
    await register('wanted@shop.example');
    const own = await mailedToken(server, 'wanted@shop.example');
    await verify(own);
    const left = `select from app.one_time_tokens where email = 'wanted@shop.example'`;
    expect(await server.asAdmin(left)).toEqual([]);
    expect(codesOf(await verify(planted, 'the attacker waits in here'))).toEqual(['INVALID_TOKEN']);
    expect((await signIn(server, 'wanted@shop.example', goodPassword)).token).not.toBeNull();
    expect(
      (await signIn(server, 'wanted@shop.example', 'the attacker waits in here')).token,
    ).toBeNull();
  });

  test('who confirms a mail that a stranger asked for makes no account for the stranger', async () => {
    await register('victim@shop.example', 'the attacker waits in here');
    const token = await mailedToken(server, 'victim@shop.example');
    expect(await verify(token)).toMatchObject({
      email: null,
      userErrors: [{ code: 'WRONG_PASSWORD', field: ['input', 'password'] }],
    });
    expect(
      (await signIn(server, 'victim@shop.example', 'the attacker waits in here')).token,
    ).toBeNull();
    // It counts, and leaves the token to whoever does know the password.
    for (let wrong = 0; wrong < 8; wrong += 1) await verify(token);
    expect(codesOf(await verify(token))).toEqual(['TOO_MANY_ATTEMPTS']);
    await forgetAttempts(server);
    const right = await verify(token, 'the attacker waits in here');
    expect(right.email).toBe('victim@shop.example');
  });

  test('a token changes nothing for an address that has an account by now', async () => {
    await register('early@shop.example', 'the attacker waits in here');
    const token = await mailedToken(server, 'early@shop.example');
    await server.asAdmin(
      `insert into app.users (id, email, name, password_hash)
       select gen_random_uuid(), 'early@shop.example', 'Early', password_hash from app.users
       where email = 'owner@lumen.example'`,
    );
    expect(codesOf(await verify(token, 'the attacker waits in here'))).toEqual(['INVALID_TOKEN']);
    expect((await signIn(server, 'early@shop.example', 'demo-password')).token).not.toBeNull();
  });

  test('a token that has run out, one of another kind, and ten at once: one account at most', async () => {
    await register('late@shop.example');
    const late = await mailedToken(server, 'late@shop.example');
    await server.asAdmin(
      `update app.one_time_tokens set expires_at = now() where email = 'late@shop.example'`,
    );
    expect(codesOf(await verify(late))).toEqual(['INVALID_TOKEN']);
    await mutate(server, 'passwordResetRequest', { email: 'viewer@lumen.example' }, 'email');
    expect(codesOf(await verify(await mailedToken(server, 'viewer@lumen.example')))).toEqual([
      'INVALID_TOKEN',
    ]);
    await register('many@shop.example');
    const token = await mailedToken(server, 'many@shop.example');
    const answers = await Promise.all(Array.from({ length: 10 }, () => verify(token)));
    expect(answers.filter(({ email }) => email !== null)).toHaveLength(1);
  });

  test('a mail that got lost is sent again, with the same answer for who never registered', async () => {
    await register('again@shop.example');
    const first = await mailedToken(server, 'again@shop.example');
    const resend = (email: string) =>
      mutate(server, 'emailVerificationResend', { email }, 'email retryAt');
    const waiting = await resend('again@shop.example');
    expect({ ...waiting, email: null }).toEqual({
      ...(await resend('x@shop.example')),
      email: null,
    });
    expect(await mailedText(server, 'x@shop.example')).toBe('');
    const second = await mailedToken(server, 'again@shop.example');
    expect(second).not.toBe(first);
    expect((await verify(first)).email).toBe('again@shop.example');
    expect(codesOf(await verify(second))).toEqual(['INVALID_TOKEN']);
  });

  test('nothing is sent again where somebody else registered the address too', async () => {
    await register('both@shop.example');
    await register('both@shop.example', 'the attacker waits in here');
    const planted = await mailedToken(server, 'both@shop.example');
    await mutate(server, 'emailVerificationResend', { email: 'both@shop.example' }, 'email');
    expect(await mailedToken(server, 'both@shop.example')).toBe(planted);
  });

  test.each([
    ['no-address', goodPassword, ['INVALID']],
    ['a@b', goodPassword, ['INVALID']],
    ['a@b.example, c@d.example', goodPassword, ['INVALID']],
    ['a@b.example\r\nBcc: c@d.example', goodPassword, ['INVALID']],
    ['a@b.example', 'short', ['TOO_SHORT']],
    ['a@b.example', 'x'.repeat(1_025), ['TOO_LONG']],
    ['a@b.example', 'P@ssw0rd12345!', ['WEAK_PASSWORD']],
    ['a@b.example', 'passwordpassword', ['WEAK_PASSWORD']],
    ['a@b.example', 'qwertyuiop123456', ['WEAK_PASSWORD']],
    ['a@b.example', 'Summer2026Winter', ['WEAK_PASSWORD']],
    ['margarete.kohl@kohlshop.example', 'margarete-kohl-2026', ['WEAK_PASSWORD']],
    ['margarete@kohlshop.example', 'margarete@kohlshop.example', ['WEAK_PASSWORD']],
    ['b@b.example', 'ünïcödé wörds are fine', []],
    ['c@b.example', 'tH3x-9q_Rk2!vM', []],
    ['d@b.example', '鳩時計と青い自転車がある朝食', []],
  ])('%j with %j: %j', async (email, password, codes) => {
    expect(codesOf(await register(email, password))).toEqual(codes);
  });

  test('takes as long for a known address as for an unknown one', async () => {
    const took: Record<string, number[]> = { known: [], unknown: [] };
    for (let turn = 0; turn < 9; turn += 1) {
      for (const [kind, email] of [
        ['known', 'owner@lumen.example'],
        ['unknown', `u${turn}@shop.example`],
      ] as const) {
        await forgetAttempts(server);
        const since = performance.now();
        await register(email);
        took[kind]?.push(performance.now() - since);
      }
    }
    expectSimilarTimes(took.known ?? [], took.unknown ?? []);
  });
});

test('a token for no business opens no business, and no tenant is set for it', async () => {
  await registerPerson(server, 'lone@shop.example');
  const { token } = await signIn(server, 'lone@shop.example', goodPassword);
  for (const query of [
    '{ products { totalCount } }',
    '{ tenant { name } }',
    '{ node(id: "prd_01h455vb4pex5vsknk084sn02q") { id } }',
    'mutation { productArchive(input: { id: "prd_01h455vb4pex5vsknk084sn02q" }) { product { id } } }',
  ]) {
    const { status, body } = await server.ask(token, query);
    expect(status).toBe(200);
    expect(body.errors[0].extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'NO_TENANT' });
    expect(Object.values(body.data ?? {}).every((value) => value === null)).toBe(true);
  }
  const refused = await mutate(
    server,
    'tenantSwitch',
    { tenant: { slug: 'lumen' } },
    'token',
    token,
  );
  expect(codesOf(refused)).toEqual(['NOT_FOUND']);
});
