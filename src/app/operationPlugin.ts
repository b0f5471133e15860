import { type ExecutionArgs, type ExecutionResult, GraphQLError, getOperationAST } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Principal, RequestFacts } from '../auth/principal.ts';
import { OperationContext, type Services } from '../graphql/context.ts';
import { PublicError } from '../lib/errors.ts';
import type { MultipartOperation } from './multipart.ts';
import { needsSignIn } from './publicFields.ts';

/** What the HTTP layer hands to Yoga with each request. */
export interface ServerContext extends Record<string, unknown> {
  readonly principal: Principal | null;
  readonly facts: RequestFacts;
  /** Fires when the client hangs up. */
  readonly signal: AbortSignal;
  /** The operation, where it came in a multipart form. */
  readonly uploaded?: MultipartOperation;
}

type Execute = (args: ExecutionArgs) => Promise<ExecutionResult> | ExecutionResult;

/**
 * One operation, one transaction of the asking tenant. A query answers as soon as its rows are there
 * and commits behind the answer. A mutation answers after COMMIT has; any error in its result rolls
 * everything back, for a GraphQL error is a value here, not a throw.
 */
export function operationPlugin(
  services: Services,
  onAnswered: (principal: Principal) => void,
): Plugin<ServerContext> {
  return {
    onExecute({ args, executeFn, setExecuteFn }) {
      const { principal, facts, signal } = args.contextValue;
      const execute = executeFn as Execute;
      setExecuteFn(async (given: ExecutionArgs) => {
        const operation = getOperationAST(given.document, given.operationName);
        if (
          principal === null &&
          operation &&
          needsSignIn(given.document, operation, given.schema)
        ) {
          return refused();
        }
        const context = new OperationContext(services, principal, facts);
        const run = () => execute({ ...given, contextValue: context });
        if (principal === null) return run();
        const result =
          operation?.operation === 'mutation'
            ? await runMutation(services, principal, signal, context, run)
            : await runQuery(services, principal, signal, context, run);
        onAnswered(principal);
        return result;
      });
    },
  };
}

async function runQuery(
  { database }: Services,
  { tenantId }: Principal,
  signal: AbortSignal,
  context: OperationContext,
  run: () => Promise<ExecutionResult> | ExecutionResult,
): Promise<ExecutionResult> {
  const operation = database.operation(tenantId, { mode: 'read', signal });
  context.begin(operation);
  try {
    return await run();
  } finally {
    // Not awaited: the rows are there, and nothing that a read-only COMMIT could say changes them.
    operation.commit().catch(() => operation.rollback());
  }
}

async function runMutation(
  { database }: Services,
  { tenantId }: Principal,
  signal: AbortSignal,
  context: OperationContext,
  run: () => Promise<ExecutionResult> | ExecutionResult,
): Promise<ExecutionResult> {
  const operation = database.operation(tenantId, { mode: 'write', signal });
  context.begin(operation);
  try {
    const result = await run();
    if (result.errors === undefined || result.errors.length === 0) {
      await operation.commit();
      return result;
    }
    await operation.rollback();
    return 'data' in result ? { ...result, data: null } : result;
  } catch (error) {
    await operation.rollback();
    return { data: null, errors: [toGraphQLError(error)] };
  }
}

function refused(): ExecutionResult {
  return {
    errors: [
      toGraphQLError(
        new PublicError(
          'UNAUTHENTICATED',
          'Sign in or send an API key: "Authorization: Bearer …".',
        ),
      ),
    ],
  };
}

function toGraphQLError(error: unknown): GraphQLError {
  return new GraphQLError('', {
    originalError: error instanceof Error ? error : new Error(String(error)),
  });
}
