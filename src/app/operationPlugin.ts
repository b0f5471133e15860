import type { IncomingHttpHeaders } from 'node:http';
import {
  type ExecutionArgs,
  type ExecutionResult,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { AccountPrincipal, Principal, RequestFacts } from '../auth/principal.ts';
import type { HangUp } from '../db/hangUp.ts';
import type { Place } from '../db/place.ts';
import { answeredByRule } from '../graphql/answeredByRule.ts';
import { OperationContext, type Services } from '../graphql/context.ts';
import type { Reply } from '../graphql/reply.ts';
import { PublicError } from '../lib/errors.ts';
import { requireShort } from './answerSize.ts';
import { executeCompiled } from './compiledExecution.ts';
import type { Admission, Admit } from './limits/admission.ts';
import { TenantTurns } from './limits/tenantTurns.ts';
import type { MultipartOperation } from './multipart.ts';
import { runRehearsed } from './operations/dryRun.ts';
import { type ExecutionMode, readMode } from './operations/executionMode.ts';
import { runKeyed, type Turns } from './operations/idempotency.ts';
import { hashInput } from './operations/inputHash.ts';
import { trackKeys } from './operations/keysUnderWay.ts';
import { runMutation, toGraphQLError } from './operations/runMutation.ts';
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
  /** Who asks as of now; rejects where the credential is not good any more. */
  readonly renew: () => Promise<Pick<ServerContext, 'principal' | 'account'>>;
  readonly headers: IncomingHttpHeaders;
  /** Fires when the client hangs up. */
  readonly signal: HangUp;
  /** The operation, where it came in a multipart form. */
  readonly uploaded?: MultipartOperation;
}

/** Of one business, beside those that run: the rest of a flood is told to come back. */
const mostWaiting = 500;

/** Executes one operation of a validated document for whoever asks. */
export type ExecuteOperation = (
  args: ExecutionArgs,
  context: ServerContext,
) => Promise<ExecutionResult>;

/**
 * One operation, one transaction of the asking tenant. A query answers as soon as its rows are there;
 * what it reads in one burst is one transaction. A mutation answers after COMMIT has, or is run in one
 * of the ways of src/app/operations.
 */
export function operationExecutor(
  services: Services,
  admit: Admit,
  onAnswered: (principal: Principal) => void,
): ExecuteOperation {
  const keys = trackKeys();
  const turns = new TenantTurns(services.mostAtOnce, mostWaiting);
  return async (args, server) => {
    const { principal, account, facts, selected, reply, renew } = server;
    const operation = getOperationAST(args.document, args.operationName);
    const isNobody = principal === null && account === null;
    if (isNobody && operation && needsSignIn(args.document, operation, args.schema)) {
      return refused();
    }
    let mode: ExecutionMode;
    let admission: Admission | Promise<Admission>;
    try {
      mode = readMode(args, operation, server.headers);
      admission = admit(args, principal, reply, server.signal);
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
      renew,
      isOnlyField: operation != null && hasOneField(operation),
    });
    const run = () =>
      requireShort(args.document, executeCompiled({ ...args, contextValue: context }));
    if (principal === null) return withExtensions(await run(), admission);
    const { tenantId } = principal;
    const { signal } = server;
    const isKeyed = mode.kind === 'keyed';
    const turn = isKeyed ? null : turns.enter(tenantId, signal);
    if (turn !== null) {
      try {
        await turn;
      } catch (error) {
        admission.cancel();
        return { errors: [toGraphQLError(error)] };
      }
    }
    const place = isKeyed ? undefined : turns.placeOf(tenantId, signal);
    const inTenantTurn = <T>(work: () => Promise<T>) => turns.run(tenantId, signal, work);
    let result: ExecutionResult;
    try {
      result =
        operation?.operation === 'mutation'
          ? await runIn(mode, {
              services,
              args,
              operation,
              principal,
              context,
              run,
              turns: { keys, signal, inTenantTurn },
              place,
            })
          : await runQuery(services, principal, signal, context, run);
    } catch (error) {
      admission.settle(null);
      throw error;
    } finally {
      place?.leave();
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
  run: () => ExecutionResult | Promise<ExecutionResult>,
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

interface Mutation {
  readonly services: Services;
  readonly turns: Turns;
  readonly place: Place | undefined;
  readonly args: ExecutionArgs;
  readonly operation: OperationDefinitionNode;
  readonly principal: Principal;
  readonly context: OperationContext;
  readonly run: () => ExecutionResult | Promise<ExecutionResult>;
}

function runIn(mode: ExecutionMode, mutation: Mutation): Promise<ExecutionResult> {
  const { services, turns, place, principal, context, args, operation } = mutation;
  const { signal } = turns;
  const { tenantId } = principal;
  const rehearsed = mode.kind === 'rehearsed';
  const mayComplete =
    mode.kind === 'plain' && answeredByRule(args.schema, args.document, operation);
  context.begin(
    () =>
      services.database.operation(tenantId, {
        mode: 'write',
        signal,
        rehearsed,
        place,
        mayComplete,
      }),
    { isPlain: mode.kind === 'plain' },
  );
  if (rehearsed) return runRehearsed(mutation);
  if (mode.kind === 'keyed') return runUnder(mode.key, mutation);
  return runMutation(mutation, async (result) => {
    await context.operation.commit();
    return result;
  });
}

async function runUnder(key: string, mutation: Mutation): Promise<ExecutionResult> {
  const { args, operation, principal, turns } = mutation;
  const input = await hashInput(args.document, operation, args.variableValues);
  return runKeyed(mutation, principal, { key, input }, turns);
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
