import type { IncomingMessage } from 'node:http';
import { createOperatorRealm, type OperatorSession } from '../../auth/operatorSignIn.ts';
import { operatorTokens } from '../../auth/operatorToken.ts';
import type { SigningKeys } from '../../auth/signingKeys.ts';
import type { Database } from '../../db/database.ts';
import type { OperatorDatabase } from '../../db/operatorDatabase.ts';
import { PublicError } from '../../lib/errors.ts';
import { sendAnswer } from '../answers.ts';
import { ClientHangUp } from '../clientHangUp.ts';
import type { HttpRoutes } from '../http.ts';
import { bearerOf } from '../identify.ts';
import type { Logger } from '../logger.ts';
import { requireAcceptable } from '../mediaTypes.ts';
import { readJsonBody } from '../readJsonBody.ts';
import { askYoga, createGraphQLServer } from '../yoga.ts';
import { operatorExecutor } from './executor.ts';
import { startRollingUp } from './rollUp.ts';
import { buildOperatorSchema } from './schema.ts';

export interface OperatorEndpoint {
  readonly routes: HttpRoutes['routes'];
  close(): Promise<void>;
}

export interface OperatorEndpointOptions {
  readonly database: OperatorDatabase;
  readonly serving: Database;
  readonly keys: SigningKeys;
  readonly tokenSeconds: number;
  readonly requestMaxBytes: number;
  readonly maximumCost: number;
  readonly logger: Logger;
}

const path = '/operator/graphql';

/**
 * `POST /operator/graphql`: another realm, another schema and another database role than /graphql. No
 * CORS: no page of another origin has business here.
 */
export async function createOperatorEndpoint(
  options: OperatorEndpointOptions,
): Promise<OperatorEndpoint> {
  const { database, serving, logger, requestMaxBytes } = options;
  await database.requireOwnRole();
  const rollingUp = startRollingUp(database, logger);
  const realm = createOperatorRealm(database, operatorTokens(options.keys, options.tokenSeconds));
  const graphql = createGraphQLServer({
    schema: buildOperatorSchema(),
    endpoint: path,
    execute: operatorExecutor({ database, serving, realm }, options),
    logger,
  });

  async function identify(request: IncomingMessage): Promise<OperatorSession | null> {
    if (request.headers.authorization === undefined) return null;
    const credential = bearerOf(request);
    const session = credential === null ? null : await realm.authenticate(credential);
    if (session !== null) return session;
    throw new PublicError(
      'UNAUTHENTICATED',
      'This is no operator’s token, or it has run out or was revoked; sign in with operatorSignIn.',
    );
  }

  return {
    routes: new Map([
      [
        `POST ${path}`,
        async (request, response, facts) => {
          const signal = new ClientHangUp();
          response.once('close', () => {
            if (!response.writableFinished) signal.fire();
          });
          requireAcceptable(request);
          refuseRepeats(request);
          const operatorSession = await identify(request);
          const body = await readJsonBody(request, requestMaxBytes);
          const asked = new graphql.fetchAPI.Request(`http://localhost${path}`, {
            method: 'POST',
            headers: request.headers as Record<string, string>,
            body,
          });
          const context = { principal: null, operatorSession, facts, signal };
          await sendAnswer(response, await askYoga(graphql, asked, context));
        },
      ],
    ]),
    async close() {
      await rollingUp.close();
      await database.close();
    },
  };
}

/** Heard on /graphql alone. Not ignored here: whoever asks for a dry run means to change nothing. */
function refuseRepeats({ headers }: IncomingMessage): void {
  if (headers['dry-run'] === undefined && headers['idempotency-key'] === undefined) return;
  throw new PublicError(
    'BAD_REQUEST',
    'An operator’s operation has neither a dry run nor an idempotency key.',
  );
}
