import { and, eq, sql } from 'drizzle-orm';
import type { TenantTransaction } from '../../db/database.ts';
import { prepare, tenant } from '../../db/query/prepare.ts';
import { tenantSettings } from '../../db/tables/tenantSettings.ts';
import { tenants } from '../../db/tables/tenants.ts';
import type { Settings } from './settingsShape.ts';

export const findSettings = prepare((db) =>
  db
    .select({ plan: tenants.plan, settings: tenantSettings })
    .from(tenants)
    .leftJoin(
      tenantSettings,
      and(eq(tenantSettings.tenantId, tenant), eq(tenantSettings.tenantId, tenants.id)),
    )
    .where(eq(tenants.id, tenant)),
);

/** Holds the settings until COMMIT; what is read after it is what stands. */
export const lockSettings = prepare((db) =>
  db
    .select({ version: tenantSettings.version })
    .from(tenantSettings)
    .where(eq(tenantSettings.tenantId, tenant))
    .for('update'),
);

/** Nothing happens where there are some. */
export const insertSettings = prepare((db) =>
  db
    .insert(tenantSettings)
    .values({
      tenantId: tenant,
      business: sql.placeholder('business'),
      ai: sql.placeholder('ai'),
      branding: sql.placeholder('branding'),
      custom: sql.placeholder('custom'),
    })
    .onConflictDoNothing(),
);

/** Nothing happens to another version than `version`. */
export async function updateSettings(
  tx: TenantTransaction,
  version: number,
  settings: Settings,
): Promise<typeof tenantSettings.$inferSelect | undefined> {
  const rows = await tx.db
    .update(tenantSettings)
    .set({
      business: { ...settings.business },
      ai: { ...settings.ai },
      branding: { ...settings.branding },
      custom: settings.custom,
      version: version + 1,
      updatedAt: sql`now()`,
    })
    .where(and(eq(tenantSettings.tenantId, tx.tenantId), eq(tenantSettings.version, version)))
    .returning();
  return rows[0];
}
