import { costLimitOfKey, type LimitScope, limitOf } from '../../auth/limits.ts';
import type { Principal } from '../../auth/principal.ts';
import { type CreditPool, requestsBucket } from './creditPool.ts';
import type { HeldCredit } from './heldCredit.ts';
import type { TenantCredit } from './tenantCredit.ts';

export interface Budget {
  readonly scope: LimitScope;
  readonly held: HeldCredit;
}

/** What an operation of this caller is taken from. */
export interface CallerLimits {
  readonly credit: TenantCredit;
  /** The narrower one first; none: what the caller does is not limited by cost. */
  readonly budgets: readonly Budget[];
  readonly requests: HeldCredit;
  /** null: a plan without a limit. They are counted all the same. */
  readonly requestsLimit: number | null;
}

const costSeconds = 60;
const daySeconds = 86_400;

/** More than anybody sends in a day. */
const noLimit = 2 ** 48;

/** By caller, as long as their principal is cached: a second. */
export function callerLimits(pool: CreditPool): (principal: Principal) => CallerLimits {
  const known = new WeakMap<Principal, CallerLimits>();
  return (principal) => {
    let limits = known.get(principal);
    if (limits === undefined) {
      limits = readLimits(pool, principal);
      known.set(principal, limits);
    }
    return limits;
  };
}

function readLimits(pool: CreditPool, principal: Principal): CallerLimits {
  const credit = pool.tenant(principal.tenantId);
  const budgets: Budget[] = [];
  const add = (scope: LimitScope, name: string, limit: number | null): void => {
    if (limit === null) return;
    budgets.push({ scope, held: pool.held(credit, { name, limit, seconds: costSeconds }) });
  };
  if (principal.kind === 'API_KEY') {
    add('API_KEY', `cost ${principal.apiKeyId}`, costLimitOfKey(principal));
  }
  add('TENANT', 'cost', limitOf(principal, 'COST_PER_MINUTE'));
  const requestsLimit = limitOf(principal, 'API_REQUESTS_PER_DAY');
  const requests = { name: requestsBucket, limit: requestsLimit ?? noLimit, seconds: daySeconds };
  return { credit, budgets, requests: pool.held(credit, requests), requestsLimit };
}
