import { PublicError } from '../lib/errors.ts';
import { type Gate, passes, type Requirement, readGate } from './gates.ts';
import type { Plan } from './lookups.ts';
import { grantOf, isPermission, type Permission, rolePermissions } from './permissions.ts';
import type { Principal } from './principal.ts';

/** Why something is withheld inside one's own business; enum AccessRefusalReason in the schema. */

export type RefusalReason = 'ROLE' | 'SCOPE' | 'TENANT_SUSPENDED' | 'PLAN';

/**
 * Why a principal lacks something; null: it has it. TENANT_SUSPENDED only where they would have it
 * otherwise: a viewer of a suspended business still may not write when it is active again.
 */
export function reasonAgainst(
  principal: Principal,
  requirement: Requirement,
): RefusalReason | null {
  return isPermission(requirement)
    ? reasonAgainstPermission(principal, requirement)
    : passes(principal, requirement)
      ? null
      : 'PLAN';
}

function reasonAgainstPermission(
  principal: Principal,
  permission: Permission,
): Exclude<RefusalReason, 'PLAN'> | null {
  if (principal.permissions.has(permission)) return null;
  const isUser = principal.kind === 'USER';
  const granted = isUser ? rolePermissions[principal.role] : principal.granted;
  if (granted.has(permission)) return 'TENANT_SUSPENDED';
  return isUser ? 'ROLE' : 'SCOPE';
}

/** What the caller is told when a permission is missing: which one, why, and what to do about it. */
export function forbidden(principal: Principal, permission: Permission): PublicError {
  const reason = reasonAgainstPermission(principal, permission);
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
  const listed = either(roles);
  if (reason === 'TENANT_SUSPENDED') return 'The business is suspended: it can only be read.';
  if (principal.kind === 'USER') {
    const whom = roles.includes('ADMIN') ? 'an owner or admin' : 'an owner';
    return `Your role is ${principal.role} and this takes ${listed}: ask ${whom} of the business.`;
  }
  return scope
    ? `Use an API key that has the scope "${permission}".`
    : `No API key can do this: sign in as ${listed}.`;
}

/** The plans that open a gate, the smallest first. */
function plansThatPass(plans: readonly Plan[], gate: Gate): Plan[] {
  const { kind, code } = readGate(gate);
  if (kind === 'feature') return plans.filter(({ features }) => features.includes(code));
  const least = plans.find((plan) => plan.code === code);
  return least === undefined ? [] : plans.filter(({ position }) => position >= least.position);
}

/** What a caller is told whose business lacks a feature or a plan: which, where it is, how to get it. */
export function forbiddenByPlan(
  principal: Principal,
  gate: Gate,
  plans: readonly Plan[],
): PublicError {
  const { kind, code } = readGate(gate);
  const having = plansThatPass(plans, gate);
  return new PublicError(
    'FORBIDDEN',
    kind === 'feature'
      ? `This needs the feature "${code}", which your business does not have.`
      : `This needs the plan "${code}" or a larger one.`,
    {
      extensions: {
        reason: 'PLAN',
        [kind]: code,
        plans: having.map((plan) => plan.code),
        fix: fixForPlan(principal, having),
      },
    },
  );
}

function fixForPlan(principal: Principal, having: readonly Plan[]): string {
  if (having.some((plan) => plan.code === principal.plan)) {
    return 'Your plan has it and it is withheld from your business: ask an operator of the platform why.';
  }
  return planAdvice(principal, having, 'it');
}

/** Who can change to one of these plans, and how. `what` they have: `it`, `more`. */
export function planAdvice(principal: Principal, having: readonly Plan[], what: string): string {
  const open = having.filter((plan) => plan.self_service).map((plan) => plan.code);
  if (open.length === 0) {
    return `No plan that can be chosen has ${what}: ask an operator of the platform.`;
  }
  const isOwner = principal.kind === 'USER' && principal.role === 'OWNER';
  return isOwner
    ? `Change to ${either(open)} with the mutation planChange.`
    : `Ask an owner of the business to change to ${either(open)}; they do it with the mutation planChange.`;
}

const either = (names: readonly string[]): string =>
  new Intl.ListFormat('en', { type: 'disjunction' }).format(names);

/** For whoever is signed in to no business, of what is about one. */
export function noBusiness(): PublicError {
  return new PublicError(
    'FORBIDDEN',
    'Your token is for your account, and this is about a business.',
    {
      extensions: {
        reason: 'NO_TENANT',
        fix: 'Take a token for a business with tenantSwitch, once you belong to one.',
      },
    },
  );
}

export function unauthenticated(): PublicError {
  return new PublicError(
    'UNAUTHENTICATED',
    'Sign in or send an API key: "Authorization: Bearer …".',
  );
}
