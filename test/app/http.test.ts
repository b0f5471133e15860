import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let open: TestServer;
let owner: string;

beforeAll(async () => {
  [server, open] = await Promise.all([
    startTestServer(),
    startTestServer({ CORS_ORIGINS: 'https://shop.example, https://admin.example' }),
  ]);
  owner = await server.tokenOf('owner@lumen.example');
});
afterAll(() => Promise.all([server?.close(), open?.close()]));

const send = (path: string, init: RequestInit & { headers?: Record<string, string> } = {}) =>
  fetch(`${server.url}${path}`, {
    ...init,
    headers: { Authorization: `Bearer ${owner}`, ...init.headers },
  });
const post = (body: unknown, headers: Record<string, string> = {}) =>
  send('/graphql', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const asQuery = (query: string, variables: object = {}) =>
  `/graphql?${new URLSearchParams({ query, variables: JSON.stringify(variables) })}`;
const codeOf = async (response: Response) => (await response.json()).errors[0].extensions.code;
const createProduct = (sku: string) =>
  `mutation Create { productCreate(input: { name: "A", sku: "${sku}", price: { amount: "1", currencyCode: "EUR" } }) { product { id } } }`;
const hasSku = async (sku: string) =>
  (await server.ask(owner, `{ productBy(reference: { sku: "${sku}" }) { id } }`)).body.data
    .productBy !== null;

describe('media types', () => {
  const standard = 'application/graphql-response+json';

  test.each([
    ['a syntax error', '{', 400, 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', '{ nothing }', 400, 'GRAPHQL_VALIDATION_FAILED'],
    ['a refused field', '{ product(id: "x") { id } }', 200, 'BAD_USER_INPUT'],
  ])(
    '%s: told by status in the standard type, by the body alone in JSON',
    async (_, query, status, code) => {
      const modern = await post({ query }, { Accept: standard });
      expect(modern.headers.get('Content-Type')).toBe(`${standard}; charset=utf-8`);
      expect([modern.status, await codeOf(modern)]).toEqual([status, code]);
      const old = await post({ query }, { Accept: 'application/json' });
      expect(old.headers.get('Content-Type')).toBe('application/json; charset=utf-8');
      expect([old.status, await codeOf(old)]).toEqual([200, code]);
    },
  );

  test('without a credential the status says so in either type', async () => {
    for (const Accept of [standard, 'application/json']) {
      const answer = await fetch(`${server.url}/graphql?query={viewer{name}}`, {
        headers: { Accept },
      });
      expect([answer.status, await codeOf(answer)]).toEqual([401, 'UNAUTHENTICATED']);
      expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer');
    }
  });

  test('a variable of the wrong type is a fault of the request, not of a field', async () => {
    const query = 'query ($first: Int) { products(first: $first) { totalCount } }';
    const answer = await post({ query, variables: { first: 'ten' } }, { Accept: standard });
    expect([answer.status, await codeOf(answer)]).toEqual([400, 'BAD_USER_INPUT']);
  });

  test('what cannot be answered is refused before it is executed', async () => {
    const answer = await post({ query: createProduct('HTTP-406') }, { Accept: 'text/csv' });
    expect([answer.status, await codeOf(answer)]).toEqual([406, 'NOT_ACCEPTABLE']);
    expect(await hasSku('HTTP-406')).toBe(false);
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/graphql', ''])(
    'a body of type "%s" is refused, for a foreign page can send it unasked',
    async (type) => {
      const answer = await post({ query: createProduct('HTTP-415') }, { 'Content-Type': type });
      expect([answer.status, await codeOf(answer)]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
      expect(await hasSku('HTTP-415')).toBe(false);
    },
  );

  test('a multipart form is answered, if no page can have sent it unasked', async () => {
    const ask = (headers: Record<string, string>) => {
      const body = new FormData();
      body.set('operations', JSON.stringify({ query: '{ __typename }' }));
      body.set('map', '{}');
      return send('/graphql', { method: 'POST', headers, body });
    };
    expect((await ask({})).status).toBe(403);
    const answer = await ask({ 'GraphQL-Require-Preflight': '1' });
    expect((await answer.json()).data).toEqual({ __typename: 'Query' });
  });

  test.each([
    ['text that is no JSON', '{"query":'],
    ['a batch', '[{"query":"{__typename}"}]'],
    ['no query', '{}'],
    ['an unknown parameter', '{"query":"{__typename}","mutation":"x"}'],
  ])('%s is a bad request with a request id', async (_, body) => {
    const answer = await post(body, { Accept: standard });
    const { errors } = await answer.json();
    expect(answer.status).toBe(400);
    expect(errors[0].extensions).toEqual({
      code: 'BAD_REQUEST',
      requestId: answer.headers.get('X-Request-Id'),
    });
  });
});

describe('methods', () => {
  test('GET answers a query with variables', async () => {
    const answer = await send(
      asQuery('query ($first: Int) { products(first: $first) { nodes { id } } }', { first: 3 }),
    );
    expect((await answer.json()).data.products.nodes).toHaveLength(3);
  });

  test('GET changes nothing', async () => {
    const answer = await send(asQuery(createProduct('HTTP-405')));
    expect([answer.status, answer.headers.get('Allow')]).toEqual([405, 'POST']);
    expect(await codeOf(answer)).toBe('METHOD_NOT_ALLOWED');
    expect(await hasSku('HTTP-405')).toBe(false);
  });

  test('HEAD says what GET would, without its body', async () => {
    const [head, get] = await Promise.all(
      ['HEAD', 'GET'].map((method) => send(asQuery('{ __typename }'), { method })),
    );
    expect(head?.status).toBe(200);
    expect(await head?.text()).toBe('');
    expect(head?.headers.get('Content-Length')).toBe(get?.headers.get('Content-Length'));
  });

  test('OPTIONS says what there is; others are refused with the same', async () => {
    const options = await send('/graphql', { method: 'OPTIONS' });
    expect([options.status, options.headers.get('Allow')]).toEqual([
      204,
      'GET, HEAD, POST, OPTIONS',
    ]);
    for (const method of ['PUT', 'DELETE', 'PATCH']) {
      const answer = await send('/graphql', { method });
      expect([answer.status, await codeOf(answer)]).toEqual([405, 'METHOD_NOT_ALLOWED']);
    }
    const posted = await send('/livez', { method: 'POST' });
    expect([posted.status, posted.headers.get('Allow')]).toEqual([405, 'GET, HEAD']);
  });

  test.each(['/graphql/', '/nothing', '/graphql/../etc'])(
    '%s: not found, in JSON, with the way to the API',
    async (path) => {
      const answer = await send(path);
      const { errors } = await answer.json();
      expect(answer.status).toBe(404);
      expect(errors[0].extensions.code).toBe('NOT_FOUND');
      expect(errors[0].message).toContain('/graphql');
    },
  );
});

describe('X-Request-Id', () => {
  test.each<[string, () => Promise<Response>]>([
    ['an answer', () => post({ query: '{ viewer { name } }' })],
    ['an answer with errors', () => post({ query: '{ product(id: "x") { id } }' })],
    ['a syntax error', () => post({ query: '{' })],
    ['no credential that is good', () => post({ query: '{ a }' }, { Authorization: 'Bearer x' })],
    ['no JSON', () => post('{}', { 'Content-Type': 'text/plain' })],
    ['nothing there', () => send('/nothing', { method: 'POST', body: '{}' })],
    ['what can only be read', () => send('/livez', { method: 'POST', body: '{}' })],
    ['a probe', () => send('/livez')],
    ['a preflight', () => send('/graphql', { method: 'OPTIONS' })],
    ['a query in the address', () => send(asQuery('{ viewer { name } }'))],
  ])('is in every answer, and that its type is not to be guessed: %s', async (_what, ask) => {
    const { headers } = await ask();
    expect(headers.get('X-Request-Id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
  });

  const idsOf = async (given?: string) => {
    const answer = await post({ query: '{' }, given === undefined ? {} : { 'X-Request-Id': given });
    const { errors } = await answer.json();
    return [answer.headers.get('X-Request-Id'), errors[0].extensions.requestId];
  };

  test('one that is given comes back, in the header and in each error', async () => {
    expect(await idsOf('checkout:2026-7f3a')).toEqual(['checkout:2026-7f3a', 'checkout:2026-7f3a']);
  });

  test.each([undefined, 'short', 'has spaces in it', '<script>alert(1)', 'x'.repeat(129)])(
    'for %s one is made',
    async (given) => {
      const [header, inError] = await idsOf(given);
      expect(header).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      expect(inError).toBe(header);
    },
  );
});

describe('other origins', () => {
  const ask = (at: TestServer, origin: string, headers: Record<string, string> = {}) =>
    fetch(`${at.url}/graphql?query={__typename}`, { headers: { Origin: origin, ...headers } });
  const preflight = (at: TestServer, origin: string) =>
    fetch(`${at.url}/graphql`, {
      method: 'OPTIONS',
      headers: {
        Origin: origin,
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'authorization,content-type',
      },
    });
  const allowed = ({ headers }: Response) => headers.get('Access-Control-Allow-Origin');

  test('none may read an answer, unless it is configured', async () => {
    expect(allowed(await ask(server, 'https://shop.example'))).toBeNull();
    expect(allowed(await preflight(server, 'https://shop.example'))).toBeNull();
  });

  test('a configured one may ask and read, refusals too, with its cookies', async () => {
    const asked = await preflight(open, 'https://shop.example');
    expect(allowed(asked)).toBe('https://shop.example');
    expect(asked.headers.get('Access-Control-Allow-Headers')).toBe('authorization,content-type');
    const refused = await ask(open, 'https://admin.example', { Authorization: 'Bearer tnt_no' });
    expect([refused.status, allowed(refused)]).toEqual([401, 'https://admin.example']);
    for (const { headers } of [asked, refused]) {
      expect(headers.get('Access-Control-Allow-Credentials')).toBe('true');
      expect(headers.get('Vary')).toContain('Origin');
    }
  });

  test('any one may, where that is configured, and none with cookies', async () => {
    const any = await startTestServer({ CORS_ORIGINS: '*' });
    for (const response of [
      await preflight(any, 'https://shop.example'),
      await ask(any, 'https://shop.example'),
    ]) {
      expect(allowed(response)).toBe('https://shop.example');
      expect(response.headers.get('Access-Control-Allow-Credentials')).toBeNull();
    }
    await any.close();
  });

  test.each(['https://shop.example.evil.example', 'http://shop.example', 'null'])(
    '%s is not one of them',
    async (origin) => {
      expect(allowed(await ask(open, origin))).toBeNull();
      expect(allowed(await preflight(open, origin))).toBeNull();
    },
  );
});
