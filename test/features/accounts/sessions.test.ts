import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  codesOf,
  forgetAttempts,
  goodPassword,
  mutate,
  mutateFully,
  signIn,
} from '../../support/accounts.ts';
import { askAt } from '../../support/ask.ts';
import { startTestServer, type TestServer, withServerBeside } from '../../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  // Somebody with two businesses.
  await server.asAdmin(
    `insert into app.members (tenant_id, id, user_id, role, name, email)
     select t.id, gen_random_uuid(), u.id, 'VIEWER', u.name, u.email
     from app.tenants t, app.users u where t.slug = 'harbor' and u.email = 'member@lumen.example'`,
  );
});
beforeEach(() => forgetAttempts(server));
afterAll(() => server?.close());

const enter = (email = 'member@lumen.example', more: object = {}) =>
  signIn(server, email, 'demo-password', more);
const refresh = (refreshToken: string, more: object = {}) =>
  mutate(
    server,
    'tokenRefresh',
    { refreshToken, ...more },
    'token refreshToken membership { slug role }',
  );
const statusOf = async (token: string) => (await server.ask(token, '{ viewer { name } }')).status;
const businessOf = async (token: string) =>
  (await server.ask(token, '{ tenant { slug } }')).body.data.tenant.slug;
const actionsOf = async (action: string) =>
  server.asAdmin('select actor_id, actor_name from app.audit_events where action = $1', [action]);

