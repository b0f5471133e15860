import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Lets pages of the listed origins read every answer on /graphql, refusals included (CORS protocol,
 * fetch.spec.whatwg.org). Cookies (the refresh token's, see reply.ts) only to and from the origins that
 * are named: with "*" every site could use them. Not Yoga's
 * `cors`: it never sees what is refused before GraphQL, so a page could not tell a 401 from a broken
 * network, and with several origins it allows "null", which is any sandboxed frame.
 */
export function allowOrigin(
  request: IncomingMessage,
  response: ServerResponse,
  origins: readonly string[],
): void {
  if (origins.length === 0) return;
  response.setHeader('Vary', 'Origin');
  const { origin } = request.headers;
  if (origin === undefined) return;
  if (!origins.includes(origin) && !origins.includes('*')) return;
  response.setHeader('Access-Control-Allow-Origin', origin);
  if (origins.includes(origin)) response.setHeader('Access-Control-Allow-Credentials', 'true');
  response.setHeader(
    'Access-Control-Expose-Headers',
    'X-Request-Id, Retry-After, Idempotency-Replayed',
  );
}

/** Answers OPTIONS: a browser's preflight, if its origin was allowed, and anybody else. */
export function answerOptions(request: IncomingMessage, response: ServerResponse): void {
  response.statusCode = 204;
  response.setHeader('Allow', 'GET, HEAD, POST, OPTIONS');
  if (response.hasHeader('Access-Control-Allow-Origin')) {
    response.setHeader('Access-Control-Allow-Methods', 'GET, POST');
    const asked = request.headers['access-control-request-headers'];
    if (asked !== undefined) response.setHeader('Access-Control-Allow-Headers', asked);
    response.setHeader('Access-Control-Max-Age', '600');
  }
  response.end();
}
