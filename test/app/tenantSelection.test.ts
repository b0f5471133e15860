import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeId } from '../../src/lib/ids.ts';
import { roundTripsOf } from '../support/roundTrips.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

interface Sent {
  path?: string;
  headers?: Record<string, string>;
  body?: object;
  method?: string;
}

let server: TestServer;
let tokens: Record<'lumen' | 'harbor' | 'both', string>;
let ids: Record<string, string> = {};
beforeAll(async () => {
  server = await startTestServer({ BASE_DOMAIN: 'shops.example.com' });
  const rows = await server.asAdmin('select slug, id from app.tenants');
  ids = Object.fromEntries(rows.map(({ slug, id }) => [String(slug), String(id)]));
  await server.asAdmin(`update app.tenants set plan = 'ENTERPRISE'`); // which has domains of one's own
  await server.asAdmin(
    `insert into app.tenant_routes (kind, key, tenant_id) select 'DOMAIN', slug || '.custom.example', id from app.tenants
     union all select 'SLUG', slug || '-once', id from app.tenants`,
  );
  tokens = {
    lumen: await server.tokenOf('owner@lumen.example'),
    harbor: await server.tokenOf('owner@harbor.example'),
    // Belongs to both, and is signed in to Lumen.
    both: await server.tokenOf('admin@lumen.example', 'lumen'),
  };
});
afterAll(() => server?.close());

/** Sends what fetch() does not let one say, such as Host. */
function send(credential: string | null, sent: Sent) {
  const { port } = new URL(server.url);
  const body = JSON.stringify(sent.body ?? { query: '{ tenant { slug } }' });
  const method = sent.method ?? 'POST';
  const answer = Promise.withResolvers<{ status: number; body: ReturnType<typeof JSON.parse> }>();
  const request = httpRequest(
    {
      port,
      method,
      path: sent.path ?? '/graphql',
      headers: {
        ...(method === 'POST' ? { 'Content-Type': 'application/json' } : {}),
        ...(credential === null ? {} : { Authorization: `Bearer ${credential}` }),
        ...sent.headers,
      },
    },
    (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => {
        answer.resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) });
      });
    },
  );
  request.on('error', answer.reject);
  request.end(method === 'POST' ? body : undefined);
  return answer.promise;
}

/** Every way to name a business, by its slug. */
const ways: Record<string, (slug: string) => Sent> = {
  path: (slug) => ({ path: `/t/${slug}/graphql` }),
  query: (slug) => ({ path: `/graphql?tenant=${slug}` }),
  encodedQuery: (slug) => ({ path: `/graphql?%74enant=${slug}` }),
  id: (slug) => ({ headers: { 'X-Tenant-ID': encodeId('Tenant', idOf(slug)) } }),
  uuid: (slug) => ({ headers: { 'X-Tenant-ID': idOf(slug) } }),
  slug: (slug) => ({ headers: { 'X-Tenant-Slug': slug } }),
  formerSlug: (slug) => ({ headers: { 'X-Tenant-Slug': `${slug}-once` } }),
  subdomain: (slug) => ({ headers: { Host: `${slug}.shops.example.com` } }),
  domain: (slug) => ({ headers: { Host: `${slug}.custom.example:8443` } }),
};
const names = Object.keys(ways);
const idOf = (slug: string): string => ids[slug] ?? '01900000-0000-7000-8000-000000000000';

/** In one request; null: both are the same header. */
function both(one: Sent, other: Sent): Sent | null {
  if (Object.keys(one.headers ?? {}).some((name) => name in (other.headers ?? {}))) return null;
  const paths = [one.path ?? '', other.path ?? ''];
  const path = paths.find((each) => each.startsWith('/t/')) ?? '/graphql';
  const queries = paths.flatMap((each) => each.split('?').slice(1));
  return {
    path: queries.length === 0 ? path : `${path}?${queries.join('&')}`,
    headers: { ...one.headers, ...other.headers },
  };
}

const pairs = names.flatMap((one, index) =>
  names.slice(index + 1).flatMap((other) => {
    const fits = both(ways[one]?.('x') ?? {}, ways[other]?.('y') ?? {});
    return fits === null ? [] : [[one, other] as const];
  }),
);
const pairOf = (one: string, a: string, other: string, b: string): Sent =>
  both(ways[one]?.(a) ?? {}, ways[other]?.(b) ?? {}) ?? {};

const refusal = { status: 400, code: 'TENANT_MISMATCH' };
async function outcome(credential: string | null, sent: Sent) {
  const { status, body } = await send(credential, sent);
  if (body.errors) return { status, code: body.errors[0].extensions.code };
  return { status, slug: body.data.tenant.slug };
}

describe('a way to name a business', () => {
  test.each(names)('%s: one’s own is fine, by token and by key, read either way', async (name) => {
    const own = ways[name]?.('lumen') ?? {};
    expect(await outcome(tokens.lumen, own)).toEqual({ status: 200, slug: 'lumen' });
    expect(await outcome(server.apiKey, own)).toEqual({ status: 200, slug: 'lumen' });
    const query = `query=${encodeURIComponent('{ tenant { slug } }')}`;
    const path = `${own.path ?? '/graphql'}${own.path?.includes('?') ? '&' : '?'}${query}`;
    expect(await outcome(tokens.lumen, { ...own, path, method: 'GET' })).toEqual({
      ...{ status: 200, slug: 'lumen' },
    });
  });

  test.each(names)(
    '%s: another’s, one’s other one and nobody’s are one and the same refusal',
    async (name) => {
      const way = ways[name] ?? (() => ({}));
      const answers = await Promise.all([
        send(tokens.lumen, way('harbor')),
        send(server.apiKey, way('harbor')),
        send(tokens.both, way('harbor')),
        // A host name that leads to nobody is only another name of the server.
        ...(name === 'domain' ? [] : [send(tokens.lumen, way('nobody'))]),
      ]);
      const said = answers.map(({ status, body }) => {
        const [{ message, extensions }] = body.errors;
        return { status, message, ...extensions, requestId: '' };
      });
      for (const each of said) expect(each).toEqual(said[0]);
      expect(said[0]).toMatchObject({ ...refusal, fix: expect.stringContaining('switch') });
    },
  );
});

