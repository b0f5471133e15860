import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Authenticator } from '../auth/authenticate.ts';
import type { RequestFacts } from '../auth/principal.ts';
import { PublicError } from '../lib/errors.ts';
import { answerError, sendAnswer } from './answers.ts';
import { ClientHangUp } from './clientHangUp.ts';
import { allowOrigin, answerOptions } from './cors.ts';
import type { Client, ReadClient } from './forwarded.ts';
import { identify } from './identify.ts';
import { type AnswerLean, isLean, type LeanAnswer } from './leanPath.ts';
import type { Logger } from './logger.ts';
import { mediaType, requireAcceptable } from './mediaTypes.ts';
import { readMultipart } from './multipart.ts';
import type { ServerContext } from './operationPlugin.ts';
import { readBody } from './readBody.ts';
import { readJson, readJsonBody } from './readJsonBody.ts';
import { HttpReply } from './reply.ts';
import { factsOf } from './requestFacts.ts';
import {
  enterTenant,
  readSelectors,
  type Selector,
  slugOfPath,
  type TenantRoutes,
  whoAsks,
} from './tenantSelection.ts';
import { turnForDearWork } from './turnsOfTheLoop.ts';
import type { GraphQLServer } from './yoga.ts';

export interface HttpRoutes {
  /** Other paths: `GET /livez` … → what answers. */
  readonly routes: ReadonlyMap<
    string,
    (
      request: IncomingMessage,
      response: ServerResponse,
      facts: RequestFacts,
    ) => Promise<void> | void
  >;
  readonly graphql: GraphQLServer;
  /** Answers null for what goes through Yoga's own handling of HTTP. */
  readonly answerLean: AnswerLean;
  /** The page for a browser that opens /graphql; null: none is served. */
  readonly graphiql:
    | ((request: IncomingMessage, response: ServerResponse) => Promise<void> | void)
    | null;
  readonly authenticator: Authenticator;
  readonly readClient: ReadClient;
  readonly tenantRoutes: TenantRoutes;
  /** Its subdomains are businesses; null: hosts name none. */
  readonly baseDomain: string | null;
  readonly corsOrigins: readonly string[];
  /** Whether cookies are for https alone. */
  readonly secureCookies: boolean;
  readonly requestMaxBytes: number;
  readonly uploadMaxBytes: number;
  readonly logger: Logger;
}

/** The server as a list of steps: identify the request, route it, authenticate, read, execute, answer. */
export function createHttpHandler(options: HttpRoutes) {
  // What a request's line says holds no secret, and looking for one would be 7 % of a products page.
  const log = options.logger.child({}, { redact: [] });
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const started = performance.now();
    const client = options.readClient(request);
    const facts = factsOf(request, client);
    response.setHeader('X-Request-Id', facts.requestId);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.once('close', () => {
      log.info(
        {
          requestId: facts.requestId,
          method: request.method,
          path: pathOf(request),
          status: response.statusCode,
          ms: Math.round((performance.now() - started) * 10) / 10,
          complete: response.writableFinished,
        },
        'request',
      );
    });
    try {
      await route(options, request, response, facts, client);
    } catch (error) {
      answerError(request, response, facts, error, options.logger);
    }
  };
}

async function route(
  options: HttpRoutes,
  request: IncomingMessage,
  response: ServerResponse,
  facts: RequestFacts,
  client: Client,
): Promise<void> {
  const path = pathOf(request);
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const known = options.routes.get(`${method} ${path}`);
  if (known !== undefined) return known(request, response, facts);
  if (options.routes.has(`GET ${path}`)) {
    response.setHeader('Allow', 'GET, HEAD');
    throw new PublicError('METHOD_NOT_ALLOWED', 'This can only be read.');
  }
  if (method === 'GET' && options.routes.has(`POST ${path}`)) {
    response.setHeader('Allow', 'POST');
    throw new PublicError('METHOD_NOT_ALLOWED', 'This can only be posted to.');
  }
  const slug = slugOfPath(path);
  if (path !== '/graphql' && slug === null) {
    throw new PublicError('NOT_FOUND', 'There is nothing here; the API is at /graphql.');
  }
  allowOrigin(request, response, options.corsOrigins);
  if (request.method === 'OPTIONS') return answerOptions(request, response);
  if (options.graphiql !== null && slug === null && wantsPage(request)) {
    return options.graphiql(request, response);
  }
  const selectors = readSelectors(request, slug, client.host, options.baseDomain);
  if (slug !== null) request.url = `/graphql${(request.url ?? '').slice(path.length)}`;
  await serveGraphQL(options, request, response, facts, selectors);
}

async function serveGraphQL(
  options: HttpRoutes,
  request: IncomingMessage,
  response: ServerResponse,
  facts: RequestFacts,
  selectors: readonly Selector[],
): Promise<void> {
  const hangUp = new ClientHangUp();
  response.once('close', () => {
    if (!response.writableFinished) hangUp.fire();
  });
  requireAcceptable(request);
  const ask = async () => {
    const caller = await identify(options.authenticator, request);
    return selectors.length === 0 ? whoAsks(caller) : enterTenant(options, caller, selectors);
  };
  const asking = await ask();
  const reply = new HttpReply(request, response, options);
  const { headers } = request;
  const context = { ...asking, facts, reply, headers, signal: hangUp, renew: ask };
  const answer = await askGraphQL(options, request, context);
  if (isLean(answer)) {
    response.setHeader('Content-Type', answer.contentType);
    response.end(answer.body);
    return;
  }
  await sendAnswer(response, answer);
}

async function askGraphQL(
  options: HttpRoutes,
  request: IncomingMessage,
  context: ServerContext,
): Promise<Response | LeanAnswer> {
  const { graphql } = options;
  const ask = async (method: string, body: Buffer<ArrayBuffer> | null, given = context) => {
    await turnForDearWork();
    return graphql.fetch(
      new graphql.fetchAPI.Request(`http://localhost${request.url ?? '/graphql'}`, {
        method,
        headers: request.headers as Record<string, string>,
        body,
      }),
      given,
    );
  };
  if (request.method !== 'POST') {
    return ask(request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET'), null);
  }
  const type = mediaType(request);
  if (type === 'multipart/form-data') {
    requirePreflight(request);
    if (context.principal === null) {
      throw new PublicError('UNAUTHENTICATED', 'Sign in to send files.');
    }
    const form = await readBody(request, options.uploadMaxBytes);
    const uploaded = await readMultipart(form, request.headers['content-type'] ?? '', (text) =>
      readJson(text, options.requestMaxBytes),
    );
    return ask('POST', null, { ...context, uploaded });
  }
  const body = await readJsonBody(request, options.requestMaxBytes);
  return (await options.answerLean(request, body, context)) ?? ask('POST', body);
}

/**
 * A multipart form is what a foreign web page can send without the browser asking first. This header
 * makes it ask (graphql-multipart-request-spec, "Security").
 */
function requirePreflight(request: IncomingMessage): void {
  if (request.headers['graphql-require-preflight'] || request.headers['apollo-require-preflight'])
    return;
  throw new PublicError(
    'FORBIDDEN',
    'Send a multipart request with the header "GraphQL-Require-Preflight: 1".',
  );
}

function wantsPage(request: IncomingMessage): boolean {
  return request.method === 'GET' && (request.headers.accept ?? '').includes('text/html');
}

const pathOf = (request: IncomingMessage): string => (request.url ?? '/').split('?', 1)[0] ?? '/';
