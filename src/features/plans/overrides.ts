import { announceIdentityChange } from '../../auth/identityChanges.ts';
import type { Actor } from '../../auth/principal.ts';
import type { TenantTransaction } from '../../db/database.ts';
import type { OverrideKind } from '../../db/tables/tenantOverrides.ts';
import { refuse } from '../../lib/errors.ts';
import { Findings } from '../../lib/validation.ts';
import { recordAudit } from '../audit/audit.ts';
import { requireTenant } from '../tenants/tenantStatus.ts';
import { type Meter, meters } from '../usage/meters.ts';
import {
  deleteOverride,
  findOverrides,
  type NewOverride,
  type Override,
  writeOverride,
} from './overrides.queries.ts';
import { findFeature } from './plans.queries.ts';

// What only operators do, as in tenantPlan.ts: on every server within a second, and in the tenant's log.

export const overrideErrorCodes = {
  NOT_FOUND: 'There is no such tenant, or nothing is agreed beside its plan for this.',
  BEING_DELETED: 'The tenant is being deleted; it has to be restored first.',
  FEATURE_UNKNOWN: 'There is no feature with this code.',
  METER_UNKNOWN: 'There is no meter with this code.',
  INVALID: 'The value is not of the form that is asked for.',
  TOO_SHORT: 'The value is empty or too short.',
  TOO_LONG: 'The value is too long.',
} as const;

interface Agreement {
  /** It is in the tenant's audit log, which its owners and admins read. */
  readonly reason: string;
  /** null: until it is removed. */
  readonly expiresAt: Date | null;
}

/** A limit in the place of the plan's; null: none. Refuses as overrideErrorCodes say. */
export async function overrideLimit(
  tx: TenantTransaction,
  actor: Actor,
  {
    meter,
    limit,
    ...agreement
  }: Agreement & { readonly meter: string; readonly limit: number | null },
): Promise<Override> {
  if (!Object.hasOwn(meters, meter)) {
    refuse('METER_UNKNOWN', ['input', 'meter'], `It is one of ${Object.keys(meters).join(', ')}.`);
  }
  const findings = checkAgreement(agreement);
  const fine = limit === null || (Number.isSafeInteger(limit) && limit >= 0);
  findings.expect(fine, 'INVALID', ['input', 'limit'], 'A limit is a whole number, 0 at least.');
  findings.settle();
  return setOverride(
    tx,
    actor,
    { kind: 'LIMIT', code: meter as Meter, limit, granted: null },
    agreement,
  );
}

/** A feature granted that the plan lacks, or withheld that it has. Refuses as overrideErrorCodes say. */
export async function overrideFeature(
  tx: TenantTransaction,
  actor: Actor,
  {
    feature,
    granted,
    ...agreement
  }: Agreement & { readonly feature: string; readonly granted: boolean },
): Promise<Override> {
  checkAgreement(agreement).settle();
  if ((await findFeature(tx, { code: feature })).length === 0) {
    refuse('FEATURE_UNKNOWN', ['input', 'feature'], 'There is no such feature.');
  }
  return setOverride(
    tx,
    actor,
    { kind: 'FEATURE', code: feature, limit: null, granted },
    agreement,
  );
}

/** From now on it is as the plan says. Refuses with NOT_FOUND, or BEING_DELETED. */
export async function removeOverride(
  tx: TenantTransaction,
  actor: Actor,
  kind: OverrideKind,
  code: string,
): Promise<Override> {
  await requireTenant(tx);
  const removed = await deleteOverride(tx, kind, code);
  if (removed === undefined) {
    refuse('NOT_FOUND', null, `Nothing is agreed beside the plan for ${code.slice(0, 64)}.`);
  }
  await note(tx, actor, 'tenant.overrideRemoved', { before: shown(removed) });
  return removed;
}

function checkAgreement({ reason, expiresAt }: Agreement): Findings {
  const findings = new Findings();
  findings.expectText(reason, { min: 1, max: 1_000 }, ['input', 'reason']);
  const ahead = expiresAt === null || expiresAt > new Date();
  findings.expect(ahead, 'INVALID', ['input', 'expiresAt'], 'It has to end in the future.');
  return findings;
}

async function setOverride(
  tx: TenantTransaction,
  actor: Actor,
  what: Pick<NewOverride, 'kind' | 'code' | 'limit' | 'granted'>,
  { reason, expiresAt }: Agreement,
): Promise<Override> {
  await requireTenant(tx);
  const before = (await findOverrides(tx)).find(
    ({ kind, code }) => kind === what.kind && code === what.code,
  );
  const ends = expiresAt?.toISOString() ?? null;
  const after = await writeOverride(tx, { ...what, reason: reason.trim(), expiresAt: ends });
  if (after === undefined) throw new Error('an override was not written');
  await note(tx, actor, 'tenant.overrideSet', {
    ...(before && { before: shown(before) }),
    after: shown(after),
  });
  return after;
}

const shown = ({ kind, code, limit, granted, reason, expiresAt }: Override) => ({
  ...(kind === 'LIMIT' ? { meter: code, limit } : { feature: code, granted }),
  reason,
  expiresAt,
});

async function note(
  tx: TenantTransaction,
  actor: Actor,
  action: string,
  changes: { before?: Record<string, unknown>; after?: Record<string, unknown> },
): Promise<void> {
  await Promise.all([
    announceIdentityChange(tx, tx.tenantId),
    recordAudit(tx, actor, { action, targetType: 'Tenant', targetId: tx.tenantId, ...changes }),
  ]);
}
