import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
let token: string;
beforeAll(async () => {
  server = await startTestServer();
  token = await server.tokenOf('viewer@lumen.example');
});
afterAll(() => server?.close());

const question = `query ($document: String!, $variables: JSONObject, $name: String) {
  estimateCost(document: $document, variables: $variables, operationName: $name) {
    points maximum isWithinMaximum
    paths { path fieldCoordinate points sharePercent }
    advice { path from to points savedPercent message }
    problems { message line column }
  }
}`;

async function estimate(document: string, variables?: object, name?: string) {
  const { body } = await server.ask(token, question, { document, variables, name });
  expect(body.errors).toBeUndefined();
  return body.data.estimateCost;
}

const inbox = `query Inbox($size: Int = 100) {
  conversations(first: $size) { nodes { customer { name } messages(last: 30) { nodes { id } } } }
}`;

test('an operation is priced without being run, path by path, with what makes it cheaper', async () => {
  const { paths, ...rest } = await estimate(inbox);
  expect(rest).toMatchObject({
    points: 3_305,
    maximum: 5_000,
    isWithinMaximum: true,
    problems: [],
  });
  expect(paths).toEqual([
    {
      path: 'conversations.nodes.messages',
      fieldCoordinate: 'Conversation.messages',
      points: 3_100,
      sharePercent: 94,
    },
    {
      path: 'conversations',
      fieldCoordinate: 'Query.conversations',
      points: 105,
      sharePercent: 3,
    },
    {
      path: 'conversations.nodes.customer',
      fieldCoordinate: 'Conversation.customer',
      points: 100,
      sharePercent: 3,
    },
  ]);
  expect(rest.advice).toMatchObject({
    path: 'conversations',
    from: 100,
    to: 20,
    points: 665,
    message: 'Ask for 20 instead of 100 at conversations: it saves 80 %.',
  });
});

test('what would be refused is told what is enough; what is small, nothing', async () => {
  const dear = inbox.replace('last: 30', 'last: 90');
  const { points, isWithinMaximum, advice } = await estimate(dear);
  expect({ points, isWithinMaximum }).toEqual({ points: 9_305, isWithinMaximum: false });
  expect((await estimate(dear, { size: advice.to })).isWithinMaximum).toBe(true);
  expect((await estimate(dear, { size: advice.to + 1 })).isWithinMaximum).toBe(false);
  expect((await estimate('{ products { nodes { id } } }')).advice).toBeNull();
});

test('a change is priced and not made', async () => {
  const document =
    'mutation { customerUpsert(input: { phone: "+4915550008888" }) { customer { id } } }';
  expect((await estimate(document)).points).toBe(10);
  expect(
    await server.asAdmin("select phone from app.customers where phone = '+4915550008888'"),
  ).toEqual([]);
});

test('what is wrong with a document is said, and where', async () => {
  expect(await estimate('{ products { nodes { id }')).toMatchObject({
    points: null,
    isWithinMaximum: false,
    problems: [{ message: 'Syntax Error: Expected Name, found <EOF>.', line: 1, column: 26 }],
  });
  expect((await estimate('{ viewer { nam } }')).problems).toEqual([
    {
      message: 'Cannot query field "nam" on type "Viewer". Did you mean "name"?',
      line: 1,
      column: 12,
    },
  ]);
  const two = 'query A { viewer { id } } query B { products { nodes { id } } }';
  expect((await estimate(two)).problems[0].message).toContain('operationName');
  expect((await estimate(two, {}, 'B')).points).toBe(25);
});

test('the document that is priced has the limits of one that runs', async () => {
  const first = async (document: string) => (await estimate(document)).problems[0].message;
  expect(await first(`{ ${'a '.repeat(11_000)} }`)).toContain('tokens');
  expect(await first(`{ ${'x '.repeat(105_000)} }`)).toContain('characters');
  expect(await first(`{ ${'viewer { id } '.repeat(101)} }`)).toContain('root fields');
  expect(await first('{ ...A } fragment A on Query { ...A }')).toBe(
    'The fragment A spreads itself.',
  );
  expect(await first(`{${'a{'.repeat(600)}`)).toContain('nests deeper');
});

test('a price costs by the length of what is priced, and strangers get none', async () => {
  const long = `${inbox} # ${'x'.repeat(150_000)}`;
  const twice =
    'query ($d: String!) { a: estimateCost(document: $d) { points } b: estimateCost(document: $d) { points } }';
  const { body } = await server.ask(token, twice, { d: long });
  expect(body.errors[0].extensions).toMatchObject({ code: 'OPERATION_TOO_COSTLY', cost: 6_060 });
  expect((await server.ask(null, question, { document: '{ __typename }' })).status).toBe(401);
  expect(
    (await server.ask(server.apiKey, question, { document: inbox })).body.data.estimateCost.points,
  ).toBe(3_305);
});
