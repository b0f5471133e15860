import { LRUCache } from 'lru-cache';
import type { Database } from '../db/database.ts';
import type { AccessTokens } from './accessToken.ts';
import { findAccount } from './accountLookups.ts';
import { hashApiKeySecret, looksLikeApiKey } from './apiKeySecret.ts';
import { findApiKey, findMembership, type LiveStanding } from './lookups.ts';
import { allowedIn, rolePermissions, scopePermissions } from './permissions.ts';
import type { AccountPrincipal, Caller, Standing, UserPrincipal } from './principal.ts';

/** What a client sent to say who it is, and its SHA-256, hex: caches know it by that. */
export interface Credential {
  readonly text: string;
  readonly digest: string;
}

export const readCredential = (text: string): Credential => ({
  text,
  digest: hashApiKeySecret(text),
});

/** Turns a credential into who asks. null: refused, without saying why. */
export interface Authenticator {
  /** What is known is answered at once. */
  authenticate(credential: Credential): Caller | Promise<Caller | null>;
  /** The person as a member of a business; null: they are none, or it is being deleted. Never cached. */
  enter(person: AccountPrincipal, tenantId: string): Promise<UserPrincipal | null>;
  /** Forgets what is known of a key, a session, a member or a tenant (by its UUID); null: of everyone. */
  forget(id: string | null): void;
}

/**
 * What is promised: a second after a revocation nobody gets in, whatever became of its notification. A
 * connection that a firewall dropped without a word hears nothing, and does not know it. The price is
 * one look-up a second for each who asks more often.
 */
const cacheMilliseconds = 800;
const cacheEntries = 10_000;

/** A principal and the moment its credential runs out: it must not live on in the cache. */
interface Found {
  principal: Caller;
  expiresAt: Date | null;
}

export function createAuthenticator(database: Database, tokens: AccessTokens): Authenticator {
  const cache = new LRUCache<string, Found>({
    max: cacheEntries,
    ttl: cacheMilliseconds,
    ttlResolution: 100, // ms, by which an entry may be older
  });
  /** Counts invalidations: a look-up that began before one must not be kept after it. */
  let epoch = 0;

  async function find({ text, digest }: Credential): Promise<Caller | null> {
    const [before, start] = [epoch, performance.now()]; // as old as its question, not its answer
    const found = looksLikeApiKey(text)
      ? await findKey(database, digest)
      : await findUser(database, tokens, text);
    if (found !== null && before === epoch) cache.set(digest, found, { start });
    return found?.principal ?? null;
  }

  return {
    authenticate(credential) {
      const known = cache.get(credential.digest);
      if (
        known !== undefined &&
        (known.expiresAt === null || known.expiresAt.getTime() > Date.now())
      ) {
        return known.principal;
      }
      return find(credential);
    },

    enter: (person, tenantId) => findMember(database, person, tenantId),

    forget(id) {
      epoch += 1;
      if (id === null) return cache.clear();
      for (const [key, { principal }] of cache.entries()) {
        if (concerns(principal, id)) cache.delete(key);
      }
    },
  };
}

function concerns(caller: Caller, id: string): boolean {
  if (caller.kind !== 'API_KEY' && (caller.userId === id || caller.sessionId === id)) return true;
  if (caller.kind === 'ACCOUNT') return false;
  return (
    caller.tenantId === id || id === (caller.kind === 'USER' ? caller.memberId : caller.apiKeyId)
  );
}

async function findKey(database: Database, digest: string): Promise<Found | null> {
  const key = await findApiKey(database, digest);
  if (key === null || key.tenant_status === 'DELETING') return null;
  const granted = scopePermissions(key.scopes);
  const principal: Caller = {
    kind: 'API_KEY',
    apiKeyId: key.key_id,
    costPerMinute: key.cost_per_minute,
    granted,
    tenantId: key.tenant_id,
    tenantSlug: key.slug,
    tenantStatus: key.tenant_status,
    ...standingOf(key),
    name: key.name,
    permissions: allowedIn(key.tenant_status, granted),
  };
  return { principal, expiresAt: key.expires_at };
}

async function findUser(
  database: Database,
  tokens: AccessTokens,
  token: string,
): Promise<Found | null> {
  const claims = await tokens.verify(token);
  if (claims === null) return null;
  const { userId, sessionId, tenant, expiresAt } = claims;
  if (tenant === null) {
    const account = await findAccount(database, { userId, sessionId });
    return account && { principal: { kind: 'ACCOUNT', userId, sessionId, ...account }, expiresAt };
  }
  const principal = await findMember(database, { userId, sessionId }, tenant.id);
  return principal && { principal, expiresAt };
}

async function findMember(
  database: Database,
  { userId, sessionId }: { userId: string; sessionId: string },
  tenantId: string,
): Promise<UserPrincipal | null> {
  const member = await findMembership(database, { userId, sessionId, tenantId });
  if (member === null || member.tenant_status === 'DELETING') return null;
  return {
    kind: 'USER',
    userId,
    sessionId,
    memberId: member.member_id,
    tenantId,
    tenantSlug: member.slug,
    tenantStatus: member.tenant_status,
    ...standingOf(member),
    name: member.member_name,
    email: member.email,
    role: member.role,
    permissions: allowedIn(member.tenant_status, rolePermissions[member.role]),
  };
}

function standingOf({ plan, limits, features, reaches }: LiveStanding): Standing {
  return { plan, limits, features: new Set(features), reaches: new Set(reaches) };
}
