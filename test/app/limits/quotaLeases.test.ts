import { expect, onTestFinished, test, vi } from 'vitest';
import { createQuotaLeases } from '../../../src/app/limits/quotaLeases.ts';
import type { UnitUse } from '../../../src/auth/limits.ts';
import type { Database, TenantTransaction } from '../../../src/db/database.ts';
import { newId } from '../../../src/lib/ids.ts';
import { somebody } from '../../features/usage/support/meters.ts';

const use: UnitUse = { meter: 'PRODUCTS', feature: 'productCreate' };

/** Leases of a business whose database grants when it is told to. */
function openLeases() {
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
  return { leases, tenantId, granting, sent, take: () => leases.take(tx, somebody, use, newId()) };
}

test('units that were on their way when the limits changed are given back unused', async () => {
  const { leases, tenantId, granting, sent, take } = openLeases();
  for (let n = 0; n < 5; n += 1) expect(take()).toBeNull();
  expect(sent).toEqual([expect.stringContaining('lease_quota')]);
  leases.recall(tenantId);
  granting.resolve(64);
  await expect.poll(() => sent.at(-1)).toContain('close_lease');
  expect(take()).toBeNull();
  await leases.close();
});

test('a lease is of use though the clock was set back', async () => {
  onTestFinished(() => void vi.restoreAllMocks());
  const { leases, granting, take } = openLeases();
  newId();
  vi.spyOn(Date, 'now').mockReturnValue(Date.now() - 3_600_000);
  for (let n = 0; n < 5; n += 1) expect(take()).toBeNull();
  granting.resolve(64);
  await expect.poll(take).not.toBeNull();
  await leases.close();
});

test('a lease is of use to its own business, meter, feature and key alone', async () => {
  const { leases, tenantId, granting, take } = openLeases();
  for (let n = 0; n < 5; n += 1) take();
  granting.resolve(64);
  await expect.poll(take).not.toBeNull();
  const takeAs = (tenant: string, actor: typeof somebody, wanted: UnitUse) => {
    const tx = { tenantId: tenant, afterEnd: () => undefined } as unknown as TenantTransaction;
    return leases.take(tx, actor, wanted, newId());
  };
  expect(takeAs(tenantId, somebody, use)).not.toBeNull();
  expect(takeAs(newId(), somebody, use)).toBeNull();
  expect(takeAs(tenantId, { ...somebody, kind: 'API_KEY', id: newId() }, use)).toBeNull();
  expect(takeAs(tenantId, somebody, { ...use, feature: 'productsUpsert' })).toBeNull();
  expect(takeAs(tenantId, somebody, { ...use, meter: 'CUSTOMERS' as never })).toBeNull();
  await leases.close();
});
