import { permissions } from '../../../../src/auth/permissions.ts';
import type { Actor } from '../../../../src/auth/principal.ts';
import type { TenantTransaction } from '../../../../src/db/database.ts';
import type { TestServer } from '../../../support/server.ts';

/** For what no public interface uses yet. */
export const somebody: Actor = {
  kind: 'SYSTEM',
  id: null,
  name: 'A test',
  memberId: null,
  permissions: new Set(permissions),
  requestId: 'test',
  ip: null,
  userAgent: null,
};

async function tenantIdOf(server: TestServer, slug: string): Promise<string> {
  const [row] = await server.asAdmin('select id from app.tenants where slug = $1', [slug]);
  return String(row?.id);
}

/** A transaction of a business, as the server opens them. */
export async function within<T>(
  server: TestServer,
  slug: string,
  work: (tx: TenantTransaction) => Promise<T>,
): Promise<T> {
  return server.database.withTenant(await tenantIdOf(server, slug), { mode: 'write' }, work);
}

/** Puts a business on a plan of its own with these limits; meters that are not named have none. */
export async function limit(
  server: TestServer,
  slug: string,
  limits: Record<string, number>,
): Promise<void> {
  await server.asAdmin(
    `with plan as (insert into app.plans (code, name, position, limits, features)
       values ('TEST ' || $1, 'Test', 9, $2, '{}')
       on conflict (code) do update set limits = excluded.limits returning code)
     update app.tenants set plan = plan.code from plan where slug = $1`,
    [slug, JSON.stringify(limits)],
  );
}

/** What a meter's counter and ledger say of the period that is now. */
export async function countsOf(
  server: TestServer,
  slug: string,
  meter: string,
): Promise<{ counted: number; ledger: number }> {
  const [row] = await server.asAdmin(
    `select (select coalesce(sum(s.used), 0)::int from app.usage_slots s
             where s.tenant_id = t.id and s.meter = $2 and s.period = app.meter_period($2))
            - (select coalesce(sum(l.amount - l.used), 0)::int from app.lease_use l
               where l.tenant_id = t.id and l.meter = $2 and l.period = app.meter_period($2)) as counted,
            (select coalesce(sum(d.used), 0)::int from app.usage_ledger d
             where d.tenant_id = t.id and d.meter = $2 and d.day >= app.meter_period($2)) as ledger
     from app.tenants t where slug = $1`,
    [slug, meter],
  );
  return row as { counted: number; ledger: number };
}
