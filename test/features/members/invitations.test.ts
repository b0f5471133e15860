import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  codesOf,
  forgetAttempts,
  goodPassword,
  mailedText,
  mailedToken,
  mutate,
  mutateFully,
  registerPerson,
  signIn,
} from '../../support/accounts.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
let owner: string;
let admin: string;
beforeAll(async () => {
  server = await startTestServer();
  owner = await server.tokenOf('owner@lumen.example');
  admin = await server.tokenOf('admin@lumen.example');
});
afterAll(() => server?.close());
beforeEach(() => forgetAttempts(server));

const invite = (email: string, role = 'MEMBER', credential = owner) =>
  mutate(
    server,
    'memberInvite',
    { email, role },
    'invitation { id email role status expiresAt invitedBy { name } }',
    credential,
  );
const accept = (input: object, credential: string | null = null) =>
  mutate(
    server,
    'invitationAccept',
    input,
    'token refreshToken retryAt membership { slug role }',
    credential,
  );
const newcomer = { name: 'Ines Duarte', password: goodPassword };

async function preview(token: string) {
  const { body } = await server.ask(
    null,
    `query ($token: String!) { invitation(token: $token) {
      invitation { businessName inviterName email role hasAccount expiresAt } message } }`,
    { token },
  );
  return body.data.invitation;
}

async function statusOf(email: string): Promise<string> {
  const { body } = await server.ask(owner, '{ invitations(first: 50) { nodes { email status } } }');
  return body.data.invitations.nodes.find((each: { email: string }) => each.email === email)
    ?.status;
}

const expire = (email: string) =>
  server.asAdmin(
    `update app.invitations set expires_at = now() - interval '1 second' where email = $1`,
    [email],
  );

