import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
let owner: string;

beforeAll(async () => {
  server = await startTestServer();
  owner = await server.tokenOf('owner@lumen.example');
});
afterAll(() => server.close());

const query = `mutation ($input: ProductImportInput!) { productImport(input: $input) {
  report { created updated unchanged failed } userErrors { field code message } } }`;
const operations = { query, variables: { input: { source: { file: null }, currency: 'EUR' } } };
const map = { 0: ['variables.input.source.file'] };
const preflight = { 'GraphQL-Require-Preflight': '1' };
const line = (reference: string) =>
  `{"externalReference":"${reference}","name":"Upload ${reference}","price":"1.00"}\n`;

function formOf(file: BlobPart | null, parts: object = {}, name = 'file.jsonl'): FormData {
  const form = new FormData();
  for (const [key, part] of Object.entries({ operations, map, ...parts })) {
    if (part !== null) form.set(key, typeof part === 'string' ? part : JSON.stringify(part));
  }
  if (file !== null) form.set('0', new Blob([file]), name);
  return form;
}

async function post(
  body: NonNullable<RequestInit['body']>,
  headers: object = preflight,
  credential = owner,
) {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${credential}`, ...headers },
    body,
    duplex: 'half',
  } as RequestInit);
  return {
    status: response.status,
    body: (await response.json()) as ReturnType<typeof JSON.parse>,
  };
}

const importing = async (file: BlobPart, parts?: object, name?: string) => {
  const { body } = await post(formOf(file, parts, name));
  if (body.errors) throw new Error(JSON.stringify(body.errors));
  return body.data.productImport;
};

test('a file in a multipart request is imported; again, it makes no doubles', async () => {
  expect((await importing(line('u1') + line('u2'))).report).toMatchObject({
    created: 2,
    failed: 0,
  });
  const csv = '\uFEFFHandle,Title,Variant Price\r\nu3,"Täble, ""big""",9.50\r\n';
  expect((await importing(csv, {}, 'catalogue.csv')).report).toMatchObject({ created: 1 });
  expect((await importing(line('u1'))).report).toMatchObject({ created: 0, unchanged: 1 });
  const { body } = await server.ask(
    owner,
    '{ products(first: 9, filter: { externalReference: { eq: "u3" } }) { nodes { name } } }',
  );
  expect(body.data.products.nodes).toEqual([{ name: 'Täble, "big"' }]);
});

test("an integrator's key may upload within its scopes, and a viewer may not", async () => {
  const { body } = await post(formOf(line('u1')), preflight, server.apiKey);
  expect(body.data.productImport.report).toMatchObject({ unchanged: 1 });
  const viewer = await server.tokenOf('viewer@lumen.example');
  const refused = await post(formOf(line('u9')), preflight, viewer);
  expect(refused.body).toMatchObject({
    data: null,
    errors: [{ extensions: { code: 'FORBIDDEN' } }],
  });
});

test('a form that a foreign page could send, or from nobody, is refused unread', async () => {
  expect((await post(formOf(line('u9')), {})).status).toBe(403);
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: preflight,
    body: formOf(line('u9')),
  });
  expect(response.status).toBe(401);
});

test('more than UPLOAD_MAX_BYTES is 413, announced or not; the operation keeps its own limit', async () => {
  const large = Buffer.alloc(25_000_001, 'x');
  const type = { ...preflight, 'Content-Type': 'multipart/form-data; boundary=x' };
  expect((await post(large, type)).status).toBe(413);
  const unannounced = Readable.toWeb(Readable.from([large])) as ReadableStream;
  expect((await post(unannounced, type)).status).toBe(413);
  const long = { ...operations, query: `${query} #${'x'.repeat(1_000_000)}` };
  expect((await post(formOf(line('u9'), { operations: long }))).status).toBe(413);
});

test('a form that is not as the specification has it is refused with what is wrong', async () => {
  const wrong = async (form: FormData, message: RegExp) => {
    const { status, body } = await post(form);
    const found = { status, message: body.errors[0].message, code: body.errors[0].extensions.code };
    expect(found).toEqual({
      status: 400,
      message: expect.stringMatching(message),
      code: 'BAD_REQUEST',
    });
  };
  const file = line('u9');
  const mapTo = (...paths: unknown[]) => formOf(file, { map: { 0: paths } });
  await wrong(mapTo('variables.input.sauce.file'), /"variables\.input\.sauce\.file".* no null/);
  await wrong(mapTo('variables.input.currency'), /no null/);
  await wrong(mapTo('query'), /no null/);
  await wrong(mapTo('variables.__proto__.file'), /no null/);
  await wrong(mapTo(), /\["variables/);
  await wrong(mapTo(7), /\["variables/);
  await wrong(formOf(null), /a file "0", which the form does not have/);
  await wrong(formOf(null, { 0: 'text' }), /a file "0", which the form does not have/);
  await wrong(formOf(file, { map: null }), /text field "map"/);
  await wrong(formOf(file, { map: '{' }), /"map" is not JSON/);
  await wrong(formOf(file, { operations: null }), /text field "operations"/);
  await wrong(formOf(file, { operations: [operations] }), /must be a JSON object/);
  await wrong(formOf(file, { operations: `${'['.repeat(65)}${']'.repeat(65)}` }), /64 levels/);
  const type = { ...preflight, 'Content-Type': 'multipart/form-data; boundary=x' };
  expect((await post('no form', type)).body.errors[0].message).toMatch(/not a multipart form/);
});

test('a file given in JSON, left null or beside the text is refused', async () => {
  const ask = async (source: object) =>
    (await server.ask(owner, query, { input: { source } })).body.errors[0].message;
  expect(await ask({ file: 'text' })).toMatch(/multipart request/);
  expect(await ask({ file: null })).toMatch(/null/);
  const both = { query, variables: { input: { source: { file: null, content: 'x' } } } };
  const { body } = await post(formOf(line('u9'), { operations: both }));
  expect(body.errors[0].message).toMatch(/[Ee]xactly one/);
});

test('a file that is no UTF-8 text is refused in words', async () => {
  const refusal = async (file: BlobPart) => (await importing(file)).userErrors;
  const utf16 = Buffer.from(`\uFEFF${line('u9')}`, 'utf16le');
  const field = ['input', 'source', 'file'];
  const code = 'IMPORT_FAILED';
  expect(await refusal(utf16)).toEqual([{ field, code, message: expect.stringMatching(/UTF-16/) }]);
  expect(await refusal(Buffer.from('PK\x03\x04…'))).toMatchObject([
    { field, message: expect.stringMatching(/Excel/) },
  ]);
  expect(await refusal('')).toMatchObject([{ field, code }]);
  expect(await refusal(line('u8').replace('1.00', '-1'))).toMatchObject([
    { field, message: expect.stringMatching(/^Line 1, price/) },
  ]);
});
