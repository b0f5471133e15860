import type { ServerResponse } from 'node:http';
import type { SigningKeys } from '../auth/signingKeys.ts';
import { isMigrated } from '../db/setup/migrate.ts';
import type { HttpRoutes } from './http.ts';
import type { Workplace } from './workplace.ts';

/** What orchestrators ask, and who checks our tokens: answered without a credential. */
export function probeRoutes(workplace: Workplace, keys: SigningKeys): HttpRoutes['routes'] {
  return new Map([
    ['GET /livez', (_request, response) => answerJson(response, 200, { status: 'ok' })],
    ['GET /readyz', (_request, response) => answerReadiness(workplace, response)],
    [
      'GET /.well-known/jwks.json',
      (_request, response) => answerJson(response, 200, keys.published),
    ],
  ]);
}

async function answerReadiness({ database }: Workplace, response: ServerResponse): Promise<void> {
  try {
    const migrated = await isMigrated(database);
    answerJson(response, migrated ? 200 : 503, {
      status: migrated ? 'ready' : 'not ready',
      database: 'ok',
      migrations: migrated ? 'ok' : 'another version',
    });
  } catch {
    answerJson(response, 503, { status: 'not ready', database: 'unreachable' });
  }
}

function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.end(JSON.stringify(body));
}
