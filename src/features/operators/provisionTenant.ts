import type { Actor } from '../../auth/principal.ts';
import { expectEmail } from '../../auth/registration.ts';
import type { TenantTransaction } from '../../db/database.ts';
import { refuse } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import { Findings } from '../../lib/validation.ts';
import type { NewApiKey } from '../apiKeys/apiKeys.ts';
import { recordAudit } from '../audit/audit.ts';
import { findPlans } from '../plans/plans.queries.ts';
import { changeTenantPlan } from '../plans/tenantPlan.ts';
import { createTenant } from '../tenants/createTenant.ts';
import { findOwnTenant } from '../tenants/tenants.queries.ts';
import { findPerson, insertPerson } from './operatorPeople.queries.ts';

export interface Provisioning {
  slug: string;
  name: string;
  ownerEmail: string;
  /** Of a person who is not known yet; the part before the @ when left out. */
  ownerName?: string | null | undefined;
  /** The code of a plan; the smallest when left out. */
  plan?: string | null | undefined;
  sampleProducts?: boolean | null | undefined;
  apiKey?: NewApiKey | null | undefined;
}

export interface Provisioned {
  tenantId: string;
  /** false: the same owner had a tenant of this slug and name; no second one was made. */
  created: boolean;
  /** Of the key that was asked for; null when none was, or when the tenant was there. */
  secret: string | null;
}

type InTenant = <T>(tenantId: string, work: (tx: TenantTransaction) => Promise<T>) => Promise<T>;

/** A write in a tenant's transaction, by the role that may do it. */
export interface ProvisioningRoles {
  readonly asServer: InTenant;
  readonly asOperator: InTenant;
}

/**
 * Makes a tenant for somebody: the person, unless they are known; the tenant with all that it begins
 * with (createTenant, one transaction); its plan. Safe to run again after any step. A person who is made
 * here has no password: they set one through the mail that "forgot password" sends to that address.
 * Refuses as tenantErrorCodes say, and with PLAN_UNKNOWN.
 */
export async function provisionTenant(
  { asServer, asOperator }: ProvisioningRoles,
  actor: Actor,
  fields: Provisioning,
): Promise<Provisioned> {
  const id = newId();
  const person = await asOperator(id, (tx) => readOwner(tx, fields));
  const provisioned = await asServer(id, async (tx) => {
    const { requestId, ip, userAgent } = actor;
    const made = await createTenant(tx, person, { requestId, ip, userAgent }, fields);
    if (made.created) {
      await recordAudit(tx, actor, {
        action: 'tenant.provisioned',
        targetType: 'Tenant',
        targetId: tx.tenantId,
        after: { slug: fields.slug, owner: fields.ownerEmail, plan: fields.plan ?? null },
      });
    }
    return made;
  });
  const { plan } = fields;
  if (plan != null) {
    await asOperator(provisioned.tenantId, async (tx) => {
      const [tenant] = await findOwnTenant(tx);
      // Of a tenant that was there only what an earlier run did not come to.
      const unfinished = provisioned.created || tenant?.status === 'TRIAL';
      if (!unfinished || tenant?.plan === plan) return;
      await changeTenantPlan(tx, actor, { plan, effective: 'NOW', force: false });
    });
  }
  return provisioned;
}

/** Whoever registered this address without proving it is not given a tenant for it. */
async function readOwner(
  tx: TenantTransaction,
  { ownerEmail, ownerName, plan }: Provisioning,
): Promise<{ userId: string; name: string }> {
  const email = ownerEmail.trim().toLowerCase();
  const name = ownerName?.trim() || email.slice(0, email.indexOf('@'));
  const findings = new Findings();
  const at = ['input', 'ownerEmail'];
  expectEmail(findings, email, at);
  findings.expectText(name, { min: 1, max: 100 }, ['input', 'ownerName']);
  findings.settle();
  if (plan != null && !(await findPlans(tx)).some(({ code }) => code === plan)) {
    refuse('PLAN_UNKNOWN', ['input', 'plan'], 'There is no such plan.');
  }
  await insertPerson(tx, { id: newId(), email, name });
  const [person] = await findPerson(tx, { email });
  if (person === undefined) throw new Error('the person who was made is not there');
  if (person.emailVerifiedAt === null) {
    const message =
      'Somebody registered this address and has not verified it yet; they have to first.';
    refuse('EMAIL_NOT_VERIFIED', at, message);
  }
  return { userId: person.id, name: person.name };
}