describe('an invitation', () => {
  test('brings somebody new in, who is signed in to the business at once', async () => {
    const { invitation } = await invite(' Ines@New.Example ', 'ADMIN', admin);
    expect(invitation).toMatchObject({
      ...{ email: 'ines@new.example', role: 'ADMIN', status: 'PENDING' },
      invitedBy: { name: expect.any(String) },
    });
    const token = await mailedToken(server, 'ines@new.example');
    expect(await preview(token)).toMatchObject({
      invitation: { businessName: 'Lumen & Oak', email: 'ines@new.example', hasAccount: false },
      message: null,
    });
    expect(codesOf(await accept({ token }))).toEqual(['ACCOUNT_NEEDED']);
    expect(codesOf(await accept({ token, name: 'I', password: 'password1234' }))).toEqual([
      'WEAK_PASSWORD',
    ]);
    const joined = await accept({ token, ...newcomer });
    expect(joined).toMatchObject({ membership: { slug: 'lumen', role: 'ADMIN' }, userErrors: [] });
    const { body } = await server.ask(
      joined.token,
      '{ viewer { email role } products { nodes { id } } }',
    );
    expect(body.data.viewer).toEqual({ email: 'ines@new.example', role: 'ADMIN' });
    const again = await mutate(
      server,
      'tokenRefresh',
      { refreshToken: joined.refreshToken },
      'membership { slug }',
    );
    expect(again.membership).toEqual({ slug: 'lumen' });
    expect((await signIn(server, 'ines@new.example', goodPassword)).membership.slug).toBe('lumen');
    expect(await statusOf('ines@new.example')).toBe('ACCEPTED');
    expect(codesOf(await accept({ token, ...newcomer }))).toEqual(['INVALID_TOKEN']);
    expect(codesOf(await invite('INES@new.example'))).toEqual(['ALREADY_MEMBER']);
  });

  test('brings in who has an account and no business, once they are signed in to it', async () => {
    await registerPerson(server, 'nia@alone.example');
    const account = await signIn(server, 'nia@alone.example', goodPassword);
    await invite('nia@alone.example', 'VIEWER');
    const token = await mailedToken(server, 'nia@alone.example');
    expect((await preview(token)).invitation.hasAccount).toBe(true);
    expect(codesOf(await accept({ token, ...newcomer }))).toEqual(['SIGN_IN_FIRST']);
    const joined = await accept({ token }, account.token);
    expect(joined).toMatchObject({ membership: { slug: 'lumen', role: 'VIEWER' } });
    const { body } = await server.ask(joined.token, '{ tenant { slug } viewer { name role } }');
    expect(body.data).toEqual({
      tenant: { slug: 'lumen' },
      viewer: { name: 'Nia Okafor', role: 'VIEWER' },
    });
  });

  test('brings in who belongs to another business, and to nobody else', async () => {
    const harbor = await server.tokenOf('owner@harbor.example');
    expect(codesOf(await invite('owner@harbor.example'))).toEqual([]);
    const token = await mailedToken(server, 'owner@harbor.example');
    expect(codesOf(await accept({ token }, owner))).toEqual(['WRONG_ACCOUNT']);
    const asKey = await mutateFully(server, 'invitationAccept', { token }, 'token', server.apiKey);
    expect(asKey.body.errors[0].extensions.reason).toBe('NOT_A_PERSON');
    const joined = await accept({ token }, harbor);
    expect(joined.membership).toEqual({ slug: 'lumen', role: 'MEMBER' });
    const { body } = await server.ask(harbor, '{ viewer { memberships { slug } } }');
    expect(body.data.viewer.memberships).toHaveLength(2);
  });

  test('is one at a time for an address, however it is written and however many ask at once', async () => {
    const spellings = ['twice@new.example', 'Twice@new.example', 'TWICE@NEW.EXAMPLE'];
    const answers = await Promise.all([...spellings, ...spellings].map((email) => invite(email)));
    expect(answers.filter(({ userErrors }) => userErrors.length === 0)).toHaveLength(1);
    expect(new Set(answers.flatMap(codesOf))).toEqual(new Set(['ALREADY_INVITED']));
  });

  test('can be sent again: the former token is dead, and mails to an address are limited', async () => {
    const { invitation } = await invite('again@new.example');
    const former = await mailedToken(server, 'again@new.example');
    const resend = () =>
      mutate(server, 'invitationResend', { id: invitation.id }, 'invitation { status }', owner);
    expect((await resend()).invitation.status).toBe('PENDING');
    expect((await preview(former)).message).toContain('not one of ours');
    expect(codesOf(await accept({ token: former, ...newcomer }))).toEqual(['INVALID_TOKEN']);
    const answers = [await resend(), await resend(), await resend(), await resend()];
    expect(answers.flatMap(codesOf)).toEqual(['TOO_MANY_ATTEMPTS']);
    const token = await mailedToken(server, 'again@new.example');
    expect((await accept({ token, ...newcomer })).membership.slug).toBe('lumen');
    expect(codesOf(await resend())).toEqual(['NOT_OPEN']);
  });

  test('ends with its 48 hours, and when it is revoked', async () => {
    const { invitation } = await invite('late@new.example');
    const late = await mailedToken(server, 'late@new.example');
    const left = Date.parse(invitation.expiresAt) - Date.now();
    expect(left).toBeGreaterThan(47.9 * 3_600_000);
    expect(left).toBeLessThan(48.1 * 3_600_000);
    await expire('late@new.example');
    expect(await statusOf('late@new.example')).toBe('EXPIRED');
    expect(codesOf(await accept({ token: late, ...newcomer }))).toEqual(['INVALID_TOKEN']);
    const { invitation: second } = await invite('late@new.example');
    expect(second.id).not.toBe(invitation.id);
    const token = await mailedToken(server, 'late@new.example');
    const revoke = () =>
      mutate(server, 'invitationRevoke', { id: second.id }, 'invitation { status }', admin);
    expect((await revoke()).invitation.status).toBe('REVOKED');
    expect(codesOf(await revoke())).toEqual([]);
    expect((await preview(token)).invitation).toBeNull();
    expect(codesOf(await accept({ token, ...newcomer }))).toEqual(['INVALID_TOKEN']);
  });

  test('says nothing about whether an address has an account', async () => {
    await registerPerson(server, 'known@elsewhere.example');
    const answers = [
      await invite('known@elsewhere.example'),
      await invite('unknown@elsewhere.example'),
    ];
    const shown = answers.map(({ invitation: { role, status, invitedBy }, userErrors }) => ({
      ...{ role, status, invitedBy, userErrors },
    }));
    expect(shown[0]).toEqual(shown[1]);
  });

  test('is accepted once, however many try at once', async () => {
    await invite('race@new.example');
    const token = await mailedToken(server, 'race@new.example');
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => accept({ token, ...newcomer })),
    );
    expect(answers.filter((answer) => answer.membership !== null)).toHaveLength(1);
    const rows = await server.asAdmin(
      `select count(*)::int as n from app.members where email = 'race@new.example'`,
    );
    expect(rows).toEqual([{ n: 1 }]);
  });

  test('has no link or line of the inviter’s making in its mail', async () => {
    const rename = (name: string) =>
      mutate(server, 'tenantUpdate', { name }, 'tenant { name }', owner);
    await rename('Win at https://evil.example/now\nSubject: x');
    await invite('spam@new.example');
    await rename('Lumen & Oak');
    const text = await mailedText(server, 'spam@new.example');
    expect(text).not.toMatch(/evil\.example|\nSubject/);
  });
});

test('of N seats left exactly N are taken, by four times as many at once', async () => {
  const people = Array.from({ length: 8 }, (_, index) => `seat${index}@new.example`);
  for (const email of people) expect(codesOf(await invite(email))).toEqual([]);
  const tokens = await Promise.all(people.map((email) => mailedToken(server, email)));
  const [used] = await server.asAdmin(
    `select count(*)::int as n, t.id from app.members m join app.tenants t on t.id = m.tenant_id
     where t.slug = 'lumen' and m.user_id is not null group by t.id`,
  );
  const limit = Number(used?.n) + 2;
  await server.asAdmin(
    `insert into app.plans (code, name, position, limits, features)
     values ('SMALL', 'Small', 9, jsonb_build_object('MEMBERS', $1::int), '{}')`,
    [limit],
  );
  const [before] = await server.asAdmin(`select plan from app.tenants where slug = 'lumen'`);
  await server.asAdmin(`update app.tenants set plan = 'SMALL' where slug = 'lumen'`);
  const answers = await Promise.all(tokens.map((token) => accept({ token, ...newcomer })));
  expect(answers.filter(({ membership }) => membership !== null)).toHaveLength(2);
  expect(answers.flatMap(codesOf)).toEqual(Array.from({ length: 6 }, () => 'MEMBER_LIMIT'));
  const { body } = await server.ask(owner, '{ tenant { viewerCanInvite } }');
  expect(body.data.tenant.viewerCanInvite).toBe(false);
  expect(codesOf(await invite('full@new.example'))).toEqual(['MEMBER_LIMIT']);
  await server.asAdmin(`update app.tenants set plan = $1 where slug = 'lumen'`, [before?.plan]);
});
