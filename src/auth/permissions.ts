import type { MemberRole } from '../db/tables/members.ts';

/** Everything that can be allowed. `:read` never changes anything; a suspended tenant keeps only those. */
export const permissions = [
  'tenant:read',
  'tenant:write',
  'tenant:delete',
  'settings:read',
  'settings:write',
  'members:read',
  'products:read',
  'products:write',
  'customers:read',
  'customers:write',
  'conversations:read',
  'conversations:write',
  'usage:read',
  'audit:read',
  'isolation:read',
  'apiKeys:read',
  'apiKeys:write',
] as const;

export type Permission = (typeof permissions)[number];

/** Keys do not make keys: a leaked one must not outlive its revocation. Nor do they end a business. */
const peopleOnly: readonly Permission[] = ['apiKeys:write', 'tenant:delete'];

/** What an API key may be given. */
export const scopes = permissions.filter((permission) => !peopleOnly.includes(permission));

const reading = permissions.filter((permission) => permission.endsWith(':read'));
const everyday: readonly Permission[] = [
  'tenant:read',
  'settings:read',
  'members:read',
  'products:read',
  'customers:read',
  'conversations:read',
  'usage:read',
];

/** The one table of role → permissions. */
export const rolePermissions: Record<MemberRole, ReadonlySet<Permission>> = {
  OWNER: new Set(permissions),
  ADMIN: new Set(permissions.filter((permission) => permission !== 'tenant:delete')),
  MEMBER: new Set([...everyday, 'products:write', 'customers:write', 'conversations:write']),
  VIEWER: new Set(everyday),
};

const readingOnly: ReadonlySet<Permission> = new Set(reading);

/** Scopes as stored → permissions. A scope that this version no longer knows grants nothing. */
export function scopePermissions(keyScopes: readonly string[]): ReadonlySet<Permission> {
  const known: ReadonlySet<string> = new Set(scopes);
  return new Set(keyScopes.filter((scope): scope is Permission => known.has(scope)));
}

/** What is left of a set of permissions while the tenant is suspended. */
export function withoutWriting(granted: ReadonlySet<Permission>): ReadonlySet<Permission> {
  return new Set([...granted].filter((permission) => readingOnly.has(permission)));
}