describe('two ways at once', () => {
  test('are all pairs that fit into one request', () => expect(pairs.length).toBeGreaterThan(20));

  test.each(pairs)('%s and %s', async (one, other) => {
    const agreed = pairOf(one, 'lumen', other, 'lumen');
    const conflicts = [
      pairOf(one, 'lumen', other, 'harbor'),
      pairOf(one, 'harbor', other, 'lumen'),
      pairOf(one, 'harbor', other, 'harbor'),
    ];
    expect(await outcome(tokens.lumen, agreed)).toEqual({ status: 200, slug: 'lumen' });
    for (const conflict of conflicts) expect(await outcome(tokens.both, conflict)).toEqual(refusal);
    const body = { query: '{ __typename }' };
    for (const conflict of conflicts.slice(0, 2)) {
      expect((await send(null, { ...conflict, body })).body.errors?.[0].extensions.code).toBe(
        refusal.code,
      );
    }
    expect((await send(null, { ...agreed, body })).body.data).toEqual({ __typename: 'Query' });
  });
});

test('odd names are names of nobody, not errors of ours', async () => {
  for (const sent of [
    { path: '/graphql?tenant=%00' },
    { path: '/graphql?tenant=' },
    { path: '/graphql?tenant=lumen&tenant=harbor' },
    { path: "/t/'--/graphql" },
    { path: '/t/%6cumen/graphql' },
    { headers: { 'X-Tenant-ID': 'prd_01k0enmz00f8z9rpsf9sprm2rw' } },
    { headers: { 'X-Tenant-Slug': '' } },
    { headers: { 'X-Tenant-Slug': 'lumen, harbor' } },
    { headers: { Host: 'lumen.shops.example.com.evil.shops.example.com' } },
    { headers: { Host: 'a.lumen.shops.example.com' } },
  ]) {
    expect(await outcome(tokens.lumen, sent)).toEqual(refusal);
  }
  for (const Host of ['shops.example.com', 'api.shops.example.com', 'www.elsewhere.example']) {
    expect(await outcome(tokens.lumen, { headers: { Host } })).toMatchObject({ slug: 'lumen' });
  }
  expect((await send(tokens.lumen, { path: '/t/lumen/other' })).status).toBe(404);
});

test('signing in goes to the business that the request names, or nowhere', async () => {
  const body = {
    query:
      'mutation { signIn(input: {email: "admin@lumen.example", password: "demo-password"}) { membership { slug } userErrors { code } } }',
  };
  for (const name of names) {
    const answer = await send(null, { ...ways[name]?.('harbor'), body });
    expect(answer.body.data.signIn).toEqual({ membership: { slug: 'harbor' }, userErrors: [] });
  }
  for (const sent of [
    { path: '/t/nobody/graphql' },
    { headers: { 'X-Tenant-ID': idOf('none') } },
  ]) {
    expect((await send(null, { ...sent, body })).body.data.signIn).toEqual({
      ...{ membership: null, userErrors: [{ code: 'NOT_SIGNED_IN' }] },
    });
  }
  const stranger = { query: body.query.replace('admin@lumen', 'owner@lumen') };
  const answer = await send(null, { ...ways.subdomain?.('harbor'), body: stranger });
  expect(answer.body.data.signIn.userErrors).toEqual([{ code: 'NOT_SIGNED_IN' }]);
});

test('two tabs on two businesses, at the same time, each see their own', async () => {
  const harbor = await server.tokenOf('admin@lumen.example', 'harbor');
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, index) => {
      const slug = index % 2 ? 'harbor' : 'lumen';
      const way = ways[names[index % names.length] ?? '']?.(slug) ?? {};
      return outcome(index % 2 ? harbor : tokens.both, way);
    }),
  );
  expect(answers).toEqual(
    answers.map((_, index) => ({ status: 200, slug: index % 2 ? 'harbor' : 'lumen' })),
  );
});

test('naming one’s own business costs no round trip more', async () => {
  const flushesOf = (sent: Sent) => roundTripsOf(server.database, () => send(tokens.lumen, sent));
  for (const name of names)
    expect([name, await flushesOf(ways[name]?.('lumen') ?? {})]).toEqual([name, 1]);
});

test('what a client says of itself with forwarded headers is not heard', async () => {
  const Host = 'shops.example.com';
  const headers = { Host, 'X-Forwarded-Host': 'harbor.shops.example.com', Forwarded: 'host=x' };
  expect(await outcome(tokens.lumen, { headers })).toEqual({ status: 200, slug: 'lumen' });
});

test('a page of a custom domain is let in by CORS_ORIGINS alone', async () => {
  const { port } = new URL(server.url);
  const response = await fetch(`http://127.0.0.1:${port}/t/lumen/graphql`, {
    method: 'OPTIONS',
    headers: { Origin: 'https://lumen.custom.example', 'Access-Control-Request-Method': 'POST' },
  });
  expect(response.status).toBe(204);
  expect(response.headers.get('Access-Control-Allow-Origin')).toBeNull();
});
