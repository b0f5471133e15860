import type { TenantTransaction } from '../../db/database.ts';

export interface Leasing {
  readonly id: string;
  /** The last id of an audit event that may name it. */
  readonly lastEventId: string;
  readonly meter: string;
  readonly wanted: number;
  readonly feature: string;
  readonly apiKeyId: string;
  /** After which nothing that uses it can be under way, whatever happens to this process. */
  readonly seconds: number;
}

/** How many units were counted in advance; 0: there are none to be had so near to a mark. */
export async function leaseQuota(tx: TenantTransaction, asked: Leasing): Promise<number> {
  const { id, lastEventId, meter, wanted, feature, apiKeyId, seconds } = asked;
  const { rows } = await tx.query<{ granted: number }>(
    'select app.lease_quota($1, $2, $3, $4, $5, $6, $7) as granted',
    [id, lastEventId, meter, wanted, feature, apiKeyId, seconds],
    { name: 'quota_lease' },
  );
  return rows[0]?.granted ?? 0;
}

/** Nothing uses it any more: what was used is counted, and the rest is given back. */
export async function closeLease(tx: TenantTransaction, id: string): Promise<void> {
  await tx.query('select app.close_lease($1)', [id], { name: 'quota_close' });
}
