import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server?.close());

/** Ids differ from run to run, and what is counted of a request is not what the page is about. */
function plain(line: string): unknown {
  const { extensions: { cost: _cost, ...extensions } = {}, ...answer } = JSON.parse(
    line.replaceAll(/prd_\w{26}/g, 'prd_…').replaceAll(/"requestId":"[^"]*"/g, '"requestId":"…"'),
  );
  return Object.keys(extensions).length === 0 ? answer : { ...answer, extensions };
}

test('docs/retries.md: its commands answer as the page says', async () => {
  const page = await readFile(new URL('../../../docs/retries.md', import.meta.url), 'utf8');
  const blocks = (language: string) =>
    [...page.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map(
      ([, text = '']) => text,
    );
  const script = blocks('sh')
    .join('')
    .replace('$(cat .data/demo-api-key)', server.apiKey)
    .replaceAll('http://127.0.0.1:4000', server.url);
  const { stdout } = await promisify(execFile)('bash', ['-euc', script]);
  const said = blocks('json').join('').trim().split('\n');
  expect(said).toHaveLength(4);
  expect(stdout.trim().split('\n').map(plain)).toEqual(said.map(plain));
});
