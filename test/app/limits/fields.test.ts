import { getGraphQLRateLimiter } from 'graphql-rate-limit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AtomicStore } from '../../../src/app/limits/atomicStore.ts';
import { askAt } from '../../support/ask.ts';
import { startTestServer, type TestServer, withServerBeside } from '../../support/server.ts';

// apiKeyCreate: 100 calls an hour for all of a business.

let server: TestServer;
let owner: string;
let stranger: string;
beforeAll(async () => {
  server = await startTestServer();
  owner = await server.tokenOf('owner@lumen.example');
  stranger = await server.tokenOf('owner@harbor.example');
  // One window for the whole file, whatever the time is.
  await server.asAdmin(`create or replace function app.clock() returns timestamptz language sql volatile
    as $$ select date_trunc('hour', now()) + interval '1 second' $$`);
});
afterAll(() => server?.close());

const keyCreate = (alias: string) =>
  `${alias}: apiKeyCreate(input: { name: "x", scopes: ["nothing:read"] }) { userErrors { code } }`;
const create = (calls: number) =>
  `mutation { ${Array.from({ length: calls }, (_, turn) => keyCreate(`a${turn}`)).join(' ')} }`;

const args = { calls: { length: 1 } };
const callOf = (context: object) =>
  ({ parent: null, args, context, info: { fieldName: 'f' } }) as never;

test('the library’s own store lets 100 of 100 calls at once through a limit of ten, ours ten', async () => {
  const ask = async (store: AtomicStore | undefined): Promise<number> => {
    const limiter = getGraphQLRateLimiter({
      identifyContext: () => 'somebody',
      ...(store === undefined ? {} : { store }),
    });
    const context = {};
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => limiter(callOf(context), { max: 10, window: '1m' })),
    );
    return answers.filter((answer) => answer === undefined).length;
  };
  expect(await ask(undefined)).toBe(100);
  let left = 10;
  const take = async (): Promise<boolean> => {
    left -= 1;
    return left >= 0;
  };
  expect(await ask(new AtomicStore(10, take))).toBe(10);
});

test('with a limit of 100, aliases at once on two servers: exactly 100 calls, and none of half an operation', async () => {
  await withServerBeside(server.environment, async (beside) => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, turn) =>
        askAt(turn % 3 === 0 ? beside : server.url, owner, create(4)),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(25);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.headers.get('retry-after')).toBe('3599');
    expect(refused?.body.errors[0]).toMatchObject({
      extensions: {
        code: 'RATE_LIMITED',
        reason: 'QUOTA',
        scope: 'TENANT',
        limit: 100,
        requested: 4,
      },
    });
    expect(refused?.body.data).toBeUndefined();
  });
  // Another business has its own, and other fields theirs.
  expect((await server.ask(stranger, create(1))).status).toBe(200);
  expect((await server.ask(owner, '{ tenant { name } }')).status).toBe(200);
});

test('fragments, @skip and @include are counted as they are called, and the query says what is left', async () => {
  const left = async () => {
    const query = '{ rateLimit { fields { field per budget { limit remaining windowSeconds } } } }';
    const { body } = await server.ask(stranger, query);
    return body.data.rateLimit.fields.find(
      ({ field }: { field: string }) => field === 'Mutation.apiKeyCreate',
    );
  };
  const before = await left();
  expect(before).toMatchObject({ per: 'TENANT', budget: { limit: 100, windowSeconds: 3_600 } });
  const field = 'apiKeyCreate(input: { name: "x", scopes: ["no"] })';
  const query = `mutation ($yes: Boolean!) {
      ...F ...F b: ${field} @skip(if: $yes) { userErrors { code } }
    }
    fragment F on Mutation { a: ${field} @include(if: $yes) { userErrors { code } } }`;
  expect((await server.ask(stranger, query, { yes: true })).body.errors).toBeUndefined();
  expect((await left()).budget.remaining).toBe(before.budget.remaining - 1);
});
