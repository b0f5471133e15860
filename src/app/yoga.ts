import type { GraphQLSchema } from 'graphql';
import { createYoga, type YogaServerInstance } from 'graphql-yoga';
import { armourPlugin } from './armourPlugin.ts';
import { createDocumentCache } from './documentCache.ts';
import type { PersistedDocuments } from './documents/persistedDocuments.ts';
import { persistedPlugin } from './documents/persistedPlugin.ts';
import { errorPlugin } from './errorPlugin.ts';
import { finishedResultPlugin } from './finishedResult.ts';
import type { Logger } from './logger.ts';
import { type ExecuteOperation, operationPlugin, type ServerContext } from './operationPlugin.ts';
import { uploadPlugin } from './uploadPlugin.ts';

export type GraphQLServer = YogaServerInstance<ServerContext, Record<string, unknown>>;

export interface GraphQLServerOptions {
  readonly schema: GraphQLSchema;
  readonly endpoint: '/graphql' | '/operator/graphql';
  readonly execute: ExecuteOperation;
  readonly logger: Logger;
  /** Absent: every document is sent by its client. */
  readonly documents?: PersistedDocuments;
}

export function createGraphQLServer(options: GraphQLServerOptions): GraphQLServer {
  return createYoga<ServerContext, Record<string, unknown>>({
    schema: options.schema,
    graphqlEndpoint: options.endpoint,
    // Its own page for GraphiQL, health and the landing page are ours: see http.ts.
    graphiql: false,
    landingPage: false,
    cors: false, // see cors.ts
    maskedErrors: false, // errorPlugin does it for every result, with the request id
    batching: false,
    extraParamNames: options.documents ? ['documentId'] : [],
    parserAndValidationCache: {
      documentCache: createDocumentCache(),
      errorCache: createDocumentCache(),
    },
    maxRequestBodySize: false, // http.ts has read every body, within its limit
    multipart: false,
    logging: false,
    plugins: [
      armourPlugin,
      uploadPlugin(),
      finishedResultPlugin,
      ...(options.documents ? [persistedPlugin(options.documents)] : []),
      operationPlugin(options.execute),
      errorPlugin(options.logger),
    ],
  });
}

/**
 * Asks by the whole of Yoga's way. Of one context Yoga makes another that has it as its prototype, and V8
 * keeps what was a prototype, with the request that hangs on it, until the next full collection. Several
 * are merged.
 */
export async function askYoga(
  graphql: GraphQLServer,
  request: Request,
  context: Partial<ServerContext>,
): Promise<Response> {
  return graphql.fetch(request, context, {});
}
