import type { QuotaLeases, UnitUse } from '../../auth/limits.ts';
import type { Actor } from '../../auth/principal.ts';
import type { TenantTransaction } from '../../db/database.ts';
import { newId } from '../../lib/ids.ts';
import { type AuditEntry, recordAudit } from '../audit/audit.ts';
import { useMeter } from './useMeter.ts';

export interface Counted {
  readonly done: Promise<unknown>;
  /** It may still be refused when Postgres has answered; else the work is whole with it. */
  readonly mayRefuse: boolean;
}

/**
 * Writes the audit event of a work and counts one unit for it, in the work's transaction: by the event
 * alone where units were leased, else as useMeter() does, which refuses with QUOTA_EXCEEDED. Start it
 * beside the work and before it. `leases` null: the work counts itself.
 */
export function recordCountedAudit(
  tx: TenantTransaction,
  actor: Actor,
  use: UnitUse,
  entry: AuditEntry,
  leases: QuotaLeases | null,
): Counted {
  const id = newId();
  const quotaLease = leases?.take(tx, actor, use, id) ?? null;
  const counted = quotaLease === null ? useMeter(tx, actor, { ...use, amount: 1 }) : null;
  if (counted === null) tx.note('usage', { meter: use.meter, amount: 1 });
  const recorded = recordAudit(tx, actor, entry, { id, quotaLease });
  return counted === null
    ? { done: recorded, mayRefuse: false }
    : { done: Promise.all([counted, recorded]), mayRefuse: true };
}