describe('a refresh token', () => {
  test('gives an access token and the next one, and is kept as a hash alone', async () => {
    const { refreshToken } = await enter();
    expect(refreshToken).toMatch(/^trt_[\w-]{43}$/);
    const next = await refresh(refreshToken);
    expect(await statusOf(next.token)).toBe(200);
    expect(next.membership).toEqual({ slug: 'lumen', role: 'MEMBER' });
    expect(next.refreshToken).not.toBe(refreshToken);
    expect((await refresh(next.refreshToken)).token).not.toBeNull();
    const rows = await server.asAdmin('select r::text as text from app.refresh_tokens r');
    expect(rows.filter(({ text }) => String(text).includes(refreshToken.slice(4)))).toEqual([]);
  });

  test('that comes again is refused; after the grace it ends the session, its latest token too', async () => {
    const { refreshToken, token } = await enter();
    const next = await refresh(refreshToken);
    expect(codesOf(await refresh(refreshToken))).toEqual(['ALREADY_REFRESHED']);
    expect(await statusOf(next.token)).toBe(200);
    await server.asAdmin(`update app.refresh_tokens set used_at = used_at - interval '11 seconds'`);
    expect(codesOf(await refresh(refreshToken))).toEqual(['SESSION_ENDED']);
    await expect.poll(() => statusOf(next.token)).toBe(401);
    expect(await statusOf(token)).toBe(401);
    expect(codesOf(await refresh(next.refreshToken))).toEqual(['SESSION_ENDED']);
    expect(await actionsOf('member.refreshTokenReused')).toHaveLength(2); // both of their businesses
  });

  test('asked for ten times at once has one winner, and the session goes on', async () => {
    const { refreshToken } = await enter();
    // All ten are in the database, and none can end, before the session's row is let go.
    const hold = 'select from app.sessions where revoked_at is null for update';
    const asked: Promise<{ token: string | null; refreshToken: string }>[] = [];
    await server.holding(hold, [], async () => {
      for (let turn = 0; turn < 10; turn += 1) asked.push(refresh(refreshToken));
      const waiting = `select count(*)::int as count from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`;
      await expect.poll(async () => (await server.asAdmin(waiting))[0]?.count).toBe(10);
    });
    const answers = await Promise.all(asked);
    const winners = answers.filter(({ token }) => token !== null);
    expect(winners).toHaveLength(1);
    expect((await refresh(winners[0]?.refreshToken ?? '')).token).not.toBeNull();
  });

  test('is for the business of the sign-in unless another is named, and membership is looked at anew', async () => {
    const { refreshToken } = await enter('member@lumen.example', { tenantSlug: 'harbor' });
    const home = await refresh(refreshToken);
    expect(home.membership.slug).toBe('harbor');
    const lumen = await refresh(home.refreshToken, { tenant: { slug: 'lumen' } });
    expect(await businessOf(lumen.token)).toBe('lumen');
    expect(codesOf(await refresh(lumen.refreshToken, { tenant: { slug: 'nowhere' } }))).toEqual([
      'NOT_FOUND',
    ]);
    const stranger = await enter('owner@harbor.example');
    expect(codesOf(await refresh(stranger.refreshToken, { tenant: { slug: 'lumen' } }))).toEqual([
      'NOT_FOUND',
    ]);
    // Neither was used up by that.
    expect((await refresh(stranger.refreshToken)).membership.slug).toBe('harbor');
    const gone = await server.asAdmin(
      `delete from app.members m using app.tenants t where t.id = m.tenant_id and t.slug = 'harbor'
       and m.email = 'member@lumen.example' returning m.tenant_id, m.id, m.user_id, m.role, m.name, m.email`,
    );
    const without = await refresh(lumen.refreshToken);
    expect(without.membership).toBeNull(); // never silently another business
    expect(await statusOf(without.token)).toBe(200);
    await server.asAdmin(
      'insert into app.members (tenant_id, id, user_id, role, name, email) values ($1, $2, $3, $4, $5, $6)',
      Object.values(gone[0] ?? {}),
    );
  });

  test('is for the business that the request names, which the input must not contradict', async () => {
    const { refreshToken } = await enter();
    const refreshAt = async (slug: string, input: object) => {
      const query =
        'mutation ($input: TokenRefreshInput!) { tokenRefresh(input: $input) { refreshToken membership { slug tenantId } userErrors { code } } }';
      const response = await fetch(`${server.url}/t/${slug}/graphql`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ query, variables: { input } }),
      });
      return ((await response.json()) as { data: Record<string, ReturnType<typeof JSON.parse>> })
        .data.tokenRefresh;
    };
    const harbor = await refreshAt('harbor', { refreshToken });
    expect(harbor.membership.slug).toBe('harbor');
    const next = { refreshToken: harbor.refreshToken };
    const { tenantId } = harbor.membership;
    for (const [slug, tenant] of [
      ['harbor', { slug: 'lumen' }],
      ['lumen', { id: tenantId }],
      ['nowhere', { slug: 'lumen' }],
    ] as const) {
      expect(codesOf(await refreshAt(slug, { ...next, tenant }))).toEqual(['NOT_FOUND']);
    }
    expect(codesOf(await refreshAt('nowhere', next))).toEqual(['NOT_FOUND']);
    const agreed = await refreshAt('harbor', { ...next, tenant: { id: tenantId } });
    expect(agreed.membership.slug).toBe('harbor');
    // Without a name it is the sign-in's again.
    expect((await refresh(agreed.refreshToken)).membership.slug).toBe('lumen');
  });

  test('is no access token, and neither is an access token or a key a refresh token', async () => {
    const { refreshToken, token } = await enter();
    expect(await statusOf(refreshToken)).toBe(401);
    for (const wrong of [token, server.apiKey, `trt_${'A'.repeat(43)}`, 'trt_', '']) {
      expect(codesOf(await refresh(wrong))).toEqual(['SESSION_ENDED']);
    }
  });

  test('ends with its session: 30 days without use, 180 days in all', async () => {
    const { refreshToken } = await enter();
    const next = await refresh(refreshToken);
    const ends =
      'select round(extract(epoch from expires_at - now()) / 86400)::int as days from app.sessions order by created_at desc limit 1';
    expect((await server.asAdmin(ends))[0]?.days).toBe(30);
    const latest = '(select id from app.sessions order by created_at desc limit 1)';
    await server.asAdmin(
      `update app.sessions set created_at = now() - interval '175 days' where id = ${latest}`,
    );
    const late = await refresh(next.refreshToken);
    const left = await server.asAdmin(
      `select min(expires_at - now()) < interval '6 days' as soon from app.sessions where created_at < now() - interval '100 days'`,
    );
    expect(left[0]?.soon).toBe(true);
    await server.asAdmin(
      `update app.sessions set expires_at = now() where created_at < now() - interval '100 days'`,
    );
    expect(codesOf(await refresh(late.refreshToken))).toEqual(['SESSION_ENDED']);
  });
});

test('two tabs on two businesses: a switch gives a token of the same session, and the old one stays', async () => {
  const { token } = await enter();
  const [harbor] = await server.asAdmin(`select id from app.tenants where slug = 'harbor'`);
  const switched = await mutate(
    server,
    'tenantSwitch',
    { tenant: { slug: 'harbor' } },
    'token membership { slug role tenantId }',
    token,
  );
  expect(switched.membership).toMatchObject({ slug: 'harbor', role: 'VIEWER' });
  expect(await businessOf(switched.token)).toBe('harbor');
  expect(await businessOf(token)).toBe('lumen');
  const byId = { tenant: { id: switched.membership.tenantId } };
  const back = await mutate(server, 'tenantSwitch', byId, 'token', switched.token);
  expect(await businessOf(back.token)).toBe('harbor');
  const told = await server.asAdmin(
    `select from app.audit_events where action = 'member.switchedHere' and tenant_id = $1`,
    [harbor?.id],
  );
  expect(told).toHaveLength(2);
  // Not theirs and not there are one answer; a key has nobody to switch.
  const owner = await server.tokenOf('owner@lumen.example');
  const foreign = await mutateFully(server, 'tenantSwitch', byId, 'token', owner);
  const nobodys = { tenant: { id: 'ten_01h455vb4pex5vsknk084sn02q' } };
  const missing = await mutateFully(server, 'tenantSwitch', nobodys, 'token', owner);
  expect(foreign.body).toEqual(missing.body);
  expect(codesOf(foreign.body.data.tenantSwitch)).toEqual(['NOT_FOUND']);
  const key = await mutateFully(server, 'tenantSwitch', byId, 'token', server.apiKey);
  expect(key.body.errors[0].extensions).toMatchObject({
    code: 'FORBIDDEN',
    reason: 'NOT_A_PERSON',
  });
  // One session for all of it.
  await mutate(server, 'signOut', {}, 'done', token);
  await expect.poll(() => statusOf(switched.token)).toBe(401);
});

