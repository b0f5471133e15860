import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { networkOf } from '../../../src/auth/attempts.ts';
import { codesOf, forgetAttempts, goodPassword, mutate, signIn } from '../../support/accounts.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ TRUSTED_PROXIES: '127.0.0.1' });
});
beforeEach(() => forgetAttempts(server));
afterAll(() => server?.close());

const wrong = 'wrong by intention';
const tried = (answers: { userErrors: { code: string }[] }[]) =>
  answers.flatMap(codesOf).filter((code) => code !== 'TOO_MANY_ATTEMPTS').length;

/** The codes of a mutation's refusals, asked from somewhere else. */
async function askFrom(ip: string, name: string, input: object): Promise<string[]> {
  const type = `${name.slice(0, 1).toUpperCase()}${name.slice(1)}Input`;
  const query = `mutation ($input: ${type}!) { ${name}(input: $input) { userErrors { code } } }`;
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Forwarded-For': ip },
    body: JSON.stringify({ query, variables: { input } }),
  });
  return codesOf(
    ((await response.json()) as { data: Record<string, never> }).data[name] ?? never(),
  );
}
const never = (): never => {
  throw new Error('no answer');
};

describe('a stranger', () => {
  const email = 'owner@lumen.example';
  const right = { email, password: 'demo-password' };

  test('locks nobody out who comes from elsewhere', async () => {
    const network = (host: number) => `2001:db8:0:1::${host}`;
    for (let turn = 1; turn <= 10; turn += 1) {
      await askFrom(network(turn), 'signIn', { email, password: wrong });
    }
    // Another address of the same /64 is the same client.
    expect(await askFrom(network(11), 'signIn', right)).toEqual(['TOO_MANY_ATTEMPTS']);
    expect(await askFrom('2001:db8:0:2::1', 'signIn', right)).toEqual([]);
    for (let turn = 1; turn <= 6; turn += 1) {
      await askFrom('192.0.2.1', 'passwordResetRequest', { email });
    }
    expect(await askFrom('192.0.2.1', 'passwordResetRequest', { email })).toEqual([
      'TOO_MANY_ATTEMPTS',
    ]);
    expect(await askFrom('192.0.2.2', 'passwordResetRequest', { email })).toEqual([]);
  });

  test('with many networks guesses a hundred times, however many ask at once', async () => {
    // 97 from elsewhere and three from here: the hundred of the address.
    await askFrom('192.0.2.1', 'signIn', { email, password: wrong });
    await server.asAdmin('update app.attempt_counters set used = 97 where used = 1');
    const many = Array.from({ length: 12 }, (_, index) =>
      askFrom(`198.51.100.${index}`, 'signIn', { email, password: wrong }),
    );
    const passed = (await Promise.all(many)).flat().filter((code) => code !== 'TOO_MANY_ATTEMPTS');
    expect(passed).toHaveLength(3);
  });
});

