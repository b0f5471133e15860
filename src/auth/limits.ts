import type { TenantTransaction } from '../db/database.ts';
import type { Actor, Principal } from './principal.ts';

/** A limit as it stands: what all server processes have left of it together. */
export interface LimitReading {
  readonly limit: number;
  readonly remaining: number;
  readonly windowSeconds: number;
  /** ISO 8601. */
  readonly resetAt: string;
}

/** `null`: there is no such limit for this caller. */
export interface LimitReadings {
  readonly tenant: LimitReading | null;
  readonly apiKey: LimitReading | null;
  readonly requests: LimitReading | null;
  /** By coordinate, `Mutation.messageSend`. */
  readonly fields: ReadonlyMap<string, LimitReading>;
}

/** One unit of a meter, used through a root field. */
export interface UnitUse {
  /** One that is counted exactly: `PRODUCTS`. */
  readonly meter: 'PRODUCTS';
  /** The root field: `productCreate`. */
  readonly feature: string;
}

/** Units of meters that a server process has counted in advance, while a business does much of one kind. */
export interface QuotaLeases {
  /**
   * The lease that has a unit for the work of this transaction, whose audit event gets this id and must
   * name the lease; null: there is none, and the work counts itself in its transaction.
   */
  take(tx: TenantTransaction, actor: Actor, use: UnitUse, eventId: string): string | null;
}

/** Whose limit it is: the business's, or the API key's own part of it. */
export type LimitScope = 'TENANT' | 'API_KEY';

/** null: as much as there is. */
export function limitOf(
  { limits }: Principal,
  name: 'API_REQUESTS_PER_DAY' | 'COST_PER_MINUTE',
): number | null {
  return limits[name] ?? null;
}

/**
 * Half: whatever one integration does, people and the other integrations have the other half.
 */
const defaultShare = 0.5;

/** What an API key may spend of its business's budget; null: the caller is no key, or there is no budget. */
export function costLimitOfKey(principal: Principal): number | null {
  if (principal.kind !== 'API_KEY') return null;
  const whole = limitOf(principal, 'COST_PER_MINUTE');
  const own = principal.costPerMinute ?? (whole === null ? null : Math.floor(whole * defaultShare));
  return own === null || whole === null ? own : Math.min(own, whole);
}
