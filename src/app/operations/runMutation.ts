import { type ExecutionResult, GraphQLError } from 'graphql';
import { CommitInDoubt } from '../../db/errors.ts';
import type { OperationContext } from '../../graphql/context.ts';

/** A mutation that is ready to run: its context has its transaction. */
export interface MutationRun {
  readonly context: OperationContext;
  /** Executes its fields. */
  readonly run: () => ExecutionResult | Promise<ExecutionResult>;
}

/**
 * Runs a mutation and ends its transaction. Without an error in the result, `end` does: it commits or
 * rolls back, and says what is answered. With one, everything is rolled back and `data` is null, for a
 * GraphQL error is a value here, not a throw. Nothing is left of what throws, `end` included.
 */
export async function runMutation(
  { context, run }: MutationRun,
  end: (result: ExecutionResult) => Promise<ExecutionResult>,
): Promise<ExecutionResult> {
  try {
    const result = await run();
    if (result.errors === undefined || result.errors.length === 0) return await end(result);
    await context.operation.rollback();
    if (context.operation.hasCommitted) throw new CommitInDoubt(result.errors[0]);
    return 'data' in result ? { ...result, data: null } : result;
  } catch (error) {
    await context.operation.rollback();
    return { data: null, errors: [toGraphQLError(error)] };
  }
}

/** As an error of the whole operation. */
export function toGraphQLError(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return error;
  return new GraphQLError('', {
    originalError: error instanceof Error ? error : new Error(String(error)),
  });
}
