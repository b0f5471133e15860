import { announceIdentityChange } from '../../auth/identityChanges.ts';
import type { Actor } from '../../auth/principal.ts';
import type { TenantTransaction } from '../../db/database.ts';
import { refuse } from '../../lib/errors.ts';
import { Findings } from '../../lib/validation.ts';
import { recordAudit } from '../audit/audit.ts';
import { lockApiKey, markRotated } from './apiKeys.queries.ts';
import { expectOwnScopes } from './apiKeys.ts';
import { type MadeApiKey, makeApiKey } from './makeApiKey.ts';

export const defaultOverlapSeconds = 24 * 3_600;
const longestOverlapSeconds = 7 * 24 * 3_600;

/**
 * A new secret for what a key does: a second key with its name, scopes and expiry, at once. The old
 * one goes on until the overlap ends, in seconds, or until it would have run out anyway. Refuses with
 * NOT_FOUND, NOT_USABLE for a key that has ended, ALREADY_ROTATED (of two at once one wins),
 * SCOPE_NOT_YOURS, or INVALID for the overlap.
 */
export async function rotateApiKey(
  tx: TenantTransaction,
  actor: Actor,
  id: string,
  overlapSeconds: number = defaultOverlapSeconds,
): Promise<MadeApiKey> {
  const old = await lockApiKey(tx, id);
  if (old === undefined) refuse('NOT_FOUND', ['input', 'id'], 'There is no API key with this id.');
  const findings = new Findings();
  findings.expect(
    overlapSeconds >= 0 && overlapSeconds <= longestOverlapSeconds,
    'INVALID',
    ['input', 'overlapSeconds'],
    `It must be between 0 and ${longestOverlapSeconds}, which is seven days.`,
  );
  const now = new Date().toISOString();
  const hasEnded = old.revokedAt !== null || (old.expiresAt !== null && old.expiresAt <= now);
  findings.expect(
    old.rotatedToId === null,
    'ALREADY_ROTATED',
    ['input', 'id'],
    'Another key has taken over; rotate that one.',
  );
  findings.expect(
    !hasEnded,
    'NOT_USABLE',
    ['input', 'id'],
    'It was revoked or has run out; make a new key.',
  );
  expectOwnScopes(findings, actor, old.scopes, ['input', 'id']);
  findings.settle();
  const made = await makeApiKey(tx, actor, old);
  const [rotated] = await Promise.all([
    markRotated(tx, id, { rotatedToId: made.apiKey.id, overlapSeconds }),
    announceIdentityChange(tx, id),
  ]);
  await recordAudit(tx, actor, {
    action: 'apiKey.rotated',
    targetType: 'ApiKey',
    targetId: id,
    before: { expiresAt: old.expiresAt, rotatedToId: null },
    after: { expiresAt: rotated?.expiresAt, rotatedToId: made.apiKey.id },
  });
  return made;
}
