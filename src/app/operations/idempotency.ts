import { createHash } from 'node:crypto';
import type { ExecutionResult } from 'graphql';
import type { Principal } from '../../auth/principal.ts';
import type { TenantTransaction } from '../../db/database.ts';
import { StatementFailed } from '../../db/errors.ts';
import type { HangUp } from '../../db/hangUp.ts';
import { PublicError } from '../../lib/errors.ts';
import { claimKey, findKey, keepAnswer } from './idempotency.queries.ts';
import type { KeysUnderWay } from './keysUnderWay.ts';
import { type MutationRun, runMutation, toGraphQLError } from './runMutation.ts';

/** What a key stands for: who used it, with which rights, for what. */
interface Claim {
  readonly key: string;
  readonly caller: string;
  readonly rights: string;
  readonly input: string;
}

/** Of JSON. A day's answers are kept; whoever wants more of one asks for it afterwards. */
const longestAnswer = 1_000_000;

/**
 * Runs a mutation at most once for its key. The key's row is the first thing in the transaction of the
 * work and commits with it; a second caller waits in the unique index until then and gets the saved
 * answer, or, where the first was rolled back, does the work. So a key is used up by what changed
 * something and by nothing else: not by an error, not by an answer with nothing but `userErrors`.
 * Costs a call two statements for the key, two for the savepoint of a single field, and one round trip.
 *
 * Answers with errors: 422 IDEMPOTENCY_KEY_REUSED, 409 IDEMPOTENCY_KEY_IN_USE (draft-ietf-httpapi-
 * idempotency-key-header, 2.7).
 */
export async function runKeyed(
  mutation: MutationRun,
  principal: Principal,
  given: { readonly key: string; readonly input: string },
  { keys, signal, inTenantTurn }: Turns,
): Promise<ExecutionResult> {
  const claim = { ...given, caller: callerOf(principal), rights: rightsOf(principal) };
  const turn = `${principal.tenantId} ${given.key}`;
  try {
    const result = await keys.inTurn(turn, signal, () =>
      inTenantTurn(() => runClaimed(mutation, claim)),
    );
    return result ?? refused(mutation, inUse(null));
  } catch (error) {
    return refused(mutation, error);
  }
}

/**
 * What a keyed call waits for, in this order: who waits for a key holds no turn of the business, so that
 * doubles of one call leave the business its other operations.
 */
export interface Turns {
  readonly keys: KeysUnderWay;
  readonly signal: HangUp;
  inTenantTurn<T>(work: () => Promise<T>): Promise<T>;
}

async function runClaimed(mutation: MutationRun, claim: Claim): Promise<ExecutionResult> {
  const { context } = mutation;
  const { operation } = context;
  try {
    const known = await takeKey(operation.tx, claim);
    if (known !== null) {
      await operation.rollback();
      context.reply.setReplayed();
      return { data: JSON.parse(known), extensions: { idempotency: { replayed: true } } };
    }
  } catch (error) {
    await operation.rollback();
    return refused(mutation, error);
  }
  return runMutation(mutation, async (result) => {
    if (context.changes === 0) {
      await operation.rollback();
      return result;
    }
    const answer = JSON.stringify(result.data);
    if (answer.length > longestAnswer) throw tooLong();
    // Not awaited: it travels with COMMIT, which fails when it does.
    void keepAnswer(operation.tx, { key: claim.key, answer });
    await operation.commit();
    return result;
  });
}

/** Nothing was executed, so there is no `data`. */
function refused({ context }: MutationRun, error: unknown): ExecutionResult {
  if (error instanceof PublicError && error.code === 'IDEMPOTENCY_KEY_IN_USE') {
    context.reply.setRetryAfter(1);
  }
  return { errors: [toGraphQLError(error)] };
}

/** null: it is this transaction's; else what was answered. */
async function takeKey(tx: TenantTransaction, claim: Claim): Promise<string | null> {
  try {
    if ((await claimKey(tx, { ...claim })).length > 0) return null;
  } catch (error) {
    if (error instanceof StatementFailed && error.sqlState === lockNotAvailable) throw inUse(error);
    throw error;
  }
  const [known] = await findKey(tx, { key: claim.key });
  // Swept in between, so it had run out: the next try finds it new.
  if (known === undefined || known.answer === null) throw inUse(null);
  if (known.caller !== claim.caller) {
    throw reused('CALLER', 'Somebody else has used this idempotency key: take another.');
  }
  if (known.input !== claim.input) {
    throw reused(
      'INPUT',
      'This idempotency key was used for another call: take a new key for each change.',
    );
  }
  if (known.rights !== claim.rights) {
    throw reused(
      'RIGHTS',
      'What you may do has changed since this idempotency key was used: its change was made, and its answer is not shown again.',
    );
  }
  return known.answer;
}

/** After lock_timeout, 5 s. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const lockNotAvailable = '55P03';

const callerOf = (principal: Principal): string =>
  principal.kind === 'USER' ? `USER:${principal.userId}` : `API_KEY:${principal.apiKeyId}`;

/** A saved answer does not go through its fields' gates again; so whoever has other rights gets none. */
const rightsOf = ({ plan, features, permissions }: Principal): string =>
  createHash('sha256')
    .update([plan, ...features, ...[...permissions].sort()].join())
    .digest('hex');

const inUse = (cause: unknown): PublicError =>
  new PublicError(
    'IDEMPOTENCY_KEY_IN_USE',
    'The first call with this idempotency key is still under way: try again in a moment.',
    { cause },
  );

const reused = (reason: string, message: string): PublicError =>
  new PublicError('IDEMPOTENCY_KEY_REUSED', message, { extensions: { reason } });

const tooLong = (): PublicError =>
  new PublicError(
    'BAD_USER_INPUT',
    'The answer is too long to be kept for its idempotency key, and nothing was changed: ask for less of it.',
  );
