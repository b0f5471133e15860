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

/** What a business may use: app.plan_standing() of sql/functions/standing.sql. */
export interface LiveStanding {
  tenant_status: TenantStatus;
  slug: string;
  plan: string;
  limits: Record<string, number>;
  features: string[];
  reaches: string[];
}

export interface LiveMembership extends LiveStanding {
  member_id: string;
  role: MemberRole;
  member_name: string;
  email: string;
}

/** null unless the session lives and the membership stands. */
export async function findMembership(
  database: Database,
  session: { sessionId: string; userId: string; tenantId: string },
): Promise<LiveMembership | null> {
  const rows = await database.lookup<LiveMembership>(
    'select member_id, role, member_name, email, tenant_status, slug, plan, limits, features, reaches from app.find_membership($1, $2, $3)',
    [session.sessionId, session.userId, session.tenantId],
  );
  return rows[0] ?? null;
}

export interface LiveApiKey extends LiveStanding {
  tenant_id: string;
  key_id: string;
  name: string;
  scopes: string[];
  expires_at: Date | null;
  cost_per_minute: number | null;
}

/** null unless a key with this SHA-256 is neither revoked nor expired. */
export async function findApiKey(database: Database, hash: string): Promise<LiveApiKey | null> {
  const rows = await database.lookup<LiveApiKey>(
    'select tenant_id, key_id, name, scopes, expires_at, tenant_status, slug, plan, limits, features, reaches, cost_per_minute from app.find_api_key($1)',
    [hash],
  );
  return rows[0] ?? null;
}

/** A plan as everybody may read it. */
export interface Plan {
  code: string;
  name: string;
  description: string;
  position: number;
  self_service: boolean;
  limits: Record<string, number>;
  features: string[];
}

export interface PlanFeature {
  code: string;
  name: string;
  description: string;
}

/** Every plan, the smallest first. The same for everybody, so no tenant has to be set. */
export function listPlans(database: Pick<Database, 'lookup'>): Promise<Plan[]> {
  return database.lookup<Plan>(
    'select code, name, description, position, self_service, limits, features from app.plans order by position, code',
    [],
  );
}

/** Every feature that a plan can have. */
export function listFeatures(database: Pick<Database, 'lookup'>): Promise<PlanFeature[]> {
  return database.lookup<PlanFeature>(
    'select code, name, description from app.features order by position, code',
    [],
  );
}
