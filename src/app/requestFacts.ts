import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RequestFacts } from '../auth/principal.ts';
import type { Client } from './forwarded.ts';

const requestIdPattern = /^[\w.:-]{8,128}$/;

/** What is written down of a request. Its id is the caller's own, where that can be one. */
export function factsOf(request: IncomingMessage, { ip }: Client): RequestFacts {
  const given = request.headers['x-request-id'];
  return {
    requestId: typeof given === 'string' && requestIdPattern.test(given) ? given : randomUUID(),
    ip,
    userAgent: request.headers['user-agent']?.slice(0, 512) ?? null,
  };
}
