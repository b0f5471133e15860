import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Authenticator } from '../auth/authenticate.ts';
import type { Caller, RequestFacts } from '../auth/principal.ts';
import { PublicError } from '../lib/errors.ts';
import { AnswerHead } from './answerHead.ts';
import { answerError, sendAnswer } from './answers.ts';
import { ClientHangUp } from './clientHangUp.ts';
import { allowOrigin, answerOptions } from './cors.ts';
import type { Client, ReadClient } from './forwarded.ts';
import { identify } from './identify.ts';
import { type AnswerLean, isLean, type LeanAnswer } from './leanPath.ts';
import { answerLog, type Logger } from './logger.ts';
import { mediaType, requireAcceptable } from './mediaTypes.ts';
import { readMultipart } from './multipart.ts';
import type { ServerContext } from './operationPlugin.ts';
import { readBody } from './readBody.ts';
import { readJson, readJsonBody } from './readJsonBody.ts';
import { HttpReply } from './reply.ts';
import { factsOf } from './requestFacts.ts';
import {
  enterTenant,
  type NamedAsking,
  readSelectors,
  type Selector,
  slugOfPath,
  type TenantRoutes,
  whoAsks,
} from './tenantSelection.ts';
import { turnForDearWork } from './turnsOfTheLoop.ts';
import { askYoga, type GraphQLServer } from './yoga.ts';

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
  const log = answerLog(options.logger);
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const started = performance.now();
    const client = options.readClient(request);
    const facts = factsOf(request, client);
    const head = new AnswerHead(response, [
      'X-Request-Id',
      facts.requestId,
      'X-Content-Type-Options',
      'nosniff',
    ]);
    const hangUp = new ClientHangUp();
    response.on('close', () => {
      if (!response.writableFinished) hangUp.fire();
      log({
        requestId: facts.requestId,
        method: request.method,
        path: pathOf(request),
        status: response.statusCode,
        tenths: Math.round((performance.now() - started) * 10),
        complete: response.writableFinished,
      });
    });
    try {
      await route(options, { request, response, head, facts, client, hangUp });
    } catch (error) {
      if (!response.headersSent) head.handOver();
      answerError(request, response, facts, error, options.logger);
    }
  };
}

/** One request, on its way through the steps. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly head: AnswerHead;
  readonly facts: RequestFacts;
  readonly client: Client;
  readonly hangUp: ClientHangUp;
}

function route(options: HttpRoutes, exchange: Exchange): Promise<void> | void {
  const { request, response, facts, client } = exchange;
  const path = pathOf(request);
  if (request.method !== 'POST') exchange.head.handOver();
  if (path !== '/graphql') {
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const known = options.routes.get(`${method} ${path}`);
    if (known !== undefined) {
      exchange.head.handOver();
      return known(request, response, facts);
    }
    if (options.routes.has(`GET ${path}`)) {
      response.setHeader('Allow', 'GET, HEAD');
      throw new PublicError('METHOD_NOT_ALLOWED', 'This can only be read.');
    }
    if (method === 'GET' && options.routes.has(`POST ${path}`)) {
      response.setHeader('Allow', 'POST');
      throw new PublicError('METHOD_NOT_ALLOWED', 'This can only be posted to.');
    }
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
  return serveGraphQL(options, exchange, selectors);
}

async function serveGraphQL(
  options: HttpRoutes,
  { request, response, head, facts, hangUp }: Exchange,
  selectors: readonly Selector[],
): Promise<void> {
  requireAcceptable(request);
  const whoIsAsking = (): NamedAsking | Promise<NamedAsking> => {
    const caller = identify(options.authenticator, request);
    return caller instanceof Promise || selectors.length > 0
      ? enter(options, caller, selectors)
      : whoAsks(caller);
  };
  // Nearly everyone is known, and names nothing: then nothing is waited for, and the body that came with
  // the headers is read as it comes.
  const known = whoIsAsking();
  const asking = known instanceof Promise ? await known : known;
  const reply = new HttpReply(request, head, options);
  const context: ServerContext = {
    principal: asking.principal,
    account: asking.account,
    selected: asking.selected,
    facts,
    reply,
    headers: request.headers,
    signal: hangUp,
    renew: async () => whoIsAsking(),
  };
  let answer: Response | LeanAnswer | null;
  if (request.method === 'POST' && mediaType(request) !== 'multipart/form-data') {
    const body = await readJsonBody(request, options.requestMaxBytes);
    answer = await options.answerLean(request, body, context);
    answer ??= await ask(options.graphql, request, context, body);
    if (isLean(answer)) return head.send(answer.contentType, answer.body);
  } else {
    answer = await askWithForm(options, request, context);
  }
  head.handOver();
  await sendAnswer(response, answer);
}

async function enter(
  options: HttpRoutes,
  caller: Caller | null | Promise<Caller | null>,
  selectors: readonly Selector[],
): Promise<NamedAsking> {
  const known = await caller;
  return selectors.length === 0 ? whoAsks(known) : enterTenant(options, known, selectors);
}

async function ask(
  graphql: GraphQLServer,
  request: IncomingMessage,
  context: ServerContext,
  body: Buffer<ArrayBuffer> | null,
): Promise<Response> {
  await turnForDearWork();
  return askYoga(
    graphql,
    new graphql.fetchAPI.Request(`http://localhost${request.url ?? '/graphql'}`, {
      method: request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET'),
      headers: request.headers as Record<string, string>,
      body,
    }),
    context,
  );
}

/** What is no JSON: something else than POST, or a multipart form. */
async function askWithForm(
  { graphql, uploadMaxBytes, requestMaxBytes }: HttpRoutes,
  request: IncomingMessage,
  context: ServerContext,
): Promise<Response> {
  if (request.method !== 'POST') return ask(graphql, request, context, null);
  requirePreflight(request);
  if (context.principal === null) {
    throw new PublicError('UNAUTHENTICATED', 'Sign in to send files.');
  }
  const form = await readBody(request, uploadMaxBytes);
  const uploaded = await readMultipart(form, request.headers['content-type'] ?? '', (text) =>
    readJson(text, requestMaxBytes),
  );
  return ask(graphql, request, { ...context, uploaded }, null);
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

function pathOf({ url = '/' }: IncomingMessage): string {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}
