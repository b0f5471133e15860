import type { Database } from '../db/database.ts';
import type { MemberRole } from '../db/tables/members.ts';
import type { RouteKind } from '../db/tables/tenantRoutes.ts';
import type { TenantStatus } from '../db/tables/tenants.ts';

// The SECURITY DEFINER functions of sql/functions/lookups.sql: what may be asked before a tenant is set.

export interface TenantSummary {
  id: string;
  slug: string;
  name: string;
  status: TenantStatus;
  plan: string;
}

export async function findTenant(
  database: Database,
  kind: RouteKind,
  key: string,
): Promise<TenantSummary | null> {
  const rows = await database.lookup<TenantSummary>(
    'select id, slug, name, status, plan from app.find_tenant($1, $2)',
    [kind, key],
  );
  return rows[0] ?? null;
}

export interface Credentials {
  user_id: string;
  name: string;
  password_hash: string | null;
}

export async function findCredentials(
  database: Database,
  email: string,
): Promise<Credentials | null> {
  const rows = await database.lookup<Credentials>(
    'select user_id, name, password_hash from app.find_credentials($1)',
    [email],
  );
  return rows[0] ?? null;
}

export interface Membership {
  tenant_id: string;
  slug: string;
  name: string;
  status: TenantStatus;
  plan: string;
  member_id: string;
  role: MemberRole;
}

/** Every business that a person belongs to, the oldest membership first. */
export function listMemberships(database: Database, userId: string): Promise<Membership[]> {
  return database.lookup<Membership>(
    'select tenant_id, slug, name, status, plan, member_id, role from app.list_memberships($1)',
    [userId],
  );
}

export interface LiveMembership {
  member_id: string;
  role: MemberRole;
  member_name: string;
  email: string;
  tenant_status: TenantStatus;
  plan: string;
  slug: string;
}

/** null unless the session lives and the membership stands. */
export async function findMembership(
  database: Database,
  session: { sessionId: string; userId: string; tenantId: string },
): Promise<LiveMembership | null> {
  const rows = await database.lookup<LiveMembership>(
    'select member_id, role, member_name, email, tenant_status, plan, slug from app.find_membership($1, $2, $3)',
    [session.sessionId, session.userId, session.tenantId],
  );
  return rows[0] ?? null;
}

export interface LiveApiKey {
  tenant_id: string;
  key_id: string;
  name: string;
  scopes: string[];
  expires_at: Date | null;
  tenant_status: TenantStatus;
  plan: string;
  slug: string;
  cost_per_minute: number | null;
}

/** null unless a key with this SHA-256 is neither revoked nor expired. */
export async function findApiKey(database: Database, hash: string): Promise<LiveApiKey | null> {
  const rows = await database.lookup<LiveApiKey>(
    'select tenant_id, key_id, name, scopes, expires_at, tenant_status, plan, slug, cost_per_minute from app.find_api_key($1)',
    [hash],
  );
  return rows[0] ?? null;
}
