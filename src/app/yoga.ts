import type { GraphQLSchema } from 'graphql';
import { createYoga, type YogaServerInstance } from 'graphql-yoga';
import type { Principal } from '../auth/principal.ts';
import type { Services } from '../graphql/context.ts';
import { documentLimits } from './documentLimits.ts';
import { errorPlugin } from './errorPlugin.ts';
import type { Logger } from './logger.ts';
import { operationPlugin, type ServerContext } from './operationPlugin.ts';
import { uploadPlugin } from './uploadPlugin.ts';

export type GraphQLServer = YogaServerInstance<ServerContext, Record<string, unknown>>;

export interface GraphQLServerOptions {
  readonly schema: GraphQLSchema;
  readonly services: Services;
  readonly logger: Logger;
  /** Told of every operation that was executed for somebody. */
  readonly onAnswered: (principal: Principal) => void;
}

export function createGraphQLServer(options: GraphQLServerOptions): GraphQLServer {
  return createYoga<ServerContext, Record<string, unknown>>({
    schema: options.schema,
    graphqlEndpoint: '/graphql',
    // Its own page for GraphiQL, health and the landing page are ours: see http.ts.
    graphiql: false,
    landingPage: false,
    cors: false, // see cors.ts
    maskedErrors: false, // errorPlugin does it for every result, with the request id
    batching: false,
    maxRequestBodySize: false, // http.ts has read every body, within its limit
    multipart: false,
    logging: false,
    plugins: [
      documentLimits,
      uploadPlugin(),
      operationPlugin(options.services, options.onAnswered),
      errorPlugin(options.logger),
    ],
  });
}