describe('ten attempts at an address', () => {
  test('are ten, however many come at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => signIn(server, 'owner@lumen.example', wrong)),
    );
    expect(tried(answers)).toBe(10);
    // The right one is not looked at either; another person is let in.
    expect(codesOf(await signIn(server, 'owner@lumen.example', 'demo-password'))).toEqual([
      'TOO_MANY_ATTEMPTS',
    ]);
    expect((await signIn(server, 'viewer@lumen.example', 'demo-password')).token).not.toBeNull();
  });

  test('are ten, from however many clients they come', async () => {
    const taken = await Promise.all(
      Array.from({ length: 40 }, () =>
        server.database.lookup<{ wait: number | null }>(
          'select app.take_attempts(array[$1], array[10], 900) as wait',
          ['password address somebody@shop.example'],
        ),
      ),
    );
    expect(taken.filter(([row]) => row?.wait === null)).toHaveLength(10);
  });

  test('are ten as aliases of one request, and in several spellings', async () => {
    const spellings = ['member@lumen.example', ' Member@lumen.example', 'MEMBER@LUMEN.EXAMPLE '];
    const fields = Array.from(
      { length: 14 },
      (_, index) =>
        `a${index}: signIn(input: { email: "${spellings[index % 3]}", password: "${wrong}" }) { retryAt userErrors { code } }`,
    );
    const { body, headers } = await server.ask(null, `mutation { ${fields.join(' ')} }`);
    const answers = Object.values(body.data) as {
      retryAt: string;
      userErrors: { code: string }[];
    }[];
    expect(tried(answers)).toBe(10);
    const wait = Date.parse(answers.at(-1)?.retryAt ?? '') - Date.now();
    expect(wait).toBeGreaterThan(880_000);
    expect(wait).toBeLessThan(902_000);
    expect(headers.get('retry-after')).toBeNull(); // it would be about the whole answer
  });

  test('say when to come back, in the header where it is all that was asked; the same for nobody', async () => {
    const query = (email: string) =>
      `mutation { signIn(input: { email: "${email}", password: "${wrong}" }) { token retryAt userErrors { code message } } }`;
    const last: string[] = [];
    for (const email of ['owner@harbor.example', 'nobody@harbor.example']) {
      for (let turn = 0; turn < 10; turn += 1) await server.ask(null, query(email));
      const { body, headers, status } = await server.ask(null, query(email));
      expect(status).toBe(200);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(880);
      last.push(JSON.stringify(body).replace(/"retryAt":"[^"]*"/, ''));
    }
    expect(last[0]).toBe(last[1]);
    // The same on Yoga's way, which takes what the lean path does not know.
    const body = JSON.stringify({ query: query('owner@harbor.example'), yoga: null });
    const headers = { 'Content-Type': 'application/json' };
    const response = await fetch(`${server.url}/graphql`, { method: 'POST', headers, body });
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(880);
    expect(last[0]).toContain('try again in 15 minutes');
  });

  test('are forgotten when the window is over, and after a success', async () => {
    for (let turn = 0; turn < 9; turn += 1) await signIn(server, 'owner@lumen.example', wrong);
    expect((await signIn(server, 'owner@lumen.example', 'demo-password')).token).not.toBeNull();
    for (let turn = 0; turn < 10; turn += 1) await signIn(server, 'owner@lumen.example', wrong);
    expect(codesOf(await signIn(server, 'owner@lumen.example', wrong))).toEqual([
      'TOO_MANY_ATTEMPTS',
    ]);
    await server.asAdmin('update app.attempt_counters set expires_at = now()');
    expect((await signIn(server, 'owner@lumen.example', 'demo-password')).token).not.toBeNull();
  });
});

describe('a client', () => {
  const counters = () => server.asAdmin('select used from app.attempt_counters order by used desc');

  test('has a hundred failures at any addresses, and success costs it none', async () => {
    await signIn(server, 'owner@lumen.example', 'demo-password');
    expect(await counters()).toEqual([{ used: 0 }]);
    await signIn(server, 'nobody@lumen.example', wrong);
    await server.asAdmin('update app.attempt_counters set used = 100');
    expect(codesOf(await signIn(server, 'other@lumen.example', wrong))).toEqual([
      'TOO_MANY_ATTEMPTS',
    ]);
    // What was refused for the client's sake used up nobody's address.
    expect(await counters()).toHaveLength(3);
  });

  test.each([
    ['accountRegister', { email: 'a@b.example', name: 'A', password: goodPassword }, 5],
    ['passwordResetRequest', { email: 'owner@lumen.example' }, 5],
    ['emailVerificationResend', { email: 'c@b.example' }, 5],
    ['emailVerify', { token: `tot_${'A'.repeat(43)}`, password: goodPassword }, 100],
    ['passwordReset', { token: `tot_${'A'.repeat(43)}`, newPassword: goodPassword }, 100],
    ['tokenRefresh', { refreshToken: `trt_${'A'.repeat(43)}` }, 300],
  ])('%s is counted', async (name, input, limit) => {
    const selection = ['accountRegister', 'passwordResetRequest'].includes(name)
      ? 'email'
      : '__typename';
    const ask = () => mutate(server, name, input, selection);
    await ask();
    await server.asAdmin('update app.attempt_counters set used = $1', [limit]);
    expect(codesOf(await ask())).toEqual(['TOO_MANY_ATTEMPTS']);
    await server.asAdmin('update app.attempt_counters set used = $1', [limit - 1]);
    expect(codesOf(await ask())).not.toContain('TOO_MANY_ATTEMPTS');
  });
});

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:DB8::5', '2001:db8:0:0'],
  ['2001:db8:0001:0002::', '2001:db8:1:2'],
  ['::1', '0:0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
])('%s counts as %s', (ip, network) => {
  expect(networkOf(ip)).toBe(network);
});
