import type { Actor } from '../../auth/principal.ts';
import type { TenantTransaction } from '../../db/database.ts';
import { refuse } from '../../lib/errors.ts';
import { commonErrorCodes } from '../../lib/validation.ts';
import { changedFields, recordAudit } from '../audit/audit.ts';
import { findSettings, insertSettings, lockSettings, updateSettings } from './settings.queries.ts';
import { checkSettings, mergeSettings, type SettingsChange } from './settingsChange.ts';
import { defaultSettings, readSettings, type Settings } from './settingsShape.ts';

export const settingsErrorCodes = {
  INVALID: commonErrorCodes.INVALID,
  TOO_SHORT: commonErrorCodes.TOO_SHORT,
  TOO_LONG: commonErrorCodes.TOO_LONG,
  VERSION_CONFLICT:
    'Somebody changed the settings since you read them; `settings` is how they are now.',
} as const;

export interface VersionedSettings extends Settings {
  /** Counts changes, from 1. */
  version: number;
  /** null: they are the defaults of the plan. */
  updatedAt: string | null;
}

/** The settings of the transaction's tenant: its own, and the defaults of its plan for the rest. */
export async function getSettings(tx: TenantTransaction): Promise<VersionedSettings> {
  const [found] = await findSettings(tx);
  if (found === undefined) throw new Error('the tenant of the transaction is gone');
  const { settings: stored, plan } = found;
  if (stored === null) return { ...defaultSettings(plan), version: 1, updatedAt: null };
  return {
    ...readSettings(stored, plan),
    version: stored.version,
    updatedAt: stored.updatedAt,
  };
}

/** Gives a new business the defaults of its plan, written down: a later plan leaves them alone. */
export async function initializeSettings(tx: TenantTransaction, plan: string): Promise<void> {
  await insertSettings(tx, { ...defaultSettings(plan) });
}

/**
 * Changes what is given. Refuses with VERSION_CONFLICT when `version` is not the current one, so that
 * of two at once one wins, or with what is wrong with the settings. A change that changes nothing
 * leaves the version as it is.
 */
export async function changeSettings(
  tx: TenantTransaction,
  actor: Actor,
  version: number,
  change: SettingsChange,
): Promise<VersionedSettings> {
  const [locked] = await lockSettings(tx);
  if (locked === undefined) await createDefaults(tx);
  const { updatedAt, version: current, ...before } = await getSettings(tx);
  if (current !== version) conflict();
  const after = mergeSettings(before, change);
  checkSettings(after);
  const changes = differences(before, after);
  if (Object.keys(changes.after).length === 0) return { ...before, version, updatedAt };
  const [stored] = await Promise.all([
    updateSettings(tx, version, after),
    recordAudit(tx, actor, {
      action: 'settings.updated',
      targetType: 'Tenant',
      targetId: tx.tenantId,
      ...changes,
    }),
  ]);
  if (stored === undefined) conflict();
  return { ...after, version: stored.version, updatedAt: stored.updatedAt };
}

/** Two may do it at once: the second waits for the first one's row and then holds it. */
async function createDefaults(tx: TenantTransaction): Promise<void> {
  const { plan } = (await findSettings(tx))[0] ?? { plan: '' };
  await initializeSettings(tx, plan);
  await lockSettings(tx);
}

function conflict(): never {
  refuse(
    'VERSION_CONFLICT',
    ['input', 'version'],
    'The settings have changed since; look at them as they are now, then send the change anew.',
  );
}

/** What differs by its path, such as `business.communication.tone`; what was removed is null after. */
function differences(before: Settings, after: Settings) {
  const [was, is] = [flatten(before), flatten(after)];
  const removed = Object.keys(was).filter((path) => !(path in is));
  const changes = changedFields(was, {
    ...Object.fromEntries(removed.map((path) => [path, null])),
    ...is,
  });
  return { before: redact(changes.before), after: redact(changes.after) };
}

function flatten(value: object, path = ''): Record<string, unknown> {
  const parts = Object.entries(value).map(([name, inner]) => {
    const isSection = typeof inner === 'object' && inner !== null && !Array.isArray(inner);
    return isSection && path !== 'custom.'
      ? flatten(inner, `${path}${name}.`)
      : { [`${path}${name}`]: inner };
  });
  return Object.assign({}, ...parts);
}

/** Settings are no place for secrets; whoever puts one there all the same finds it in no audit log. */
const looksSecret = /secret|token$|password|passwd|credential|api.?key|private.?key/i;

function redact<Value>(value: Value): Value {
  return JSON.parse(
    JSON.stringify(value, (name, inner) =>
      looksSecret.test(name) && inner != null ? '***' : inner,
    ),
  );
}
