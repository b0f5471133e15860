import {
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
  getOperationAST,
} from 'graphql';
import type { OperatorSession } from '../../auth/operatorSignIn.ts';
import { requireShortLists } from '../../graphql/armour/inputLimits.ts';
import { requireAffordable } from '../../graphql/cost/maximum.ts';
import { costOf } from '../../graphql/cost/operationCost.ts';
import { OperatorContext, type OperatorServices } from '../../graphql/operator/context.ts';
import { PublicError } from '../../lib/errors.ts';
import type { ExecuteOperation } from '../operationPlugin.ts';
import { needsSignIn, rootFieldNames } from '../publicFields.ts';

/**
 * Of one operation. Operators share three connections, and a field may read a hundred businesses with
 * what each of them counts: aliases ran that 200 times over.
 */
const mostFields = 5;

/**
 * Executes an operator's operation. A mutation has one field, because its transaction is that of the
 * one tenant which the field names: it is committed when the whole answer has no error, and rolled
 * back else, so that here too a response with `errors` changed nothing.
 */
export function operatorExecutor(
  services: OperatorServices,
  { maximumCost }: { readonly maximumCost: number },
): ExecuteOperation {
  return async (args, { operatorSession, facts, signal }) => {
    const session = (operatorSession ?? null) as OperatorSession | null;
    const operation = getOperationAST(args.document, args.operationName);
    if (!operation) return execute(args);
    if (session === null && needsSignIn(args.document, operation, args.schema)) {
      return refused('UNAUTHENTICATED', 'Sign in as an operator: mutation operatorSignIn.');
    }
    const isMutation = operation.operation === 'mutation';
    const fields = rootFieldNames(args.document, operation.selectionSet, new Set());
    if (isMutation && fields.length !== 1) {
      return refused('BAD_REQUEST', 'A mutation here has one field: send one operation for each.');
    }
    if (fields.length > mostFields) {
      return refused('BAD_REQUEST', `A query here has ${mostFields} fields at most.`);
    }
    try {
      requireShortLists(args.variableValues);
      requireAffordable(args, costOf(args), maximumCost);
    } catch (error) {
      return { errors: [toGraphQLError(error)] };
    }
    const context = new OperatorContext(services, { session, request: facts, signal });
    return run(args, context, isMutation);
  };
}

async function run(
  args: ExecutionArgs,
  context: OperatorContext,
  isMutation: boolean,
): Promise<ExecutionResult> {
  try {
    const result = await execute({ ...args, contextValue: context });
    if (result.errors === undefined || !isMutation) {
      await context.commit();
      return result;
    }
    await context.rollback();
    return { ...result, data: null };
  } catch (error) {
    await context.rollback();
    return { data: null, errors: [toGraphQLError(error)] };
  }
}

const refused = (code: 'UNAUTHENTICATED' | 'BAD_REQUEST', message: string): ExecutionResult => ({
  errors: [toGraphQLError(new PublicError(code, message))],
});

function toGraphQLError(error: unknown): GraphQLError {
  return new GraphQLError('', {
    originalError: error instanceof Error ? error : new Error(String(error)),
  });
}
