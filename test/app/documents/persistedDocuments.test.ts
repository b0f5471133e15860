import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readManifest } from '../../../src/app/documents/manifest.ts';
import { loadPersistedDocuments } from '../../../src/app/documents/persistedDocuments.ts';
import { buildSchema } from '../../../src/app/schema.ts';
import { loadConfig } from '../../../src/config.ts';
import { runHere } from '../../cli/runHere.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

const page = 'query Page($size: Int = 2) { products(first: $size) { nodes { id } } }';
const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const pageId = hashOf(page);
const viewer = '{ viewer { id } }';

let folder: string;
let server: TestServer;
let token: string;
const manifestAt = (name: string) => path.join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tenantry-documents-'));
  await writeFile(
    manifestAt('manifest.json'),
    JSON.stringify({ [pageId]: page, viewer, [hashOf(signIn)]: signIn }),
  );
  server = await startTestServer({
    PERSISTED_DOCUMENTS: manifestAt('manifest.json'),
    PERSISTED_DOCUMENTS_ONLY: 'true',
  });
  token = (await post({ documentId: hashOf(signIn) }, null)).body.data.signIn.token;
});
afterAll(async () => {
  await server?.close();
  await rm(folder, { recursive: true });
});

const signIn =
  'mutation { signIn(input: { email: "owner@lumen.example", password: "demo-password" }) { token } }';

async function post(body: object, credential: string | null = token, accept = 'application/json') {
  const answer = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: accept,
      ...(credential === null ? {} : { Authorization: `Bearer ${credential}` }),
    },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: await answer.json() };
}

/** Yoga takes every request that has a parameter the lean path does not know, even one without a value. */
const ways = { lean: {}, 'through Yoga': { yoga: null } };

describe.each(Object.entries(ways))('%s', (_way, also) => {
  test('a document is executed by its id, however that is said', async () => {
    for (const asked of [
      { documentId: pageId },
      { documentId: `sha256:${pageId}` },
      { extensions: { persistedQuery: { version: 1, sha256Hash: pageId } } },
      // Where only known documents run, it is the id that counts.
      { documentId: pageId, query: '{ customers { nodes { id } } }' },
    ]) {
      const { body } = await post({ ...asked, ...also });
      expect(body.data.products.nodes, JSON.stringify(asked)).toHaveLength(2);
      const three = await post({ ...asked, ...also, variables: { size: 3 } });
      expect(three.body.data.products.nodes).toHaveLength(3);
    }
  });

  test('an unknown one, and one that is sent itself, are refused and not executed', async () => {
    const unknown = await post({ documentId: hashOf('x'), ...also });
    expect(unknown.body.errors).toMatchObject([
      { extensions: { code: 'PERSISTED_DOCUMENT_NOT_FOUND' } },
    ]);
    for (const query of [viewer, page, '{ __schema { types { name } } }', signIn]) {
      const { body } = await post({ query, ...also });
      expect(Object.keys(body)).toEqual(['errors']);
      expect(body.errors).toMatchObject([
        {
          message: 'This server executes only the documents of its manifest.',
          extensions: {
            code: 'PERSISTED_DOCUMENT_REQUIRED',
            fix: expect.stringContaining('GraphiQL'),
          },
        },
      ]);
    }
  });
});

test('the status is the caller’s fault, for those who read statuses', async () => {
  const accept = 'application/graphql-response+json';
  expect((await post({ query: viewer }, token, accept)).status).toBe(400);
  expect((await post({ documentId: 'nothing' }, token, accept)).status).toBe(400);
  expect((await post({ documentId: pageId }, token, accept)).status).toBe(200);
  expect((await post({ documentId: pageId }, null, accept)).status).toBe(401);
});

