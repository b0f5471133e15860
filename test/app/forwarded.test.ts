import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigError, loadConfig } from '../../src/config.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

/** The peer of every test is 127.0.0.1: a proxy of ours for one server, anybody for the other. */
const proxies = '127.0.0.0/8, 10.0.0.0/8, 2001:db8:1::/48';
let behindProxy: TestServer;
let modern: TestServer;
let alone: TestServer;
beforeAll(async () => {
  [behindProxy, modern, alone] = await Promise.all([
    startTestServer({ TRUSTED_PROXIES: proxies }),
    startTestServer({ TRUSTED_PROXIES: proxies, FORWARDED_HEADER: 'forwarded' }),
    startTestServer(),
  ]);
});
afterAll(() => Promise.all([behindProxy, modern, alone].map((server) => server?.close())));

/** The address that the audit log has of a sign-in with these headers. */
async function heard(server: TestServer, headers: Record<string, string>): Promise<unknown> {
  const requestId = crypto.randomUUID();
  await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Request-Id': requestId, ...headers },
    body: JSON.stringify({
      query:
        'mutation { signIn(input: {email: "owner@lumen.example", password: "demo-password"}) { token } }',
    }),
  });
  const rows = await server.asAdmin('select ip from app.audit_events where request_id = $1', [
    requestId,
  ]);
  return rows[0]?.ip;
}

describe('of X-Forwarded-For', () => {
  test.each<[string, string, string]>([
    ['one hop', '203.0.113.7', '203.0.113.7'],
    ['what the client made up is left of its own', '1.1.1.1, 203.0.113.7', '203.0.113.7'],
    ['hops of ours are passed over', '1.1.1.1, 203.0.113.7, 10.1.2.3', '203.0.113.7'],
    ['only ours: the outermost', '10.9.9.9, 10.1.2.3', '10.9.9.9'],
    ['with a port', '203.0.113.7:4711', '203.0.113.7'],
    ['six, with a port', '[2001:db8::7]:4711', '2001:db8::7'],
    ['a hop of ours that is six', '2001:db8::7, 2001:db8:1::1', '2001:db8::7'],
    ['four in six', '::ffff:203.0.113.7', '203.0.113.7'],
    ['no address: what the next one saw', '203.0.113.7, unknown', '127.0.0.1'],
    ['script', '<script>, 10.1.2.3', '10.1.2.3'],
    ['nothing', '', '127.0.0.1'],
  ])('%s', async (_name, header, expected) => {
    expect(await heard(behindProxy, { 'X-Forwarded-For': header })).toBe(expected);
  });

  test('nothing is believed of whoever is no proxy of ours', async () => {
    const headers = { 'X-Forwarded-For': '203.0.113.7', Forwarded: 'for=203.0.113.7' };
    expect(await heard(alone, headers)).toBe('127.0.0.1');
  });
});

describe('of the two headers one counts', () => {
  test('the one that the proxies write', async () => {
    const both = { 'X-Forwarded-For': '203.0.113.7', Forwarded: 'for=198.51.100.1' };
    expect(await heard(behindProxy, both)).toBe('203.0.113.7');
    expect(await heard(modern, both)).toBe('198.51.100.1');
    expect(await heard(modern, { 'X-Forwarded-For': '203.0.113.7' })).toBe('127.0.0.1');
  });

  test.each<[string, string]>([
    ['for=1.1.1.1, for=203.0.113.7;proto=https;by=10.0.0.1', '203.0.113.7'],
    ['For="[2001:db8::7]:4711";host="a.example"', '2001:db8::7'],
    ['for=203.0.113.7, For=10.0.0.9', '203.0.113.7'],
    ['for=203.0.113.7, for=_hidden', '127.0.0.1'],
    ['for="203.0.113.7', '127.0.0.1'],
    [`for=1.1.1.1${' '.repeat(12_000)}x, for=203.0.113.7`, '203.0.113.7'],
  ])('Forwarded: %s', async (header, expected) => {
    expect(await heard(modern, { Forwarded: header })).toBe(expected);
  });
});

test.each(['10.0.0.0/33', '10.0.0/8', 'proxy.internal', '10.0.0.0/8/8', '::1/129', '300.1.1.1'])(
  'the start is refused with %s for a proxy',
  (TRUSTED_PROXIES) => {
    const load = () => loadConfig({ TRUSTED_PROXIES });
    expect(load).toThrow(ConfigError);
    expect(load).toThrow('TRUSTED_PROXIES is expected to be');
  },
);
