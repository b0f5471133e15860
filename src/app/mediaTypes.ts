import type { IncomingMessage } from 'node:http';
import { PublicError } from '../lib/errors.ts';

/** What the body is said to be, without its parameters: `application/json`. */
export function mediaType({ headers }: IncomingMessage): string {
  const type = headers['content-type'] ?? '';
  if (type === 'application/json') return type; // as nearly everyone has it
  return type.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

export function acceptsGraphQLResponse(request: IncomingMessage): boolean {
  return (request.headers.accept ?? '').includes('application/graphql-response+json');
}

const answerable =
  /(?:^|[,\s])(?:\*\/\*|application\/(?:\*|json|graphql-response\+json)|text\/event-stream|multipart\/mixed)\s*(?:[;,]|$)/i;

/** Before anything is executed: Yoga would refuse only the answer, with the change already made. */
export function requireAcceptable({ headers: { accept } }: IncomingMessage): void {
  if (accept === undefined || accept === 'application/json' || answerable.test(accept)) return;
  throw new PublicError(
    'NOT_ACCEPTABLE',
    'Answers are application/graphql-response+json or application/json: accept one of them.',
  );
}
