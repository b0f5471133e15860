import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  codesOf,
  forgetAttempts,
  goodPassword,
  mailedText,
  mailedToken,
  mutate,
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

const statusOf = async (token: string) => (await server.ask(token, '{ viewer { name } }')).status;
const request = (email: string) =>
  mutate(server, 'passwordResetRequest', { email }, 'email retryAt');
const reset = (token: string, newPassword: string) =>
  mutate(server, 'passwordReset', { token, newPassword }, 'done');
const change = (credential: string, currentPassword: string, newPassword: string) =>
  mutate(server, 'passwordChange', { currentPassword, newPassword }, 'done', credential);

describe('a forgotten password', () => {
  const email = 'member@lumen.example';

  test('is set anew with a mailed token, once; every session ends and the person is told', async () => {
    const before = await signIn(server, email, 'demo-password');
    await request('Member@Lumen.example');
    const token = await mailedToken(server, email);
    expect(codesOf(await reset(token, 'too short'))).toEqual(['TOO_SHORT']);
    expect(codesOf(await reset(token, 'member-lumen-1234'))).toEqual(['WEAK_PASSWORD']);
    const answers = await Promise.all(Array.from({ length: 5 }, () => reset(token, goodPassword)));
    expect(answers.filter(({ done }) => done)).toHaveLength(1);
    await expect.poll(() => statusOf(before.token)).toBe(401);
    expect((await signIn(server, email, 'demo-password')).token).toBeNull();
    expect((await signIn(server, email, goodPassword)).token).not.toBeNull();
    expect(await mailedText(server, email)).toContain('was changed');
    expect(codesOf(await reset(token, goodPassword))).toEqual(['INVALID_TOKEN']);
    const told = await server.asAdmin(
      `select action, actor_name, ip from app.audit_events where action like 'member.passwordReset%' order by id`,
    );
    expect(told.map(({ action }) => action)).toEqual([
      'member.passwordResetRequested',
      'member.passwordReset',
    ]);
    expect(told[1]).toMatchObject({ ip: '127.0.0.1' });
  });

  test('is asked for with an address, not with a megabyte', async () => {
    for (const name of ['passwordResetRequest', 'emailVerificationResend']) {
      for (const none of ['x'.repeat(900_000), 'nobody', 'a\u0000@example.com']) {
        expect(codesOf(await mutate(server, name, { email: none }, 'email'))).toEqual(['INVALID']);
      }
    }
    const [kept] = await server.asAdmin(
      'select coalesce(max(length(email)), 0)::int as most from app.one_time_tokens',
    );
    expect(kept?.most).toBeLessThan(255);
  });

  test('a token that has run out is refused, and so is a registration’s', async () => {
    await request(email);
    const late = await mailedToken(server, email);
    const left = await server.asAdmin(
      `select expires_at - now() between interval '59 minutes' and interval '1 hour' as fine
       from app.one_time_tokens where email = $1`,
      [email],
    );
    expect(left.map(({ fine }) => fine)).toEqual([true]);
    await server.asAdmin('update app.one_time_tokens set expires_at = now()');
    expect(codesOf(await reset(late, goodPassword))).toEqual(['INVALID_TOKEN']);
    const registering = { email: 'new@shop.example', name: 'New', password: goodPassword };
    await mutate(server, 'accountRegister', registering, 'email');
    expect(
      codesOf(await reset(await mailedToken(server, 'new@shop.example'), goodPassword)),
    ).toEqual(['INVALID_TOKEN']);
  });

  test('asking answers the same for an address that nobody has, in similar time, and mails nobody', async () => {
    // A busy person: what is told in each of their businesses is not heard from outside.
    await server.asAdmin(
      `with made as (
         insert into app.tenants (id, slug, name, plan, status)
         select gen_random_uuid(), 'busy-' || n, 'Busy', 'BASIC', 'ACTIVE' from generate_series(1, 300) n
         returning id
       ) insert into app.members (tenant_id, id, user_id, role, name, email)
       select made.id, gen_random_uuid(), u.id, 'VIEWER', u.name, u.email
       from made, app.users u where u.email = 'owner@lumen.example'`,
    );
    const took = { 'owner@lumen.example': [] as number[], 'nobody@lumen.example': [] as number[] };
    const bodies = new Set<string>();
    for (let turn = 0; turn < 8; turn += 1) {
      await forgetAttempts(server);
      for (const [address, times] of Object.entries(took)) {
        const since = performance.now();
        bodies.add(JSON.stringify({ ...(await request(address)), email: null }));
        times.push(performance.now() - since);
      }
    }
    expect(bodies.size).toBe(1);
    expect(await mailedText(server, 'nobody@lumen.example')).toBe('');
    // Neither is quick: what only one of them costs is within what both wait.
    expect(Math.min(...Object.values(took).flat())).toBeGreaterThan(48);
    expectSimilarTimes(took['owner@lumen.example'], took['nobody@lumen.example']);
  });

  test('whoever signs in with the old one while it is changed is not let in', async () => {
    const person = 'owner@harbor.example';
    await request(person);
    const token = await mailedToken(server, person);
    const waiting = async () => {
      const text = `select count(*)::int as count from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`;
      return (await server.asAdmin(text))[0]?.count;
    };
    const hold = 'select from app.users where email = $1 for update';
    const steps = await server.holding(hold, [person], async () => {
      const changing = reset(token, goodPassword);
      await expect.poll(waiting).toBe(1);
      // The old password is found right, and behind the change it is not any more.
      const entering = signIn(server, person, 'demo-password');
      await expect.poll(waiting).toBe(2);
      return { changing, entering };
    });
    expect((await steps.changing).done).toBe(true);
    expect(codesOf(await steps.entering)).toEqual(['NOT_SIGNED_IN']);
  });
});

