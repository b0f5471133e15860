import type { TenantTransaction } from '../../db/database.ts';

/** A meter whose counter is not what its ledger or its rows say. */
export interface Drift {
  readonly meter: string;
  /** The first day of the period that was looked at; 1970-01-01: it has none. */
  readonly period: string;
  readonly counted: number;
  readonly ledger: number;
  /** How many rows there are; null: the meter has none, and the ledger is the truth. */
  readonly stored: number | null;
}

/**
 * Compares the counters of the transaction's tenant with the ledger and the rows, in one snapshot a
 * meter; `fix` sets them to what they should be, exact beside work in progress. Answers what differed.
 */
export async function reconcileUsage(
  tx: TenantTransaction,
  { fix }: { fix: boolean },
): Promise<Drift[]> {
  const { rows } = await tx.query<Drift>(
    'select meter, period::text, counted, ledger, stored from app.reconcile_usage($1)',
    [fix],
  );
  return rows;
}