test('one sees where one is signed in, and ends one of them on every path', async () => {
  const [here, there] = [await enter('viewer@lumen.example'), await enter('viewer@lumen.example')];
  const list = async (token: string) =>
    (
      await server.ask(
        token,
        '{ viewer { sessions { id current createdAt lastSeenAt expiresAt ip userAgent } } }',
      )
    ).body.data.viewer.sessions;
  const sessions = await list(here.token);
  expect(sessions).toHaveLength(2);
  expect(sessions.filter(({ current }: { current: boolean }) => current)).toHaveLength(1);
  expect(sessions[0]).toMatchObject({ ip: '127.0.0.1', userAgent: 'node' });
  const other = sessions.find(({ current }: { current: boolean }) => !current).id;
  const revoke = (token: string, id: string) =>
    mutate(server, 'sessionRevoke', { id }, 'done', token);
  // Somebody else's session is not there.
  const stranger = await enter('owner@lumen.example');
  expect(codesOf(await revoke(stranger.token, other))).toEqual(['NOT_FOUND']);
  expect(await statusOf(there.token)).toBe(200);
  expect((await revoke(here.token, other)).done).toBe(true);
  await expect.poll(() => statusOf(there.token)).toBe(401);
  expect(codesOf(await refresh(there.refreshToken))).toEqual(['SESSION_ENDED']);
  expect(await list(here.token)).toHaveLength(1);
  expect(codesOf(await revoke(here.token, other))).toEqual(['NOT_FOUND']);
  expect(await actionsOf('member.sessionRevoked')).toHaveLength(1);
  const keyed = await server.ask(server.apiKey, '{ viewer { sessions { id } } }');
  expect(keyed.body.data.viewer.sessions).toEqual([]);
});

test('what ends on one server has ended on every other within a second', async () => {
  await withServerBeside(server.environment, async (url) => {
    const elsewhere = async (token: string) =>
      (await askAt(url, token, '{ viewer { name } }')).status;
    const ended = { timeout: 1_000, interval: 20 };
    const [one, two] = [await enter(), await enter()];
    expect([await elsewhere(one.token), await elsewhere(two.token)]).toEqual([200, 200]);
    await mutate(server, 'signOut', {}, 'done', one.token);
    await expect.poll(() => elsewhere(one.token), ended).toBe(401);
    expect(await elsewhere(two.token)).toBe(200);
    const input = { currentPassword: 'demo-password', newPassword: goodPassword };
    const three = await enter();
    expect((await mutate(server, 'passwordChange', input, 'done', three.token)).done).toBe(true);
    await expect.poll(() => elsewhere(two.token), ended).toBe(401);
    expect(await elsewhere(three.token)).toBe(200);
    // Attempts are counted together too.
    await Promise.all(Array.from({ length: 10 }, () => enter()));
    const { body } = await askAt(
      url,
      null,
      `mutation { signIn(input: { email: "member@lumen.example", password: "${goodPassword}" }) { userErrors { code } } }`,
    );
    expect(codesOf(body.data.signIn)).toEqual(['TOO_MANY_ATTEMPTS']);
  });
});

test('signing out works by the refresh token alone, and twice', async () => {
  const { token, refreshToken } = await enter('owner@lumen.example');
  expect((await mutate(server, 'signOut', { refreshToken }, 'done')).done).toBe(true);
  await expect.poll(() => statusOf(token)).toBe(401);
  expect((await mutate(server, 'signOut', { refreshToken }, 'done')).done).toBe(true);
  expect((await mutate(server, 'signOut', { refreshToken: 'nonsense' }, 'done')).done).toBe(true);
});

test('the database opens no session for whoever brings no password’s hash', async () => {
  const open = (hash: string) =>
    `select app.open_session(gen_random_uuid(), id, ${hash}, null, gen_random_uuid()::text, 60, null, null) is null as refused
     from app.users where email = 'owner@lumen.example'`;
  expect(await server.asAdmin(open('null'))).toEqual([{ refused: true }]);
  expect(await server.asAdmin(open('password_hash'))).toEqual([{ refused: false }]);
});
