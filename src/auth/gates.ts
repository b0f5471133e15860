import { isPermission, type Permission } from './permissions.ts';
import type { Principal, Standing } from './principal.ts';

/**
 * What code of ours is opened by. Which plans have it is data, in the tables `plans` and
 * `tenant_overrides`; a test holds each of these to a row of `features`.
 */
export const features = [
  'PASSKEYS',
  'AUDIT_EXPORT',
  'USAGE_ANALYTICS',
  'CUSTOM_DOMAIN',
  'SINGLE_SIGN_ON',
] as const;
export type Feature = (typeof features)[number];

/** `feature=CUSTOM_DOMAIN`: the feature is needed; `plan=PREMIUM`: that plan, or a larger one. */
export type Gate = `feature=${string}` | `plan=${string}`;

/** What a field may ask of its caller. */
export type Requirement = Permission | Gate;

export const featureGate = (feature: string): Gate => `feature=${feature}`;
export const planGate = (plan: string): Gate => `plan=${plan}`;

/** `feature=CUSTOM_DOMAIN` → what kind of thing is needed, and which. */
export function readGate(gate: Gate): { readonly kind: 'feature' | 'plan'; readonly code: string } {
  const [kind, code = ''] = gate.split('=');
  return { kind: kind === 'plan' ? 'plan' : 'feature', code };
}

/** Whether a business has what a gate asks for. */
export function passes({ features: has, reaches }: Standing, gate: Gate): boolean {
  const { kind, code } = readGate(gate);
  return (kind === 'feature' ? has : reaches).has(code);
}

/** The same for anything that may be asked. A permission is the common case, and one look into a Set. */
export function meets(principal: Principal, requirement: Requirement): boolean {
  if ((principal.permissions as ReadonlySet<string>).has(requirement)) return true;
  return !isPermission(requirement) && passes(principal, requirement);
}
