import { PublicError } from '../lib/errors.ts';
import { grantOf, type Permission, rolePermissions } from './permissions.ts';
import type { Principal } from './principal.ts';

/** Why something is withheld inside one's own business; enum AccessRefusalReason in the schema. */

export type RefusalReason = 'ROLE' | 'SCOPE' | 'TENANT_SUSPENDED';

/**
 * Why a principal lacks a permission; null: it has it. TENANT_SUSPENDED only where they would have it
 * otherwise: a viewer of a suspended business still may not write when it is active again.
 */
export function reasonAgainst(principal: Principal, permission: Permission): RefusalReason | null {
  if (principal.permissions.has(permission)) return null;
  const isUser = principal.kind === 'USER';
  const granted = isUser ? rolePermissions[principal.role] : principal.granted;
  if (granted.has(permission)) return 'TENANT_SUSPENDED';
  return isUser ? 'ROLE' : 'SCOPE';
}

/** What the caller is told when a permission is missing: which one, why, and what to do about it. */
export function forbidden(principal: Principal, permission: Permission): PublicError {
  const reason = reasonAgainst(principal, permission);
  return new PublicError('FORBIDDEN', `This needs the permission "${permission}".`, {
    extensions: { permission, reason, fix: fixFor(principal, permission, reason) },
  });
}

function fixFor(
  principal: Principal,
  permission: Permission,
  reason: RefusalReason | null,
): string {
  const { roles, scope } = grantOf(permission);
  const listed = new Intl.ListFormat('en', { type: 'disjunction' }).format(roles);
  if (reason === 'TENANT_SUSPENDED') return 'The business is suspended: it can only be read.';
  if (principal.kind === 'USER') {
    return `Your role is ${principal.role} and this takes ${listed}: ask an owner or admin of the business.`;
  }
  return scope
    ? `Use an API key that has the scope "${permission}".`
    : `No API key can do this: sign in as ${listed}.`;
}
