import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { type ErrorHttp, type ExposedError, expose } from './errors.ts';
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
    // Not onExecutionResult: what Yoga refuses before there is an operation never comes by there.
    onResultProcess({ result, serverContext, setResult }) {
      if (Symbol.asyncIterator in result || !('errors' in result) || !result.errors?.length) return;
      const { facts, principal } = serverContext as unknown as ServerContext;
      const isExecuted = 'data' in result;
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
            ...httpOf(exposed, isExecuted),
          },
        });
      });
      setResult({ ...result, errors });
    },
  };
}

/** Yoga takes status and headers of the response from here and leaves them out of the body. */
function httpOf({ status, http }: ExposedError, isExecuted: boolean): { http?: ErrorHttp } {
  if (status === 401) return { http: { status, headers: { 'WWW-Authenticate': 'Bearer' } } };
  if (status === 503) return { http: { status, headers: { 'Retry-After': '1' } } };
  if (status !== null) return { http: { status } };
  if (http !== undefined) return { http };
  // Without "data" nothing was executed, such as with a variable of the wrong type.
  return isExecuted ? {} : { http: { status: 400, spec: true } };
}
