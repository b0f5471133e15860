import { afterAll, beforeAll, expect, test } from 'vitest';
import { codesOf, goodPassword, mutate, signIn } from '../../support/accounts.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await server.asAdmin(`update app.tenants set status = 'SUSPENDED' where slug = 'lumen'`);
});
afterAll(() => server?.close());

const email = 'owner@lumen.example';
const statusOf = async (token: string) => (await server.ask(token, '{ viewer { name } }')).status;

test('whose business is suspended keeps their account: in, on, another password, others out, out', async () => {
  const [lost, here] = [
    await signIn(server, email, 'demo-password'),
    await signIn(server, email, 'demo-password'),
  ];
  expect(here.membership).toEqual({ slug: 'lumen' });
  const refresh = { refreshToken: here.refreshToken };
  const { token } = await mutate(server, 'tokenRefresh', refresh, 'token');

  const listed = await server.ask(token, '{ viewer { sessions { id current } } }');
  const sessions: { id: string; current: boolean }[] = listed.body.data.viewer.sessions;
  expect(sessions).toHaveLength(2);
  const id = sessions.find(({ current }) => !current)?.id;
  expect(await mutate(server, 'sessionRevoke', { id }, 'done', token)).toMatchObject({
    done: true,
  });
  await expect.poll(() => statusOf(lost.token)).toBe(401);

  const third = await signIn(server, email, 'demo-password');
  const passwords = { currentPassword: 'demo-password', newPassword: goodPassword };
  expect(codesOf(await mutate(server, 'passwordChange', passwords, 'done', token))).toEqual([]);
  await expect.poll(() => statusOf(third.token)).toBe(401);
  expect((await signIn(server, email, goodPassword)).token).not.toBeNull();

  // What is the business's stays as it is: it reads, and changes nothing.
  const keys = await server.ask(token, '{ apiKeys(first: 1) { nodes { id } } }');
  const key = keys.body.data.apiKeys.nodes[0].id;
  const revoke = `mutation { apiKeyRevoke(input: { id: "${key}" }) { userErrors { code } } }`;
  expect((await server.ask(token, revoke)).body.errors).toMatchObject([
    { extensions: { code: 'FORBIDDEN', reason: 'TENANT_SUSPENDED' } },
  ]);

  expect((await mutate(server, 'signOut', {}, 'done', token)).done).toBe(true);
  await expect.poll(() => statusOf(token)).toBe(401);
});
