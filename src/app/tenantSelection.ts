import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { LRUCache } from 'lru-cache';
import type { Authenticator } from '../auth/authenticate.ts';
import { findTenant } from '../auth/lookups.ts';
import type { AccountPrincipal, Caller, Principal } from '../auth/principal.ts';
import type { Database } from '../db/database.ts';
import { isReservedSlug } from '../features/tenants/tenantInput.ts';
import { PublicError } from '../lib/errors.ts';
import { decodeId, isUuid } from '../lib/ids.ts';

/** One way in which a request names a business, besides its credential. */
export interface Selector {
  readonly kind: 'ID' | 'SLUG' | 'DOMAIN';
  /** A UUID, a slug or a host name; '' for what can be none. */
  readonly key: string;
}

/** `/t/lumen/graphql` → 'lumen'; null: another path. */
export function slugOfPath(path: string): string | null {
  return path.startsWith('/t/') ? (/^\/t\/([^/]+)\/graphql$/.exec(path)?.[1] ?? null) : null;
}

/**
 * How a request names a business: path, X-Tenant-ID, X-Tenant-Slug, ?tenant=, subdomain of `baseDomain`,
 * custom domain. Without a base domain hosts name nobody: the server is then reached under one name, or
 * under names that nobody told it.
 */
export function readSelectors(
  request: IncomingMessage,
  pathSlug: string | null,
  host: string | null,
  baseDomain: string | null,
): readonly Selector[] {
  const selectors: Selector[] = [];
  const { headers, url = '' } = request;
  if (pathSlug !== null) selectors.push({ kind: 'SLUG', key: pathSlug });
  const id = headers['x-tenant-id'];
  if (id !== undefined) selectors.push({ kind: 'ID', key: uuidOf(String(id)) });
  const slug = headers['x-tenant-slug'];
  if (slug !== undefined) selectors.push({ kind: 'SLUG', key: String(slug) });
  // Not by looking for "tenant": it may be written as "%74enant".
  if (url.includes('?')) {
    const { searchParams } = new URL(url, 'http://localhost');
    for (const key of searchParams.getAll('tenant')) selectors.push({ kind: 'SLUG', key });
  }
  if (baseDomain !== null) {
    const named = selectorOfHost(host, baseDomain);
    if (named !== null) selectors.push(named);
  }
  return selectors;
}

function uuidOf(id: string): string {
  if (isUuid(id)) return id.toLowerCase();
  const decoded = decodeId(id);
  return decoded?.type === 'Tenant' ? decoded.uuid : '';
}

function selectorOfHost(host: string | null, baseDomain: string): Selector | null {
  const name = (host ?? '').toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '');
  if (name === '' || name === baseDomain || name.startsWith('[') || isIP(name) !== 0) return null;
  if (!name.endsWith(`.${baseDomain}`)) {
    return name.includes('.') ? { kind: 'DOMAIN', key: name } : null;
  }
  const label = name.slice(0, -baseDomain.length - 1);
  return isReservedSlug(label) ? null : { kind: 'SLUG', key: label };
}

export interface TenantRoutes {
  /** The tenant that a slug or domain leads to, former slugs included; null: none. */
  find(kind: 'SLUG' | 'DOMAIN', key: string): Promise<string | null>;
  /** Forgets where a tenant's slugs and domains lead; null: all. */
  forget(tenantId: string | null): void;
}

const cacheMilliseconds = 5_000;
/** What leads nowhere may be about to: a domain that was just proved should work at once. */
const unknownMilliseconds = 1_000;
const cacheEntries = 10_000;

/**
 * Slugs and domains → tenants, remembered for five seconds at most, and until the tenant is told to have
 * changed: a plan without domains of one's own ends where they lead. It may be stale, and harms nobody: what a
 * caller may do is decided by the membership, which is looked up under its own rules.
 */
