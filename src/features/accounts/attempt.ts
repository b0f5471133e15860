import { TooManyAttempts } from '../../auth/attempts.ts';
import type { OperationContext } from '../../graphql/context.ts';
import { type Issue, Refusal } from '../../lib/errors.ts';

/** What a step of an account came to. */
export interface Attempted<Value> {
  readonly value: Value | null;
  readonly userErrors: readonly Issue[];
  /** Set where too much was tried. */
  readonly retryAt: Date | null;
}

/**
 * Runs a step of an account. It is above businesses, so it has a transaction of its own and is not
 * undone with the rest of the operation; what it refuses changed nothing.
 */
export async function attempt<Value>(
  context: OperationContext,
  work: () => Promise<Value>,
): Promise<Attempted<Value>> {
  try {
    return { value: await work(), userErrors: [], retryAt: null };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (!(error instanceof TooManyAttempts)) {
      return { value: null, userErrors: error.issues, retryAt: null };
    }
    const { issues, retryAfterSeconds } = error;
    context.setRetryAfter(retryAfterSeconds);
    const retryAt = new Date(Date.now() + retryAfterSeconds * 1_000);
    return { value: null, userErrors: issues, retryAt };
  }
}
