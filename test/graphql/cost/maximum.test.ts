import { getIntrospectionQuery, parse } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readExamples } from '../../../src/app/graphiql/examples.ts';
import { buildSchema } from '../../../src/app/schema.ts';
import { costOf } from '../../../src/graphql/cost/operationCost.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
let token: string;
beforeAll(async () => {
  server = await startTestServer();
  token = await server.tokenOf('owner@lumen.example');
});
afterAll(() => server?.close());

const refusalOf = async (query: string, variables: object = {}, credential = token) =>
  (await server.ask(credential, query, variables)).body.errors?.[0];

test('what may cost too much is refused before it runs, with where, how much and what to ask for', async () => {
  const query = `query ($size: Int!) { conversations(first: $size) { nodes {
    customer { name } messages(first: 100) { nodes { author { member { name } } } } } } }`;
  const refusal = await refusalOf(query, { size: 100 });
  expect(refusal).toMatchObject({
    message:
      'The operation may cost 20305 points, 10100 points of them at conversations.nodes.messages; the most is 5000.',
    extensions: {
      code: 'OPERATION_TOO_COSTLY',
      cost: 20_305,
      maximum: 5_000,
      fix: 'Ask for 24 instead of 100 at conversations: 4877 points.',
    },
  });
  // The advice is true, and it is the least change.
  expect(await refusalOf(query, { size: 24 })).toBeUndefined();
  expect(await refusalOf(query, { size: 25 })).toBeDefined();
});

test('a change that would cost too much changes nothing', async () => {
  const create = (name: string) =>
    `${name}: customerUpsert(input: { phone: "+4915550009001" }) { userErrors { code } }`;
  const p = Array.from({ length: 1_000 }, (_, n) => ({
    externalReference: `${n}`,
    name: 'x',
    price: { amount: '1', currencyCode: 'EUR' },
  }));
  const bulks = ['b1', 'b2', 'b3'].map(
    (name) => `${name}: productBulkUpsert(input: { products: $p }) { userErrors { code } }`,
  );
  const refusal = await refusalOf(
    `mutation ($p: [ProductUpsertInput!]!) { ${create('c1')} ${bulks.join(' ')} }`,
    { p },
  );
  expect(refusal.extensions).toMatchObject({
    code: 'OPERATION_TOO_COSTLY',
    path: 'b1',
    fix: 'Send it as several operations.',
  });
  expect(
    await server.asAdmin("select phone from app.customers where phone like '+4915550009%'"),
  ).toEqual([]);
});

test('every example costs less than a tenth of the most, and so does GraphiQL’s introspection', async () => {
  const schema = buildSchema();
  const dear = [
    ...(await readExamples()),
    { query: getIntrospectionQuery(), variables: undefined },
  ].map(({ query, variables }) => ({
    query,
    cost: costOf({
      schema,
      document: parse(query),
      variableValues: JSON.parse(variables ?? '{}'),
    }).requested,
  }));
  expect(dear.filter(({ cost }) => cost > 500)).toEqual([]);
});

test('what fields cost is told to programs, as the schema says it', async () => {
  const { body } = await server.ask(
    token,
    '{ fieldAccess(types: ["Query"]) { field points { complexity each sizedBy otherwise surcharges { argument complexity } } } }',
  );
  const products = body.data.fieldAccess.find(
    ({ field }: { field: string }) => field === 'products',
  );
  expect(products.points).toEqual({
    complexity: 5,
    each: 1,
    sizedBy: ['first', 'last'],
    otherwise: 20,
    surcharges: [{ argument: 'search', complexity: 50 }],
  });
});
