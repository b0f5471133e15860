import { eq } from 'drizzle-orm';
import { prepare, tenant } from '../../db/prepare.ts';
import { tenants } from '../../db/tables/tenants.ts';

export type Tenant = typeof tenants.$inferSelect;

/** The tenant of the transaction: no other can be read. */
export const findOwnTenant = prepare((db) =>
  db.select().from(tenants).where(eq(tenants.id, tenant)),
);
