import { makeApiKeySecret } from '../../auth/apiKeySecret.ts';
import { announceIdentityChange } from '../../auth/identityChanges.ts';
import { type Permission, scopes } from '../../auth/permissions.ts';
import type { Actor } from '../../auth/principal.ts';
import type { TenantTransaction } from '../../db/database.ts';
import { pageRules } from '../../db/keyset.ts';
import { refuse } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import { makeCursor, maximumPageSize, readPage, toConnection } from '../../lib/pagination.ts';
import { commonErrorCodes, Findings } from '../../lib/validation.ts';
import { recordAudit } from '../audit/audit.ts';
import {
  type ApiKey,
  apiKeyOrder,
  deleteKeyRoute,
  findApiKeyPage,
  findApiKeysByIds,
  insertApiKey,
  insertKeyRoute,
  markRevoked,
} from './apiKeys.queries.ts';

export const apiKeyErrorCodes = {
  ...commonErrorCodes,
  UNKNOWN_SCOPE: 'There is no such scope for API keys.',
  SCOPE_NOT_YOURS: 'You may not do this yourself, so you cannot let a key do it.',
} as const;

export interface NewApiKey {
  name: string;
  scopes: readonly string[];
  expiresAt?: Date | null | undefined;
}

/** Makes a key; its secret is in the answer and nowhere else. Nobody grants more than they have. */
export async function createApiKey(
  tx: TenantTransaction,
  actor: Actor,
  fields: NewApiKey,
): Promise<{ apiKey: ApiKey; secret: string }> {
  check(actor, fields);
  const { secret, prefix, hash } = makeApiKeySecret();
  const id = newId();
  const granted = [...new Set(fields.scopes)];
  const [apiKey] = await Promise.all([
    insertApiKey(tx, {
      tenantId: tx.tenantId,
      id,
      name: fields.name.trim(),
      prefix,
      secretHash: hash,
      scopes: granted,
      expiresAt: fields.expiresAt?.toISOString() ?? null,
    }),
    insertKeyRoute(tx, hash),
    recordAudit(tx, actor, {
      action: 'apiKey.created',
      targetType: 'ApiKey',
      targetId: id,
      after: {
        name: fields.name.trim(),
        prefix,
        scopes: granted,
        expiresAt: fields.expiresAt ?? null,
      },
    }),
  ]);
  if (apiKey === undefined) throw new Error('INSERT … RETURNING gave no row');
  return { apiKey, secret };
}

/** Ends a key on every instance with this transaction's COMMIT. Revoking twice is no error. */
export async function revokeApiKey(
  tx: TenantTransaction,
  actor: Actor,
  id: string,
): Promise<ApiKey> {
  const apiKey = await markRevoked(tx, id);
  if (apiKey === undefined) {
    const [known] = await findApiKeysByIds(tx, { ids: [id] });
    return known ?? refuse('NOT_FOUND', ['input', 'id'], 'There is no API key with this id.');
  }
  await Promise.all([
    deleteKeyRoute(tx, apiKey.secretHash),
    announceIdentityChange(tx, id),
    recordAudit(tx, actor, {
      action: 'apiKey.revoked',
      targetType: 'ApiKey',
      targetId: id,
      before: { revokedAt: null },
      after: { revokedAt: apiKey.revokedAt },
    }),
  ]);
  return apiKey;
}

/** All keys, revoked ones included, the newest first. */
export async function listApiKeys(tx: TenantTransaction): Promise<ApiKey[]> {
  const all: ApiKey[] = [];
  let after: string | null = null;
  do {
    const page = readPage({ first: maximumPageSize, after }, pageRules(apiKeyOrder, 0));
    const { edges, pageInfo } = toConnection(await findApiKeyPage(tx, page), page, apiKeyCursor);
    all.push(...edges.map(({ node }) => node));
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after !== null);
  return all;
}

/** Where a key stands in the list. */
export function apiKeyCursor({ createdAt, id }: ApiKey): string {
  return makeCursor(apiKeyOrder.sort, [createdAt, id]);
}

function check(actor: Actor, fields: NewApiKey): void {
  const findings = new Findings();
  const known: ReadonlySet<string> = new Set(scopes);
  findings.expectText(fields.name, { min: 1, max: 100 }, ['input', 'name']);
  findings.expect(fields.scopes.length > 0, 'INVALID', ['input', 'scopes'], 'A key needs a scope.');
  fields.scopes.slice(0, 100).forEach((scope, index) => {
    const field = ['input', 'scopes', String(index)];
    const isKnown = known.has(scope);
    const named = JSON.stringify(scope.slice(0, 60));
    findings.expect(
      isKnown,
      'UNKNOWN_SCOPE',
      field,
      `There is no scope ${named}. Scopes are ${scopes.join(', ')}.`,
    );
    findings.expect(
      !isKnown || actor.permissions.has(scope as Permission),
      'SCOPE_NOT_YOURS',
      field,
      'You do not have this permission yourself.',
    );
  });
  const { expiresAt } = fields;
  findings.expect(
    !expiresAt || expiresAt > new Date(),
    'INVALID',
    ['input', 'expiresAt'],
    'It must be in the future.',
  );
  findings.settle();
}
