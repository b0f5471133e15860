import { createLogger } from '../../src/app/logger.ts';
import { openOperators } from '../../src/app/openOperators.ts';
import { createOperator } from '../../src/auth/operators.ts';
import type { OperatorDatabase } from '../../src/db/operatorDatabase.ts';
import { operatorUrlFrom } from '../../src/db/setup/serverRole.ts';
import type { Answer } from './ask.ts';
import { postJson } from './post.ts';
import type { TestServer } from './server.ts';

export const operatorPassword = 'an operator’s password';

export interface TestOperators {
  readonly database: OperatorDatabase;
  /** A token of operator@tenantry.example. */
  readonly token: string;
  ask(credential: string | null, query: string, variables?: object): Promise<Answer>;
  close(): Promise<void>;
}

/** The operators' realm of a test server, with one operator who is signed in. */
export async function openTestOperators(server: TestServer): Promise<TestOperators> {
  const database = openOperators(
    operatorUrlFrom(server.environment.DATABASE_URL ?? ''),
    { pipeline: true, namedStatements: true },
    createLogger('silent'),
  );
  const email = 'operator@tenantry.example';
  await createOperator(database, { email, name: 'Olive', password: operatorPassword });
  const ask: TestOperators['ask'] = async (credential, query, variables) => {
    const { status, headers, text } = await postJson(
      `${server.url}/operator/graphql`,
      credential === null ? {} : { Authorization: `Bearer ${credential}` },
      JSON.stringify({ query, variables }),
    );
    return { status, headers, body: JSON.parse(text) };
  };
  const { body } = await ask(
    null,
    'mutation ($input: OperatorSignInInput!) { operatorSignIn(input: $input) { token userErrors { code } } }',
    { input: { email, password: operatorPassword } },
  );
  return { database, token: body.data.operatorSignIn.token, ask, close: () => database.close() };
}
