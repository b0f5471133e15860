import { makeApiKeySecret } from '../../auth/apiKeySecret.ts';
import { isPermission, type Permission, rolePermissions } from '../../auth/permissions.ts';
import type { Actor } from '../../auth/principal.ts';
import type { TenantTransaction } from '../../db/database.ts';
import { refuse } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import { recordAudit } from '../audit/audit.ts';
import { lockMemberRole } from '../members/members.queries.ts';
import { type ApiKey, insertApiKey, insertKeyRoute } from './apiKeys.queries.ts';

export interface ApiKeyFields {
  readonly name: string;
  readonly scopes: readonly string[];
  /** ISO 8601, UTC. */
  readonly expiresAt: string | null;
  /** Points; null: the usual part of the business's budget. */
  readonly costPerMinute: number | null;
}

/** A key and its secret, which is nowhere else. */
export interface MadeApiKey {
  readonly apiKey: ApiKey;
  readonly secret: string;
}

/**
 * Stores a key whose fields were found sound. Nobody grants more than they have: the actor's
 * permissions were looked up before the transaction, so the role is read again under a lock. A change
 * of the role either comes first and is seen, or waits until the key is there to be listed.
 */
export async function makeApiKey(
  tx: TenantTransaction,
  actor: Actor,
  { name, scopes, expiresAt, costPerMinute }: ApiKeyFields,
): Promise<MadeApiKey> {
  const { secret, prefix, hash } = makeApiKeySecret();
  const id = newId();
  const [, apiKey] = await Promise.all([
    expectStillGranted(tx, actor, scopes),
    insertApiKey(tx, {
      tenantId: tx.tenantId,
      id,
      name,
      prefix,
      secretHash: hash,
      scopes: [...scopes],
      expiresAt,
      costPerMinute,
    }),
    insertKeyRoute(tx, hash),
    recordAudit(tx, actor, {
      action: 'apiKey.created',
      targetType: 'ApiKey',
      targetId: id,
      after: { name, prefix, scopes, expiresAt, costPerMinute },
    }),
  ]);
  if (apiKey === undefined) throw new Error('INSERT … RETURNING gave no row');
  return { apiKey, secret };
}

async function expectStillGranted(
  tx: TenantTransaction,
  { memberId }: Actor,
  scopes: readonly string[],
): Promise<void> {
  if (memberId === null) return; // the command line; keys make no keys
  const [member] = await lockMemberRole(tx, { id: memberId });
  const granted = member ? rolePermissions[member.role] : new Set<Permission>();
  // A scope that this version no longer knows grants nothing to anybody.
  const needed: Permission[] = [...scopes.filter(isPermission), 'apiKeys:write'];
  if (needed.every((each) => granted.has(each))) return;
  refuse('SCOPE_NOT_YOURS', ['input'], 'Your role was changed just now: you may not do this.');
}
