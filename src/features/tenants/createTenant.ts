import { announceIdentityChange } from '../../auth/identityChanges.ts';
import { rolePermissions } from '../../auth/permissions.ts';
import type { Actor, RequestFacts } from '../../auth/principal.ts';
import type { TenantTransaction } from '../../db/database.ts';
import { onConstraint } from '../../db/query/constraints.ts';
import { Refusal, refuse } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import { createApiKey, type NewApiKey } from '../apiKeys/apiKeys.ts';
import { recordAudit } from '../audit/audit.ts';
import { countMembers } from '../members/members.queries.ts';
import { findProductsBySkus } from '../products/products.queries.ts';
import { createProduct } from '../products/products.ts';
import { getSettings, initializeSettings } from '../settings/settings.ts';
import { createTenantRow } from './lifecycle.queries.ts';
import { sampleProducts } from './sampleProducts.ts';
import { checkTenant } from './tenantInput.ts';
import { findOwnTenant } from './tenants.queries.ts';

/** What everybody begins with; another is for billing, or an operator, to give. */
const firstPlan = 'BASIC';

/** Against whoever makes businesses by the thousand; nobody has asked for more. */
const mostOwned = 25;

export interface NewTenant {
  slug: string;
  name: string;
  description?: string | null | undefined;
  /** Whether to put a few products into its catalogue; yes when left out. */
  sampleProducts?: boolean | null | undefined;
  /** A first key for a program; none when left out. */
  apiKey?: NewApiKey | null | undefined;
}

export interface CreatedTenant {
  tenantId: string;
  /** false: the same person had made it before; nothing was changed. */
  created: boolean;
  secret: string | null;
}

/**
 * Makes a business and its first owner: settings by plan, slug, sample products, a key if asked for, and
 * its first audit events, all in the one transaction of the new tenant, whose id the caller made. Looks
 * at the result before it is committed. The same slug and name by the same person answer with what is
 * there. Refuses as tenantErrorCodes say.
 */
export async function createTenant(
  tx: TenantTransaction,
  person: { userId: string; name: string },
  facts: RequestFacts,
  fields: NewTenant,
): Promise<CreatedTenant> {
  checkTenant(fields);
  const memberId = newId();
  const made = await refusingTakenSlugs(
    createTenantRow(
      tx,
      {
        slug: fields.slug,
        name: fields.name.trim(),
        description: fields.description ?? null,
        plan: firstPlan,
        ownerUserId: person.userId,
        ownerMemberId: memberId,
      },
      mostOwned,
    ),
  );
  if (made.outcome === 'KNOWN') {
    return { tenantId: made.tenant_id ?? '', created: false, secret: null };
  }
  if (made.outcome !== 'CREATED') return refuseOutcome(made.outcome);
  const actor = {
    kind: 'USER' as const,
    id: person.userId,
    name: person.name,
    memberId,
    permissions: rolePermissions.OWNER,
    ...facts,
  };
  const samples = (fields.sampleProducts ?? true) ? sampleProducts : [];
  const [key] = await Promise.all([
    fields.apiKey ? createFirstKey(tx, actor, fields.apiKey) : null,
    initializeSettings(tx, firstPlan),
    recordAudit(tx, actor, {
      action: 'tenant.created',
      targetType: 'Tenant',
      targetId: tx.tenantId,
      after: { slug: fields.slug, name: fields.name.trim(), plan: firstPlan },
    }),
    // Their person may be known to some server as a member of nothing.
    announceIdentityChange(tx, person.userId),
    ...samples.map((sample) => createProduct(tx, actor, sample)),
  ]);
  await requireComplete(tx, samples.length);
  return { tenantId: tx.tenantId, created: true, secret: key?.secret ?? null };
}

async function createFirstKey(tx: TenantTransaction, actor: Actor, fields: NewApiKey) {
  try {
    return await createApiKey(tx, actor, fields);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal(
      error.issues.map((issue) => ({
        ...issue,
        field: ['input', 'apiKey', ...(issue.field?.slice(1) ?? [])],
      })),
    );
  }
}

/** Reads everything back as the tenant itself will; what is missing undoes the rest. */
async function requireComplete(tx: TenantTransaction, products: number): Promise<void> {
  const [[tenant], [members], settings, samples] = await Promise.all([
    findOwnTenant(tx),
    countMembers(tx),
    getSettings(tx),
    findProductsBySkus(tx, { skus: sampleProducts.map(({ sku }) => sku ?? '') }),
  ]);
  const complete =
    tenant?.status === 'TRIAL' &&
    members?.count === 1 &&
    settings.updatedAt !== null &&
    samples.length === products;
  if (!complete) throw new Error('the new business is not complete');
}

function refuseOutcome(outcome: 'EMAIL_NOT_VERIFIED' | 'TOO_MANY'): never {
  if (outcome === 'TOO_MANY') {
    refuse('TOO_MANY', null, `One person may own ${mostOwned} businesses; hand one over first.`);
  }
  refuse('EMAIL_NOT_VERIFIED', null, 'Open the link in the mail that we sent you, then try again.');
}

/** Slugs are unique, former ones too; Postgres decides, at once and without a race. */
export function refusingTakenSlugs<T>(work: Promise<T>): Promise<T> {
  const taken = () =>
    refuse('SLUG_TAKEN', ['input', 'slug'], 'Another business has this slug; choose another.');
  return onConstraint(work, { tenants_slug_key: taken, tenant_routes_pkey: taken });
}
