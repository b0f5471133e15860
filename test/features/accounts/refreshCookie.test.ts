import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { forgetAttempts, signIn } from '../../support/accounts.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ CORS_ORIGINS: 'https://app.example' });
});
beforeEach(() => forgetAttempts(server));
afterAll(() => server?.close());

const enter = () => signIn(server, 'member@lumen.example', 'demo-password');
const statusOf = async (token: string) => (await server.ask(token, '{ viewer { name } }')).status;

describe('a browser', () => {
  const post = (
    body: object,
    headers: Record<string, string> = {},
    yoga: object = {},
    path = '/graphql',
  ): Promise<Response> =>
    fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify({ ...body, ...yoga }),
    });
  const signInDocument = {
    query:
      'mutation ($input: SignInInput!) { signIn(input: $input) { token refreshToken userErrors { code } } }',
    variables: {
      input: { email: 'owner@lumen.example', password: 'demo-password', refreshTokenIn: 'COOKIE' },
    },
  };
  const refreshDocument = {
    query: 'mutation { tokenRefresh(input: {}) { token refreshToken userErrors { code } } }',
  };
  const cookieOf = (response: Response) => response.headers.get('set-cookie') ?? '';

  // Yoga takes what the lean path does not know.
  test.each([
    ['the lean path', {}, '/graphql'],
    ['Yoga', { yoga: null }, '/graphql'],
    ['a business’s own path', {}, '/t/lumen/graphql'],
  ])(
    'keeps the refresh token in a cookie that scripts cannot read (%s)',
    async (_way, yoga, path) => {
      const entered = await post(signInDocument, {}, yoga, path);
      expect((await entered.json()).data.signIn).toMatchObject({
        refreshToken: null,
        userErrors: [],
      });
      expect(cookieOf(entered)).toMatch(
        /^tenantry_refresh=trt_[\w-]{43}; Expires=[^;]+GMT; Path=\/; HttpOnly; SameSite=Strict$/,
      );
      const Cookie = `theme=dark; ${cookieOf(entered).split(';')[0]}`;
      const refreshed = await post(refreshDocument, { Cookie }, yoga, path);
      const answer = (await refreshed.json()).data.tokenRefresh;
      expect(answer).toMatchObject({ refreshToken: null, userErrors: [] });
      expect(await statusOf(answer.token)).toBe(200);
      expect(cookieOf(refreshed)).toMatch(/^tenantry_refresh=trt_/);
      const next = cookieOf(refreshed).split(';')[0] ?? '';
      expect(next).not.toBe(cookieOf(entered).split(';')[0]);
      const left = await post(
        { query: 'mutation { signOut(input: {}) { done } }' },
        { Cookie: next },
        yoga,
        path,
      );
      expect(cookieOf(left)).toMatch(/^tenantry_refresh=; Max-Age=0;/);
      await expect.poll(() => statusOf(answer.token)).toBe(401);
    },
  );

  test('of a foreign page cannot use it', async () => {
    const entered = await post(signInDocument);
    const Cookie = cookieOf(entered).split(';')[0] ?? '';
    for (const headers of [
      { Origin: 'https://evil.example' },
      { Origin: 'null' },
      { 'Sec-Fetch-Site': 'same-site' },
      { Origin: 'https://evil.app.example', 'Sec-Fetch-Site': 'same-site' },
    ]) {
      for (const document of [refreshDocument, signInDocument]) {
        const response = await post(document, { Cookie, ...headers });
        expect((await response.json()).errors[0].extensions.code).toBe('FORBIDDEN');
        expect(cookieOf(response)).toBe('');
      }
    }
    // Without a cookie there is none to misuse: signing out by the access token works from anywhere.
    const { token } = await enter();
    const bearer = { Origin: 'https://evil.example', Authorization: `Bearer ${token}` };
    const left = await post({ query: 'mutation { signOut(input: {}) { done } }' }, bearer);
    expect((await left.json()).data.signOut.done).toBe(true);
    const query = encodeURIComponent(refreshDocument.query);
    const byGet = await fetch(`${server.url}/graphql?query=${query}`, { headers: { Cookie } });
    expect(byGet.status).toBe(405);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      const response = await post(refreshDocument, { Cookie, 'Content-Type': type });
      expect([403, 415]).toContain(response.status);
    }
    const allowed = { Cookie, Origin: 'https://app.example', 'Sec-Fetch-Site': 'same-site' };
    const response = await post(refreshDocument, allowed);
    expect(response.headers.get('access-control-allow-credentials')).toBe('true');
    expect((await response.json()).data.tokenRefresh.token).not.toBeNull();
  });

  test('gets it over https alone, where that is how people reach the server', async () => {
    const secure = await startTestServer({ PUBLIC_URL: 'https://api.example.com' });
    const ask = (path: string, body: object, headers: object = {}) =>
      fetch(`${secure.url}${path}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
    const entered = cookieOf(await ask('/graphql', signInDocument));
    // What RFC 6265bis, 4.1.3.2, asks of the prefix: Secure, the whole host, no Domain.
    expect(entered).toMatch(
      /^__Host-tenantry_refresh=trt_[\w-]{43}; Expires=[^;]+GMT; Path=\/; HttpOnly; SameSite=Strict; Secure$/,
    );
    const Cookie = entered.split(';')[0] ?? '';
    // One that a sibling subdomain put there has another name, and counts for nothing.
    const tossed = await ask('/graphql', refreshDocument, { Cookie: Cookie.slice(7) });
    expect((await tossed.json()).data.tokenRefresh.token).toBeNull();
    const refreshed = await ask('/t/lumen/graphql', refreshDocument, { Cookie });
    expect((await refreshed.json()).data.tokenRefresh.token).not.toBeNull();
    await secure.close();
  });
});