test('neither GET nor a form is a way around it', async () => {
  const headers = { Authorization: `Bearer ${token}` };
  const get = async (search: string) =>
    (await fetch(`${server.url}/graphql?${search}`, { headers })).json();
  expect((await get(`documentId=${pageId}`)).data.products.nodes).toHaveLength(2);
  expect((await get(`query=${encodeURIComponent(viewer)}`)).errors[0].extensions.code).toBe(
    'PERSISTED_DOCUMENT_REQUIRED',
  );
  const form = new FormData();
  form.set('operations', JSON.stringify({ query: viewer }));
  form.set('map', '{}');
  const sent = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { ...headers, 'GraphQL-Require-Preflight': '1' },
    body: form,
  });
  expect((await sent.json()).errors[0].extensions.code).toBe('PERSISTED_DOCUMENT_REQUIRED');
});

test('a manifest with a document that could not run stops the start and says which', async () => {
  const bad = {
    ok: viewer,
    gone: '{ viewer { nam } }',
    dear: '{ conversations(first: 100) { nodes { messages(first: 100) { nodes { id } } } } }',
  };
  await writeFile(manifestAt('bad.json'), JSON.stringify(bad));
  await expect(startTestServer({ PERSISTED_DOCUMENTS: manifestAt('bad.json') })).rejects.toThrow(
    /^PERSISTED_DOCUMENTS .*bad\.json has documents that could not run:\n- gone: Cannot query field "nam".*\n- dear: It may cost 10205 points; the most is 5000\.$/,
  );
  await writeFile(manifestAt('none.json'), '[1]');
  const load = async (settings: Record<string, string>) =>
    loadPersistedDocuments(loadConfig(settings), buildSchema());
  await expect(load({ PERSISTED_DOCUMENTS: manifestAt('none.json') })).rejects.toThrow(
    'is expected to be {"<sha256>": "query …"}',
  );
  await expect(load({ PERSISTED_DOCUMENTS: manifestAt('gone.json') })).rejects.toThrow('ENOENT');
  await expect(load({ PERSISTED_DOCUMENTS_ONLY: 'true' })).rejects.toThrow(
    'PERSISTED_DOCUMENTS is expected beside PERSISTED_DOCUMENTS_ONLY',
  );
});

test('a manifest is read as Apollo writes it, too', () => {
  const apollo = {
    format: 'apollo-persisted-query-manifest',
    version: 1,
    operations: [{ id: pageId, name: 'Page', type: 'query', body: page }],
  };
  expect([...readManifest(JSON.stringify(apollo))]).toEqual([[pageId, page]]);
});

test('`tenantry documents` makes a manifest of a folder, each operation with its fragments', async () => {
  const files = manifestAt('operations');
  const out = manifestAt('made.json');
  await writeFile(
    `${files}.graphql`,
    'query One { viewer { ...Who } } query Two { viewer { id } }',
  );
  await writeFile(manifestAt('who.graphql'), 'fragment Who on Viewer { name }');
  const { code, stderr } = await runHere({}, 'documents', folder, '--out', out);
  expect({ code, stderr }).toEqual({ code: 0, stderr: 'Documents: 2; files: 2.\n' });
  const made = readManifest(await readFile(out, 'utf8'));
  expect([...made].every(([id, text]) => id === hashOf(text))).toBe(true);
  expect([...made.values()][0]).toBe(
    'query One {\n  viewer {\n    ...Who\n  }\n}\n\nfragment Who on Viewer {\n  name\n}',
  );
  await writeFile(manifestAt('wrong.graphql'), '{ viewer { nam } }');
  const refused = await runHere({}, 'documents', folder, '--out', out);
  expect(refused).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Cannot query field "nam"'),
  });
});

test('where it is an option only, documents are executed either way', async () => {
  const open = await startTestServer({ PERSISTED_DOCUMENTS: manifestAt('manifest.json') });
  try {
    const credential = await open.tokenOf('owner@lumen.example');
    expect((await open.ask(credential, viewer)).body.data.viewer).toBeDefined();
    const answer = await fetch(`${open.url}/graphql`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${credential}` },
      body: JSON.stringify({ documentId: pageId }),
    });
    expect((await answer.json()).data.products.nodes).toHaveLength(2);
  } finally {
    await open.close();
  }
});
