import { announceIdentityChange } from '../../auth/identityChanges.ts';
import { allowedIn, type Permission, scopePermissions, scopes } from '../../auth/permissions.ts';
import type { Actor } from '../../auth/principal.ts';
import type { TenantTransaction } from '../../db/database.ts';
import { pageRules } from '../../db/query/keyset.ts';
import type { TenantStatus } from '../../db/tables/tenants.ts';
import { refuse } from '../../lib/errors.ts';
import { makeCursor, maximumPageSize, readPage, toConnection } from '../../lib/pagination.ts';
import { Findings } from '../../lib/validation.ts';
import { recordAudit } from '../audit/audit.ts';
import {
  type ApiKey,
  apiKeyOrder,
  deleteKeyRoute,
  findApiKeyPage,
  findApiKeysByIds,
  lockApiKey,
  markRevoked,
  updateApiKey,
} from './apiKeys.queries.ts';
import { type MadeApiKey, makeApiKey } from './makeApiKey.ts';

/** More than there are; each that is stored was looked at. */
const mostScopes = 100;

export interface NewApiKey {
  name: string;
  scopes: readonly string[];
  expiresAt?: Date | null | undefined;
  /** Points; left out or null: the usual part of the business's budget. */
  costPerMinute?: number | null | undefined;
}

/**
 * Makes a key. Refuses with UNKNOWN_SCOPE, SCOPE_NOT_YOURS, or what is wrong with its fields.
 */
export function createApiKey(
  tx: TenantTransaction,
  actor: Actor,
  fields: NewApiKey,
): Promise<MadeApiKey> {
  check(actor, fields);
  return makeApiKey(tx, actor, {
    name: fields.name.trim(),
    scopes: [...new Set(fields.scopes)],
    expiresAt: fields.expiresAt?.toISOString() ?? null,
    costPerMinute: fields.costPerMinute ?? null,
  });
}

export interface ApiKeyChange {
  /** Left out or null: as it is. */
  name?: string | null | undefined;
  /** Left out: as it is; null: the usual part. */
  costPerMinute?: number | null | undefined;
}

/** Says anew what a key is for, and what it may spend. Its secret and its scopes stay. */
export async function changeApiKey(
  tx: TenantTransaction,
  actor: Actor,
  id: string,
  change: ApiKeyChange,
): Promise<ApiKey> {
  const findings = new Findings();
  if (change.name != null) findings.expectText(change.name, nameLength, ['input', 'name']);
  expectBudget(findings, change.costPerMinute);
  findings.settle();
  const before = await lockApiKey(tx, id);
  if (before === undefined) return notFound();
  const { name = before.name, costPerMinute = before.costPerMinute } = {
    name: change.name?.trim(),
    costPerMinute: change.costPerMinute,
  };
  if (before.name === name && before.costPerMinute === costPerMinute) return before;
  const [after] = await Promise.all([
    updateApiKey(tx, id, { name, costPerMinute }),
    announceIdentityChange(tx, id), // a principal has both
    recordAudit(tx, actor, {
      action: 'apiKey.updated',
      targetType: 'ApiKey',
      targetId: id,
      before: { name: before.name, costPerMinute: before.costPerMinute },
      after: { name, costPerMinute },
    }),
  ]);
  return after ?? before;
}

const nameLength = { min: 1, max: 100 };
const mostCostPerMinute = 1_000_000_000;

function expectBudget(findings: Findings, costPerMinute: number | null | undefined): void {
  if (costPerMinute == null) return;
  const fits = costPerMinute >= 1 && costPerMinute <= mostCostPerMinute;
  const message = `It must be between 1 and ${mostCostPerMinute}.`;
  findings.expect(fits, 'INVALID', ['input', 'costPerMinute'], message);
}

/** What a key may do now: nothing once it has ended, no writing while its business is suspended. */
export function effectivePermissions(
  { scopes: stored, revokedAt, expiresAt }: ApiKey,
  tenantStatus: TenantStatus,
): Permission[] {
  const hasRunOut = expiresAt !== null && expiresAt <= new Date().toISOString();
  if (revokedAt !== null || hasRunOut) return [];
  return [...allowedIn(tenantStatus, scopePermissions(stored))].sort();
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
    return known ?? notFound();
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

const notFound = (): never =>
  refuse('NOT_FOUND', ['input', 'id'], 'There is no API key with this id.');

/** Nobody grants more than they have. */
export function expectOwnScopes(
  findings: Findings,
  actor: Actor,
  granted: readonly string[],
  field: readonly string[],
): void {
  const known: ReadonlySet<string> = new Set(scopes);
  const isOwn = (scope: string) => !known.has(scope) || actor.permissions.has(scope as Permission);
  for (const scope of granted.filter((each) => !isOwn(each))) {
    findings.expect(false, 'SCOPE_NOT_YOURS', field, `You do not have "${scope}" yourself.`);
  }
}

function check(actor: Actor, fields: NewApiKey): void {
  const findings = new Findings();
  const known: ReadonlySet<string> = new Set(scopes);
  findings.expectText(fields.name, nameLength, ['input', 'name']);
  expectBudget(findings, fields.costPerMinute);
  findings.expect(fields.scopes.length > 0, 'INVALID', ['input', 'scopes'], 'A key needs a scope.');
  const fits = fields.scopes.length <= mostScopes;
  findings.expect(fits, 'TOO_LONG', ['input', 'scopes'], `A key has ${mostScopes} scopes at most.`);
  fields.scopes.slice(0, mostScopes).forEach((scope, index) => {
    const field = ['input', 'scopes', String(index)];
    const isKnown = known.has(scope);
    const named = JSON.stringify(scope.slice(0, 60));
    findings.expect(
      isKnown,
      'UNKNOWN_SCOPE',
      field,
      `There is no scope ${named}. Scopes are ${scopes.join(', ')}.`,
    );
    expectOwnScopes(findings, actor, [scope], field);
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
