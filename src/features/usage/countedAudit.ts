import type { QuotaLeases, UnitUse } from '../../auth/limits.ts';
import type { Actor } from '../../auth/principal.ts';
import type { TenantTransaction } from '../../db/database.ts';
import { newId } from '../../lib/ids.ts';
import { type AuditEntry, recordAudit } from '../audit/audit.ts';
import { useMeter } from './useMeter.ts';

/**
 * Writes the audit event of a work and counts one unit for it, in the work's transaction: by the event
 * alone where units were leased, else as useMeter() does, which refuses with QUOTA_EXCEEDED. Start it
 * beside the work and before it. `leases` null: the work counts itself.
 */
export async function recordCountedAudit(
  tx: TenantTransaction,
  actor: Actor,
  use: UnitUse,
  entry: AuditEntry,
  leases: QuotaLeases | null,
): Promise<void> {
  const id = newId();
  const quotaLease = leases?.take(tx, actor, use, id) ?? null;
  if (quotaLease === null) {
    const counted = useMeter(tx, actor, { ...use, amount: 1 });
    await Promise.all([counted, recordAudit(tx, actor, entry, { id, quotaLease })]);
  } else {
    tx.note('usage', { meter: use.meter, amount: 1 });
    await recordAudit(tx, actor, entry, { id, quotaLease });
  }
}
