import type { TenantTransaction } from '../../db/database.ts';
import { addToCounter, addToLedger } from './usage.queries.ts';
import { noApiKey } from './useMeter.queries.ts';
import { noteUsageMarks } from './useMeter.ts';

/** Requests that were answered, of one business and day. */
export interface RequestBatch {
  /** When they were admitted, "2026-01-31". */
  readonly day: string;
  readonly amount: number;
  /** By root field and API key. */
  readonly uses: readonly RequestUse[];
  /** Of the day; null: there is none, or the day is over and nobody need be warned. */
  readonly limit: number | null;
}

export interface RequestUse {
  /** The first root field, `products`. */
  readonly feature: string;
  /** null: people. */
  readonly apiKeyId: string | null;
  readonly amount: number;
}

const meter = 'API_REQUESTS_PER_DAY';

/** Counts requests after their answers, in counter and ledger; warns where they reach a mark. */
export async function countRequests(
  tx: TenantTransaction,
  { day, amount, uses, limit }: RequestBatch,
): Promise<void> {
  // In one order, so that the batches of two servers do not wait for each other in a circle.
  const sorted = uses.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
  const [[counted]] = await Promise.all([
    addToCounter(tx, { meter, day, amount }),
    ...sorted.map((use) =>
      addToLedger(tx, {
        ...{ meter, day, feature: use.feature, amount: use.amount },
        apiKeyId: use.apiKeyId ?? noApiKey,
      }),
    ),
  ]);
  const after = counted?.used ?? 0;
  if (limit === null || after < (limit * 4) / 5) return;
  await noteUsageMarks(tx, { meter, before: after - amount, after, limit });
}

const keyOf = ({ feature, apiKeyId }: RequestUse): string => `${feature} ${apiKeyId}`;
