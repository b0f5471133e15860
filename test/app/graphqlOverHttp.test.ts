import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let token: string;

beforeAll(async () => {
  server = await startTestServer();
  token = await server.tokenOf('viewer@lumen.example');
});
afterAll(() => server?.close());

function signedIn(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set('Authorization', `Bearer ${token}`);
  return fetch(input, { ...init, headers });
}

// github.com/graphql/graphql-over-http, as its audit suite has it: MUST, SHOULD and MAY alike.
describe('GraphQL over HTTP', () => {
  const audits = serverAudits({ url: () => `${server.url}/graphql`, fetchFn: signedIn });

  test('is audited as a whole', () => {
    expect(audits.length).toBeGreaterThanOrEqual(61);
  });

  test.each(audits.map((audit) => [`${audit.id} ${audit.name}`, audit] as const))(
    '%s',
    async (_name, audit) => {
      const result = await audit.fn();
      if (result.status !== 'ok') {
        throw new Error(
          `${result.status}: ${result.reason} (answered ${result.response.status} ${await bodyOf(result.response)})`,
        );
      }
    },
  );
});

async function bodyOf(response: Response): Promise<string> {
  return response.bodyUsed ? '' : (await response.text()).slice(0, 500);
}