describe('changing a password', () => {
  const email = 'viewer@lumen.example';

  test('needs the current one, ends every other session, and is told', async () => {
    const [here, there] = [
      await signIn(server, email, 'demo-password'),
      await signIn(server, email, 'demo-password'),
    ];
    expect(codesOf(await change(here.token, 'wrong', goodPassword))).toEqual(['WRONG_PASSWORD']);
    expect(codesOf(await change(here.token, 'demo-password', 'viewerlumen12'))).toEqual([
      'WEAK_PASSWORD',
    ]);
    await request(email);
    const mailed = await mailedToken(server, email);
    expect((await change(here.token, 'demo-password', goodPassword)).done).toBe(true);
    expect(await statusOf(here.token)).toBe(200);
    await expect.poll(() => statusOf(there.token)).toBe(401);
    const refreshed = { refreshToken: there.refreshToken };
    expect(codesOf(await mutate(server, 'tokenRefresh', refreshed, 'token'))).toEqual([
      'SESSION_ENDED',
    ]);
    expect(codesOf(await reset(mailed, 'another kettle of fish'))).toEqual(['INVALID_TOKEN']);
    expect((await signIn(server, email, goodPassword)).token).not.toBeNull();
    expect(await mailedText(server, email)).toContain('was changed');
    const told = await server.asAdmin(
      `select from app.audit_events where action = 'member.passwordChanged'`,
    );
    expect(told).toHaveLength(1);
  });

  test('is no place to guess: it counts with signing in', async () => {
    const { token } = await signIn(server, 'owner@lumen.example', 'demo-password');
    const guesses: string[][] = [];
    for (let turn = 0; turn < 11; turn += 1) {
      guesses.push(codesOf(await change(token, `guess ${turn}`, goodPassword)));
    }
    expect(guesses.at(-2)).toEqual(['WRONG_PASSWORD']);
    expect(guesses.at(-1)).toEqual(['TOO_MANY_ATTEMPTS']);
    expect(codesOf(await signIn(server, 'owner@lumen.example', 'demo-password'))).toEqual([
      'TOO_MANY_ATTEMPTS',
    ]);
  });

  test('is for people, signed in', async () => {
    const input = { currentPassword: 'x', newPassword: goodPassword };
    const query =
      'mutation ($input: PasswordChangeInput!) { passwordChange(input: $input) { done } }';
    expect((await server.ask(null, query, { input })).status).toBe(401);
    const key = await server.ask(server.apiKey, query, { input });
    expect(key.body.errors[0].extensions.reason).toBe('NOT_A_PERSON');
  });
});
