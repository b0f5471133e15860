import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestFacts } from '../auth/principal.ts';
import { type ErrorCode, errorStatus } from '../lib/errors.ts';
import { expose } from './errors.ts';
import type { Logger } from './logger.ts';
import { acceptsGraphQLResponse } from './mediaTypes.ts';

/** What Yoga answered, on Node's response. */
export async function sendAnswer(response: ServerResponse, answer: Response): Promise<void> {
  answer.headers.forEach((value, name) => {
    response.setHeader(name, value);
  });
  response.statusCode = answer.status;
  response.end(Buffer.from(await answer.arrayBuffer()));
}

/** Answers what was refused before GraphQL had a say, in the shape that a GraphQL client reads. */
export function answerError(
  request: IncomingMessage,
  response: ServerResponse,
  facts: RequestFacts,
  error: unknown,
  logger: Logger,
): void {
  const { message, code, extensions, status, fault } = expose(error);
  if (fault !== null) logger.error({ requestId: facts.requestId, err: fault }, 'request failed');
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.statusCode = status ?? errorStatus[code as ErrorCode] ?? 500;
  if (response.statusCode === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  if (response.statusCode === 503) response.setHeader('Retry-After', '1');
  if (!request.complete) response.setHeader('Connection', 'close'); // the rest of the body is not read
  response.setHeader(
    'Content-Type',
    acceptsGraphQLResponse(request)
      ? 'application/graphql-response+json; charset=utf-8'
      : 'application/json; charset=utf-8',
  );
  response.end(
    JSON.stringify({
      errors: [{ message, extensions: { code, requestId: facts.requestId, ...extensions } }],
    }),
  );
}
