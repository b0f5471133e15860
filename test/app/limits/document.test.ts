import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askAt } from '../../support/ask.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
let section: string;
beforeAll(async () => {
  server = await startTestServer();
  const page = await readFile(new URL('../../../docs/limits.md', import.meta.url), 'utf8');
  section = page.slice(page.indexOf('## Budgets, rates and requests of the day'));
});
afterAll(() => server?.close());

test('what the page asks is answered as the page says', async () => {
  const bodies = [...section.matchAll(/^ask .*-d '(.*)'$/gm)].map(([, body = '']) =>
    JSON.parse(body),
  );
  expect(bodies).toHaveLength(2);
  const [page, query] = bodies;
  const { headers, cost, body } = await askAt(server.url, server.apiKey, page.query);
  expect(body.errors).toBeUndefined();
  expect(section).toContain(`RateLimit-Policy: ${headers.get('ratelimit-policy')}`);
  const shown = /"cost":(\{.*?"budget":\{"limit":\d+)/.exec(section)?.[1];
  expect(JSON.stringify(cost)).toContain(String(shown));
  expect((await askAt(server.url, server.apiKey, query.query)).body.errors).toBeUndefined();
});

test('the plans of the page are those of the server', async () => {
  const rows = [...section.matchAll(/^\| `(\w+)` \| ([\d ]+) \| ([\d ]+) \|$/gm)];
  expect(rows.map(([, plan]) => plan)).toEqual(['BASIC', 'PREMIUM', 'ENTERPRISE']);
  const number = (text = '') => Number(text.replaceAll(' ', ''));
  for (const [, plan, cost, requests] of rows) {
    await server.asAdmin(`update app.tenants set plan = $1 where slug = 'lumen'`, [plan]);
    await expect
      .poll(async () => {
        const { headers } = await askAt(server.url, server.apiKey, '{ __typename }');
        return headers.get('ratelimit-policy');
      })
      .toContain(`"cost";q=${number(cost)};w=60, "requests";q=${number(requests)};w=86400`);
  }
});
