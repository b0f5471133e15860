import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readExamples } from '../../../src/app/graphiql/examples.ts';
import { demoIdentities } from '../../../src/app/graphiql/identities.ts';
import { ConfigError, loadConfig } from '../../../src/config.ts';
import { runExample } from '../../support/runExample.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server?.close());

interface Reply {
  status: number;
  headers: Record<string, unknown>;
  body: string;
}

/** Not fetch: that one chooses Host and Origin itself. */
function send(
  method: string,
  path: string,
  headers: Record<string, string>,
  url = server.url,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${url}${path}`, { method, headers }, async (response) => {
      let body = '';
      for await (const chunk of response) body += chunk;
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
    });
    request.once('error', reject);
    request.end();
  });
}

const preflight = { 'GraphQL-Require-Preflight': '1' };
const become = (key: string, headers: Record<string, string> = preflight) =>
  send('POST', `/graphiql/identities/${key}`, headers);
const html = { Accept: 'text/html,application/xhtml+xml' };

async function credentialOf(label: string): Promise<string | null> {
  const identity = demoIdentities.find((one) => one.label === label);
  return identity === undefined ? null : JSON.parse((await become(identity.key)).body).credential;
}

describe('the example operations', async () => {
  const labels = ['nobody', ...demoIdentities.map(({ label }) => label)];
  const credentials = new Map<string, string | null>();

  beforeAll(async () => {
    for (const label of labels) credentials.set(label, await credentialOf(label));
  });

  test.each(await readExamples())(
    '$name works for those it names and for nobody else',
    async (example) => {
      for (const label of labels) {
        const credential = credentials.get(label) ?? null;
        const { body } = await runExample(example, (query, variables) =>
          server.ask(credential, query, variables),
        );
        if (example.runAs.includes(label)) {
          expect(body.errors, label).toBeUndefined();
          expect(Object.values(body.data), label).not.toContain(null);
        } else {
          expect(body.errors?.[0].extensions.code, label).toMatch(/^(FORBIDDEN|UNAUTHENTICATED)$/);
        }
      }
    },
  );

  test('changes something where it is a mutation, and says nothing against it', async () => {
    const fresh = await startTestServer();
    try {
      const owner = await fresh.tokenOf('owner@lumen.example');
      for (const example of await readExamples()) {
        if (!example.query.includes('\nmutation')) continue;
        const { body } = await runExample(example, (query, variables) =>
          fresh.ask(owner, query, variables),
        );
        const [payload] = Object.values<{ userErrors: unknown }>(body.data);
        expect(payload?.userErrors, example.name).toEqual([]);
      }
    } finally {
      await fresh.close();
    }
  });
});

describe('who may have a demo identity', () => {
  test('this machine, for each of the four', async () => {
    for (const { key, email } of demoIdentities) {
      const { status, body, headers } = await become(key);
      expect(status).toBe(200);
      expect(headers['cache-control']).toBe('no-store');
      const { credential, expiresAt } = JSON.parse(body);
      expect(expiresAt === null).toBe(email === null);
      const { body: answer } = await server.ask(credential, '{ viewer { email } }');
      expect(answer.data.viewer.email).toBe(email);
    }
  });

  test.each([
    ['another name for this machine (DNS rebinding)', { ...preflight, Host: 'evil.example:4000' }],
    ['a name that only begins like ours', { ...preflight, Host: 'localhost.evil.example' }],
    ['a proxy', { ...preflight, 'X-Forwarded-For': '203.0.113.7' }],
    ['a page without the header', {}],
    ['a foreign page', { ...preflight, Origin: 'https://evil.example' }],
    ['a page of another port', { ...preflight, Origin: 'http://localhost:1' }],
    ['what the browser calls cross-site', { ...preflight, 'Sec-Fetch-Site': 'cross-site' }],
  ])('not %s', async (_who, headers) => {
    const { status, body } = await become('lumen-owner', headers);
    expect(status).toBe(403);
    expect(body).not.toContain('credential');
  });

  test('a browser that asks first gets no permission for a foreign page', async () => {
    const { status, headers } = await send('OPTIONS', '/graphiql/identities/lumen-owner', {
      Origin: 'https://evil.example',
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'graphql-require-preflight',
    });
    expect(status).toBe(404);
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });

  test('a page under another name offers none', async () => {
    const local = await send('GET', '/graphql', html);
    expect(local.body).toContain('data-identity="lumen-owner"');
    const foreign = await send('GET', '/graphql', { ...html, Host: 'evil.example' });
    expect(foreign.status).toBe(200);
    expect(foreign.body).not.toContain('data-identity');
  });
});

describe('the page', () => {
  test('lets scripts run by nonce only, a new one each time, and nothing from elsewhere', async () => {
    const [one, other] = await Promise.all([
      send('GET', '/graphql', html),
      send('GET', '/graphql', html),
    ]);
    const policy = String(one.headers['content-security-policy']);
    expect(policy).toMatch(/default-src 'none'; script-src 'nonce-[\w-]{22}';/);
    expect(policy).not.toContain('http');
    expect(other.headers['content-security-policy']).not.toBe(policy);
    const scripts = one.body.match(/<script\b[^>]*>/g) ?? [];
    expect(scripts.filter((tag) => !tag.includes('nonce='))).toEqual([]);
    expect(one.body).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  });

  test('is for browsers: a program that gets /graphql is answered by GraphQL', async () => {
    const { headers } = await send('GET', '/graphql?query={__typename}', { Accept: '*/*' });
    expect(headers['content-type']).toContain('json');
  });

  test.each(['/', '/graphiql'])('is found from %s, too', async (path) => {
    const { status, headers } = await send('GET', `${path}?query=%7Bviewer%7Bname%7D%7D`, html);
    expect(status).toBe(302);
    expect(headers.location).toBe('/graphql?query=%7Bviewer%7Bname%7D%7D');
  });

  test('is not sent again what the browser has', async () => {
    const first = await send('GET', '/graphiql/page.js', {});
    const tag = String(first.headers.etag);
    expect((await send('GET', '/graphiql/page.js', { 'If-None-Match': tag })).status).toBe(304);
  });
});

describe('production', () => {
  const production = {
    NODE_ENV: 'production',
    APP_DATABASE_URL: 'postgresql://tenantry_server:x@127.0.0.1/x',
    JWT_PRIVATE_KEYS: '{}',
  };

  test('has no GraphiQL and no demo identities unless configured', () => {
    expect(loadConfig(production)).toMatchObject({ graphiql: false, demoIdentities: false });
    expect(loadConfig({ ...production, GRAPHIQL: 'on' })).toMatchObject({
      graphiql: true,
      demoIdentities: false,
    });
  });

  test('does not start with demo identities', () => {
    const load = () => loadConfig({ ...production, DEMO_IDENTITIES: 'on' });
    expect(load).toThrow(ConfigError);
    expect(load).toThrow(/DEMO_IDENTITIES/);
  });

  test('without GraphiQL a browser gets no page, and its routes are not there', async () => {
    const off = await startTestServer({ GRAPHIQL: 'off' });
    try {
      const page = await send('GET', '/graphql', html, off.url);
      expect(String(page.headers['content-type'])).not.toContain('html');
      expect(page.body).not.toContain('<script');
      for (const path of ['/graphiql', '/graphiql/graphiql.js']) {
        expect((await send('GET', path, html, off.url)).status).toBe(404);
      }
      const identity = '/graphiql/identities/lumen-owner';
      expect((await send('POST', identity, preflight, off.url)).status).toBe(404);
    } finally {
      await off.close();
    }
  });
});
