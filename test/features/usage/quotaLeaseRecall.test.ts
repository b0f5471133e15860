import { expect, test } from 'vitest';
import { createQuotaLeases } from '../../../src/app/limits/quotaLeases.ts';
import type { UnitUse } from '../../../src/auth/limits.ts';
import type { Database, TenantTransaction } from '../../../src/db/database.ts';
import { newId } from '../../../src/lib/ids.ts';
import { somebody } from './support/meters.ts';

const use: UnitUse = { meter: 'PRODUCTS', feature: 'productCreate' };

test('units that were on their way when the limits changed are given back unused', async () => {
  const tenantId = newId();
  const granting = Promise.withResolvers<number>();
  const sent: string[] = [];
  const query = async (text: string) => {
    sent.push(text);
    return { rows: [{ granted: await granting.promise }], rowCount: 1 };
  };
  const tx = { tenantId, query, afterEnd: () => undefined } as unknown as TenantTransaction;
  const withTenant = (_id: string, _options: object, work: (tx: TenantTransaction) => unknown) =>
    work(tx);
  const leases = createQuotaLeases({ withTenant } as unknown as Database, (error) => {
    throw error;
  });
  const take = () => leases.take(tx, somebody, use, newId());

  for (let n = 0; n < 5; n += 1) expect(take()).toBeNull();
  expect(sent).toEqual([expect.stringContaining('lease_quota')]);
  leases.recall(tenantId);
  granting.resolve(64);
  await expect.poll(() => sent.at(-1)).toContain('close_lease');
  expect(take()).toBeNull();
  await leases.close();
});
