import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeManifest } from '../../../src/app/documents/manifest.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

let folder: string;
let server: TestServer;
let page: string;
beforeAll(async () => {
  page = await readFile('docs/limits.md', 'utf8');
  folder = await mkdtemp(path.join(tmpdir(), 'tenantry-limits-'));
  // What the page's own command makes, for the server is started before the page is followed.
  const [, document = ''] = /^echo '(.*)' > documents/m.exec(page) ?? [];
  const manifest = Object.fromEntries(makeManifest([document]));
  await writeFile(path.join(folder, 'known.json'), JSON.stringify(manifest));
  server = await startTestServer({ PERSISTED_DOCUMENTS: path.join(folder, 'known.json') });
});
afterAll(async () => {
  await server?.close();
  await rm(folder, { recursive: true });
});

/** Ids of requests differ, and what a request used of a budget is not what these are about. */
function plain(line: string): unknown {
  const { extensions: _said, ...answer } = JSON.parse(
    line.replaceAll(/"requestId":"[^"]*"/g, '"requestId":"…"'),
  );
  return answer;
}

test('docs/limits.md: its commands answer as the page says', async () => {
  const blocks = (language: string) =>
    [...page.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))]
      .map(([, text = '']) => text)
      .join('');
  const script = blocks('sh')
    .replace('$(cat .data/demo-api-key)', server.apiKey)
    .replaceAll('http://127.0.0.1:4000', server.url)
    .replaceAll('npx tenantry', `node ${path.resolve('src/cli/tenantry.js')}`);
  const { stdout } = await promisify(execFile)('bash', ['-euc', script], { cwd: folder });
  const said = blocks('json').trim().split('\n');
  expect(said.length).toBeGreaterThanOrEqual(6);
  expect(stdout.trim().split('\n').map(plain)).toEqual(said.map(plain));
  const made = JSON.parse(await readFile(path.join(folder, 'documents.json'), 'utf8'));
  expect(made).toEqual(JSON.parse(await readFile(path.join(folder, 'known.json'), 'utf8')));
});
