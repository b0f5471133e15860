import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpRoutes } from '../http.ts';
import { assetRoutes } from './assets.ts';
import { readExamples } from './examples.ts';
import { pageHtml } from './html.ts';
import { demoIdentities, type IdentityOptions, identityRoutes } from './identities.ts';
import { isLocalRequest } from './localRequest.ts';

export interface GraphiQL {
  /** Answers a browser that opens /graphql. */
  readonly page: NonNullable<HttpRoutes['graphiql']>;
  /** What the page is made of. */
  readonly routes: HttpRoutes['routes'];
}

/**
 * GraphiQL with the example operations as tabs and our own bar above it, from this server alone.
 * `identities` null: the page signs nobody in by itself, and the demo's routes do not exist.
 */
export function createGraphiQL(identities: IdentityOptions | null): GraphiQL {
  const page = (request: IncomingMessage, response: ServerResponse) =>
    answerPage(request, response, identities !== null && isLocalRequest(request));
  const toPage = (request: IncomingMessage, response: ServerResponse): void => {
    response.statusCode = 302;
    response.setHeader('Location', `/graphql${new URL(request.url ?? '/', 'http://local').search}`);
    response.end();
  };
  return {
    page,
    routes: new Map([
      ['GET /', toPage],
      ['GET /graphiql', toPage],
      ...assetRoutes(),
      ...(identities === null ? [] : identityRoutes(identities)),
    ]),
  };
}

async function answerPage(
  _request: IncomingMessage,
  response: ServerResponse,
  offersDemo: boolean,
): Promise<void> {
  const examples = await readExamples(); // anew for each page: whoever writes one sees it on reload
  const nonce = randomBytes(16).toString('base64url');
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.setHeader('Content-Security-Policy', policy(nonce));
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('Referrer-Policy', 'no-referrer'); // the address may hold a query
  response.setHeader('Vary', 'Accept');
  response.setHeader('X-Frame-Options', 'DENY');
  response.end(
    pageHtml(nonce, {
      identities: offersDemo ? demoIdentities : [],
      tabs: examples.map(({ query, variables }) => ({ query, variables: variables ?? '' })),
    }),
  );
}

/**
 * Scripts only by nonce, everything else from here; nothing can be sent to another host. Styles may
 * stand inline: the editor (Monaco) writes `<style>` elements while it runs and knows no nonce.
 */
function policy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    "worker-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