export function createTenantRoutes(database: Database): TenantRoutes {
  const cache = new LRUCache<string, { readonly tenantId: string | null }>({
    max: cacheEntries,
    ttl: cacheMilliseconds,
  });
  /** Counts what was forgotten: a look-up that began before must not be kept after. */
  let epoch = 0;
  return {
    forget(tenantId) {
      epoch += 1;
      for (const [key, known] of cache.entries()) {
        if (tenantId === null || known.tenantId === tenantId) cache.delete(key);
      }
    },
    async find(kind, key) {
      if (!/^[a-z0-9.-]{1,253}$/.test(key)) return null;
      const known = cache.get(`${kind} ${key}`);
      if (known !== undefined) return known.tenantId;
      const before = epoch;
      const tenantId = (await findTenant(database, kind, key))?.id ?? null;
      const ttl = tenantId === null ? unknownMilliseconds : cacheMilliseconds;
      if (before === epoch) cache.set(`${kind} ${key}`, { tenantId }, { ttl });
      return tenantId;
    },
  };
}

/** Who asks, and the business that the request names beside the credential. */
export interface NamedAsking {
  readonly principal: Principal | null;
  readonly account: AccountPrincipal | null;
  /** undefined: it names none; null: there is none of the name. */
  readonly selected: string | null | undefined;
}

export function whoAsks(caller: Caller | null, selected?: string | null | undefined): NamedAsking {
  return caller?.kind === 'ACCOUNT'
    ? { principal: null, account: caller, selected }
    : { principal: caller, account: null, selected };
}

/**
 * Whoever asks, in the business that the selectors name. A token for an account alone is for whichever it
 * names, if the person belongs there. Throws TENANT_MISMATCH; NOT_FOUND where an account names a business
 * that is nobody's or that the person does not belong to.
 */
export async function enterTenant(
  by: { readonly authenticator: Authenticator; readonly tenantRoutes: TenantRoutes },
  caller: Caller | null,
  selectors: readonly Selector[],
): Promise<NamedAsking> {
  const principal = caller?.kind === 'ACCOUNT' ? null : caller;
  const selected = await selectTenant(selectors, principal, by.tenantRoutes);
  if (caller?.kind !== 'ACCOUNT' || selected === undefined) return whoAsks(caller, selected);
  // Nobody's business is asked for all the same: the two are not told apart by time either.
  const entered = await by.authenticator.enter(caller, selected ?? caller.userId);
  if (entered !== null) return whoAsks(entered, selected);
  throw new PublicError('NOT_FOUND', 'You belong to no business of the name in the request.');
}

/**
 * The business that the selectors name, which all must name the same: null when there is none of the
 * name, undefined when nothing selects. A credential of one business is a selector too, and then there
 * is nothing left to choose: the answer is the same whether another name is of nobody, of strangers, or
 * of a business that the person belongs to as well. Throws TENANT_MISMATCH.
 */
async function selectTenant(
  selectors: readonly Selector[],
  principal: Principal | null,
  routes: TenantRoutes,
): Promise<string | null | undefined> {
  let selected: string | null | undefined = principal?.tenantId;
  const distinct = new Map(selectors.map((each) => [`${each.kind} ${each.key}`, each]));
  for (const selector of distinct.values()) {
    if (isOwn(selector, principal)) continue;
    const named = await resolve(selector, routes);
    if (named === undefined) continue;
    if (selected !== undefined && (named === null || named !== selected)) throw mismatch();
    selected = named;
  }
  return selected;
}

/** What nearly every request says, so it costs no look-up. */
function isOwn({ kind, key }: Selector, principal: Principal | null): boolean {
  if (principal === null || kind === 'DOMAIN') return false;
  return key === (kind === 'ID' ? principal.tenantId : principal.tenantSlug);
}

/** undefined: a host name that leads to nobody is just another name of this server. */
async function resolve(
  { kind, key }: Selector,
  routes: TenantRoutes,
): Promise<string | null | undefined> {
  if (kind === 'ID') return key === '' ? null : key;
  const found = await routes.find(kind, key);
  return kind === 'DOMAIN' ? (found ?? undefined) : found;
}

function mismatch(): PublicError {
  return new PublicError(
    'TENANT_MISMATCH',
    'The request does not name one business throughout, or another than its credential is for.',
    {
      extensions: {
        fix: 'Name the business once, or the same everywhere; a token or key is for one business, so sign in to the other, or switch to it, to get a token for that.',
      },
    },
  );
}
