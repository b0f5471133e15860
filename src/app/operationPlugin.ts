import {
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { AccountPrincipal, Principal, RequestFacts } from '../auth/principal.ts';
import type { HangUp } from '../db/hangUp.ts';
import { OperationContext, type Reply, type Services } from '../graphql/context.ts';
import { PublicError } from '../lib/errors.ts';
import { executeCompiled } from './compiledExecution.ts';
import type { Admission, Admit } from './limits/admission.ts';
import type { MultipartOperation } from './multipart.ts';
import { needsSignIn } from './publicFields.ts';

/** What the HTTP layer hands to Yoga with each request. */
export interface ServerContext extends Record<string, unknown> {
  readonly principal: Principal | null;
  /** Whoever asks with a token for no business; no tenant is set for them. */
  readonly account: AccountPrincipal | null;
  readonly facts: RequestFacts;
  /** The business that the request names without being signed in to it; null: there is none of the name. */
  readonly selected?: string | null | undefined;
  readonly reply: Reply;
  /** Fires when the client hangs up. */
  readonly signal: HangUp;
  /** The operation, where it came in a multipart form. */
  readonly uploaded?: MultipartOperation;
}

/** Executes one operation of a validated document for whoever asks. */
export type ExecuteOperation = (
  args: ExecutionArgs,
  context: ServerContext,
) => Promise<ExecutionResult>;

/**
 * One operation, one transaction of the asking tenant. A query answers as soon as its rows are there;
 * what it reads in one burst is one transaction. A mutation answers after COMMIT has; any error in its
 * result rolls everything back, for a GraphQL error is a value here, not a throw.
 */
export function operationExecutor(
  services: Services,
  admit: Admit,
  onAnswered: (principal: Principal) => void,
): ExecuteOperation {
  return async (args, { principal, account, facts, selected, signal, reply }) => {
    const operation = getOperationAST(args.document, args.operationName);
    const isNobody = principal === null && account === null;
    if (isNobody && operation && needsSignIn(args.document, operation, args.schema)) {
      return refused();
    }
    let admission: Admission | Promise<Admission>;
    try {
      admission = admit(args, principal, reply, signal);
      if (admission instanceof Promise) admission = await admission;
    } catch (error) {
      return { errors: [toGraphQLError(error)] };
    }
    const context = new OperationContext(services, {
      principal,
      account,
      request: facts,
      selectedTenantId: selected,
      reply,
      isOnlyField: operation != null && hasOneField(operation),
    });
    const run = () => executeCompiled({ ...args, contextValue: context });
    if (principal === null) return withExtensions(await run(), admission);
    let result: ExecutionResult;
    try {
      result =
        operation?.operation === 'mutation'
          ? await runMutation(services, principal, signal, context, run)
          : await runQuery(services, principal, signal, context, run);
    } catch (error) {
      admission.settle(null);
      throw error;
    }
    onAnswered(principal);
    return withExtensions(result, admission);
  };
}

function withExtensions(result: ExecutionResult, admission: Admission): ExecutionResult {
  const extensions = admission.settle(result);
  return extensions === null
    ? result
    : { ...result, extensions: { ...result.extensions, ...extensions } };
}

/** Yoga's way to the same. */
export function operationPlugin(execute: ExecuteOperation): Plugin<ServerContext> {
  return {
    onExecute({ args, setExecuteFn }) {
      setExecuteFn((given: ExecutionArgs) => execute(given, args.contextValue));
    },
  };
}

async function runQuery(
  { database }: Services,
  { tenantId }: Principal,
  signal: HangUp,
  context: OperationContext,
  run: () => Promise<ExecutionResult> | ExecutionResult,
): Promise<ExecutionResult> {
  context.begin(() => database.operation(tenantId, { mode: 'read', signal }));
  try {
    return await run();
  } finally {
    // Not awaited: the rows are there, and what is still under way nobody asked for.
    const { operation } = context;
    operation.commit().catch(() => operation.rollback());
  }
}

async function runMutation(
  { database }: Services,
  { tenantId }: Principal,
  signal: HangUp,
  context: OperationContext,
  run: () => Promise<ExecutionResult> | ExecutionResult,
): Promise<ExecutionResult> {
  context.begin(() => database.operation(tenantId, { mode: 'write', signal }));
  try {
    const result = await run();
    if (result.errors === undefined || result.errors.length === 0) {
      await context.operation.commit();
      return result;
    }
    await context.operation.rollback();
    return 'data' in result ? { ...result, data: null } : result;
  } catch (error) {
    await context.operation.rollback();
    return { data: null, errors: [toGraphQLError(error)] };
  }
}

/** Fragments may hold more; they count as many. */
function hasOneField({ selectionSet: { selections } }: OperationDefinitionNode): boolean {
  return selections.length === 1 && selections[0]?.kind === Kind.FIELD;
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
