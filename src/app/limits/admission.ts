import type { ExecutionResult } from 'graphql';
import type { Principal } from '../../auth/principal.ts';
import { requireShortLists } from '../../graphql/armour/inputLimits.ts';
import type { Reply } from '../../graphql/context.ts';
import { requireAffordable } from '../../graphql/cost/maximum.ts';
import { type AskedOperation, costOf } from '../../graphql/cost/operationCost.ts';

/** An operation that may run. */
export interface Admission {
  /** Gives back what the operation did not use; what its answer says in `extensions`, null: nothing. */
  settle(result: ExecutionResult): Readonly<Record<string, unknown>> | null;
}

/**
 * Decides before anything is executed, and before a connection is taken. Throws a PublicError for what
 * may not run. A promise only where memory cannot tell: the usual request waits for nothing.
 */
export type Admit = (
  asked: AskedOperation,
  principal: Principal | null,
  reply: Reply,
) => Admission | Promise<Admission>;

export function createAdmission({ maximumCost }: { readonly maximumCost: number }): Admit {
  return (asked) => {
    requireShortLists(asked.variableValues);
    requireAffordable(asked, costOf(asked), maximumCost);
    return { settle: () => null };
  };
}
