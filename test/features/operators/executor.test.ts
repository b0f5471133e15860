import { buildSchema, type GraphQLObjectType, parse } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ClientHangUp } from '../../../src/app/clientHangUp.ts';
import { operatorExecutor } from '../../../src/app/operator/executor.ts';
import { createOperatorRealm } from '../../../src/auth/operatorSignIn.ts';
import { operatorTokens } from '../../../src/auth/operatorToken.ts';
import { makeSigningKeys, readSigningKeys } from '../../../src/auth/signingKeys.ts';
import { suspendTenant } from '../../../src/features/tenants/tenantStatus.ts';
import type { OperatorContext } from '../../../src/graphql/operator/context.ts';
import { openTestOperators, type TestOperators } from '../../support/operators.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
let operators: TestOperators;
beforeAll(async () => {
  server = await startTestServer();
  operators = await openTestOperators(server);
});
afterAll(async () => {
  await operators?.close();
  await server?.close();
});

test('a change whose answer fails, although no statement did, is rolled back', async () => {
  const [lumen] = await server.asAdmin(`select id from app.tenants where slug = 'lumen'`);
  // A schema with what no field of ours does so far: an error behind a change.
  const schema = buildSchema(
    'type Query { a: Int } type Mutation { change: Out } type Out { fine: Int broken: Int }',
  );
  const field = (type: string, name: string) =>
    (schema.getType(type) as GraphQLObjectType).getFields()[name] ?? expect.fail(name);
  field('Mutation', 'change').resolve = (_parent, _args, context: OperatorContext) =>
    context.settle(String(lumen?.id), (tx) => suspendTenant(tx, context.actor, 'r'));
  field('Out', 'broken').resolve = () => {
    throw new Error('canary');
  };
  field('Out', 'fine').resolve = () => 1;
  const keys = await readSigningKeys(await makeSigningKeys());
  const { database } = operators;
  const realm = createOperatorRealm(database, operatorTokens(keys, 60));
  const execute = operatorExecutor(
    { database, serving: server.database, realm },
    { maximumCost: 5_000 },
  );
  const operator = {
    id: String(lumen?.id),
    email: 'e',
    name: 'n',
    disabledAt: null,
    createdAt: new Date(),
  };
  const none = () => expect.fail('an operator has no cookies');
  const reply = {
    requireCookies: none,
    readRefreshCookie: none,
    setRefreshCookie: none,
    setRetryAfter: none,
    setRateLimit: none,
    setReplayed: none,
  };
  const run = (query: string) =>
    execute(
      { schema, document: parse(query) },
      {
        principal: null,
        account: null,
        reply,
        renew: none,
        headers: {},
        operatorSession: { operator, sessionId: 's' },
        facts: { requestId: 'r', ip: null, userAgent: null },
        signal: new ClientHangUp(),
      },
    );
  const status = async () =>
    (await server.asAdmin(`select status from app.tenants where slug = 'lumen'`))[0]?.status;
  const failed = await run('mutation { change { fine broken } }');
  expect(failed.errors).toHaveLength(1);
  expect(failed.data).toBeNull();
  expect(await status()).toBe('ACTIVE');
  expect((await run('mutation { change { fine } }')).errors).toBeUndefined();
  expect(await status()).toBe('SUSPENDED');
});
