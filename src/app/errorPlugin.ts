import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { expose } from './errors.ts';
import type { Logger } from './logger.ts';
import type { ServerContext } from './operationPlugin.ts';

const suggestion = / Did you mean [^?]*\?/g;

/**
 * The last hand on every result: errors become what may be shown, with code and request id; what is
 * our fault is logged with the same id. Callers who are not signed in get no suggestions, which would
 * spell out the schema to them.
 */
export function errorPlugin(logger: Logger): Plugin<ServerContext> {
  return {
    onExecutionResult({ result, context, setResult }) {
      if (result === undefined || Symbol.asyncIterator in result || !result.errors?.length) return;
      const { facts, principal } = context as unknown as ServerContext;
      const errors = result.errors.map((error) => {
        const exposed = expose(error);
        if (exposed.fault !== null) {
          logger.error(
            { requestId: facts.requestId, tenantId: principal?.tenantId, err: exposed.fault },
            'operation failed',
          );
        }
        const message =
          principal === null ? exposed.message.replaceAll(suggestion, '') : exposed.message;
        return new GraphQLError(message, {
          nodes: error.nodes ?? null,
          source: error.source ?? null,
          positions: error.positions ?? null,
          path: error.path ?? null,
          extensions: {
            code: exposed.code,
            requestId: facts.requestId,
            ...exposed.extensions,
            ...httpOf(exposed.status),
          },
        });
      });
      setResult({ ...result, errors });
    },
  };
}

/** Yoga takes status and headers of the response from here and leaves them out of the body. */
function httpOf(status: number | null): {
  http?: { status: number; headers?: Record<string, string> };
} {
  if (status === null) return {};
  if (status === 401) return { http: { status, headers: { 'WWW-Authenticate': 'Bearer' } } };
  return status === 503
    ? { http: { status, headers: { 'Retry-After': '1' } } }
    : { http: { status } };
}
