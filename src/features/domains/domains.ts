import { randomBytes } from 'node:crypto';
import type { Actor } from '../../auth/principal.ts';
import type { TenantTransaction } from '../../db/database.ts';
import { refuse } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import { recordAudit } from '../audit/audit.ts';
import { lockOwnTenant } from '../tenants/tenants.queries.ts';
import { readDomain } from './domainName.ts';
import {
  countDomains,
  deleteDomain,
  findDomainByName,
  insertDomain,
  lockDomain,
  markProved,
  routeDomain,
  type TenantDomain,
  unrouteDomain,
} from './domains.queries.ts';

const mostDomains = 20;

/** The TXT record that proves a domain: where, and what it says. */
export function proofOf({ domain, token }: TenantDomain): { name: string; value: string } {
  return { name: `_tenantry.${domain}`, value: `tenantry-verification=${token}` };
}

/**
 * Claims a domain; the same again answers with the claim that is there. A claim keeps nobody else from
 * theirs. Refuses with INVALID, PUBLIC_SUFFIX, RESERVED or TOO_MANY.
 */
export async function addDomain(
  tx: TenantTransaction,
  actor: Actor,
  given: string,
  baseDomain: string | null,
): Promise<TenantDomain> {
  const domain = readDomain(given, baseDomain);
  await lockOwnTenant(tx); // of two at once the second counts the first
  const [[known], [claims]] = await Promise.all([
    findDomainByName(tx, { domain }),
    countDomains(tx),
  ]);
  if (known !== undefined) return known;
  if ((claims?.count ?? 0) >= mostDomains) {
    refuse('TOO_MANY', null, `A business has ${mostDomains} domains at most; remove one.`);
  }
  const row = { id: newId(), domain, token: randomBytes(24).toString('base64url') };
  const added = await insertDomain(tx, row);
  if (added === undefined) return requireDomain(await findDomainByName(tx, { domain }));
  await recordAudit(tx, actor, {
    action: 'domain.added',
    targetType: 'TenantDomain',
    targetId: row.id,
    after: { domain },
  });
  return added;
}

/**
 * Makes a domain lead to the business, by what DNS said a moment ago of the claim's record: `seen`; null,
 * when it said nothing at all. Twice is once. Refuses with NOT_FOUND, DNS_UNAVAILABLE, NOT_PROVED, or
 * DOMAIN_TAKEN.
 */
export async function verifyDomain(
  tx: TenantTransaction,
  actor: Actor,
  id: string,
  seen: readonly string[] | null,
): Promise<TenantDomain> {
  const claim = requireDomain(await lockDomain(tx, { id }));
  const { name, value } = proofOf(claim);
  if (seen === null) {
    refuse('DNS_UNAVAILABLE', null, 'DNS did not answer; try again in a moment.');
  }
  if (!seen.includes(value)) {
    const instead = seen.length === 0 ? 'there is none' : 'it says something else';
    refuse(
      'NOT_PROVED',
      ['input', 'id'],
      `The TXT record ${name} is to be "${value}"; ${instead}. Changes in DNS take a while to show.`,
    );
  }
  const domain = requireDomain(await markProved(tx, { id }));
  if (!(await routeDomain(tx, id))) {
    refuse('DOMAIN_TAKEN', ['input', 'id'], 'Another business uses the domain; ask support.');
  }
  if (claim.verifiedAt !== null) return domain;
  await recordAudit(tx, actor, {
    action: 'domain.verified',
    targetType: 'TenantDomain',
    targetId: id,
    before: { verifiedAt: null },
    after: { domain: claim.domain, verifiedAt: domain.verifiedAt },
  });
  return domain;
}

/** Gives a domain up: requests for it no longer name the business. Refuses with NOT_FOUND. */
export async function removeDomain(
  tx: TenantTransaction,
  actor: Actor,
  id: string,
): Promise<TenantDomain> {
  const removed = requireDomain(await deleteDomain(tx, { id }));
  const { domain, verifiedAt } = removed;
  await Promise.all([
    unrouteDomain(tx, domain),
    recordAudit(tx, actor, {
      action: 'domain.removed',
      targetType: 'TenantDomain',
      targetId: id,
      before: { domain, verifiedAt },
    }),
  ]);
  return removed;
}

function requireDomain([domain]: readonly TenantDomain[]): TenantDomain {
  return domain ?? refuse('NOT_FOUND', ['input', 'id'], 'There is no domain with this id.');
}
