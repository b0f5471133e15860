import type { MemberRole } from '../db/tables/members.ts';
import type { TenantStatus } from '../db/tables/tenants.ts';

interface Grant {
  /** What it opens, in one sentence for the docs and for whoever makes a key. */
  readonly opens: string;
  readonly roles: readonly MemberRole[];
  /** Whether an API key may be given it. */
  readonly scope: boolean;
}

const everyone = ['OWNER', 'ADMIN', 'MEMBER', 'VIEWER'] as const;
const sellers = ['OWNER', 'ADMIN', 'MEMBER'] as const;
const admins = ['OWNER', 'ADMIN'] as const;

/**
 * The one table of what can be allowed, and to whom. `:read` never changes anything; a suspended
 * business keeps only those. docs/permissions.md and the schema's directives are printed from it.
 */
export const permissionTable = {
  'tenant:read': {
    opens: 'The business: its name, plan and status.',
    roles: everyone,
    scope: true,
  },
  'tenant:write': {
    opens: 'Changing its name, description, metadata, address and domains.',
    roles: admins,
    scope: true,
  },
  'tenant:delete': {
    opens: 'Deleting and restoring the business. A key does not end a business.',
    roles: ['OWNER'],
    scope: false,
  },
  'settings:read': {
    opens: 'The settings: how the business speaks, ships and looks, and its assistant.',
    roles: everyone,
    scope: true,
  },
  'settings:write': { opens: 'Changing the settings.', roles: admins, scope: true },
  'members:read': {
    opens: 'The people in the business, with their e-mail addresses and roles.',
    roles: everyone,
    scope: true,
  },
  'members:write': {
    opens:
      'Inviting people, changing their roles and removing them; never above one’s own role. A key lets nobody in, who would stay when it is revoked.',
    roles: admins,
    scope: false,
  },
  'ownership:write': {
    opens: 'Offering to hand the business over.',
    roles: ['OWNER'],
    scope: false,
  },
  'products:read': { opens: 'The catalogue.', roles: everyone, scope: true },
  'products:write': {
    opens: 'Adding, changing, archiving and importing products.',
    roles: sellers,
    scope: true,
  },
  'customers:read': {
    opens: 'The customers, with their phone numbers and e-mail addresses.',
    roles: everyone,
    scope: true,
  },
  'customers:write': { opens: 'Adding and changing customers.', roles: sellers, scope: true },
  'conversations:read': {
    opens: 'Conversations, what was said in them, and canned replies; not who the customer is.',
    roles: everyone,
    scope: true,
  },
  'conversations:write': {
    opens: 'Opening, changing and assigning conversations, answering in them, and canned replies.',
    roles: sellers,
    scope: true,
  },
  'usage:read': { opens: 'What was used of the plan.', roles: everyone, scope: true },
  'plan:write': {
    opens: 'Choosing the plan. It is the owner who pays: a key does not.',
    roles: ['OWNER'],
    scope: false,
  },
  'audit:read': {
    opens: 'Who did what: names, addresses, and what was changed with its values before and after.',
    roles: admins,
    scope: true,
  },
  'isolation:read': {
    opens: 'The proof that the database keeps businesses apart.',
    roles: admins,
    scope: true,
  },
  'apiKeys:read': {
    opens: 'The API keys and what each may do; never their secrets.',
    roles: admins,
    scope: true,
  },
  'apiKeys:write': {
    opens:
      'Making, renaming, rotating and revoking API keys. Keys do not make keys: a leaked one must not outlive its revocation.',
    roles: admins,
    scope: false,
  },
} as const satisfies Record<string, Grant>;

export type Permission = keyof typeof permissionTable;

export const permissions = Object.keys(permissionTable) as Permission[];

export const grantOf = (permission: Permission): Grant => permissionTable[permission];

/** What an API key may be given. */
export const scopes = permissions.filter((permission) => grantOf(permission).scope);

const ofRole = (role: MemberRole): ReadonlySet<Permission> =>
  new Set(permissions.filter((permission) => grantOf(permission).roles.includes(role)));

/** Role → permissions, read from the table. */
export const rolePermissions: Record<MemberRole, ReadonlySet<Permission>> = {
  OWNER: ofRole('OWNER'),
  ADMIN: ofRole('ADMIN'),
  MEMBER: ofRole('MEMBER'),
  VIEWER: ofRole('VIEWER'),
};

const known: ReadonlySet<string> = new Set(permissions);

export const isPermission = (text: string | undefined): text is Permission =>
  text !== undefined && known.has(text);

/**
 * A permission and what it brings with it: who may write may read what they write, for every mutation
 * answers with it. Said here once, so that a key's effective permissions don't hide it.
 */
export function withImplied(permission: Permission): Permission[] {
  const reading = permission.replace(/:write$/, ':read');
  return reading !== permission && isPermission(reading) ? [permission, reading] : [permission];
}

/** Scopes as stored → permissions. A scope that this version no longer knows grants nothing. */
export function scopePermissions(keyScopes: readonly string[]): ReadonlySet<Permission> {
  const grantable: ReadonlySet<string> = new Set(scopes);
  return new Set(
    keyScopes
      .filter((scope): scope is Permission => grantable.has(scope))
      .flatMap((scope) => withImplied(scope)),
  );
}

/** What is left of a set of permissions: while a business is suspended, those to read. */
export function allowedIn(
  tenantStatus: TenantStatus,
  granted: ReadonlySet<Permission>,
): ReadonlySet<Permission> {
  if (tenantStatus !== 'SUSPENDED') return granted;
  return new Set([...granted].filter((permission) => permission.endsWith(':read')));
}

/** The roles that have all of these. */
export function rolesWith(needed: readonly Permission[]): MemberRole[] {
  const roles = Object.keys(rolePermissions) as MemberRole[];
  return roles.filter((role) => needed.every((each) => rolePermissions[role].has(each)));
}
