import { operatorBuilder, operatorErrorType } from '../../graphql/operator/builder.ts';
import type { OperatorContext } from '../../graphql/operator/context.ts';
import type { Settled } from '../../graphql/userErrors.ts';
import { type Issue, Refusal } from '../../lib/errors.ts';
import { Findings } from '../../lib/validation.ts';
import { tenantErrorCodes } from '../tenants/tenantInput.ts';
import { reactivateTenant, suspendTenant } from '../tenants/tenantStatus.ts';
import type { Tenant } from '../tenants/tenants.queries.ts';
import { change, which } from './operatorChange.graphql.ts';
import { TenantType } from './operatorTenants.graphql.ts';
import { findTenantById } from './operatorTenants.queries.ts';
import { type Provisioning, provisionTenant } from './provisionTenant.ts';

const TenantUserError = operatorErrorType('Tenant', {
  ...tenantErrorCodes,
  NOT_FOUND: 'There is no such tenant.',
  BEING_DELETED: 'The tenant is being deleted; it has to be restored first.',
  PLAN_UNKNOWN: 'There is no plan with this code.',
});

type Types = typeof operatorBuilder.$inferSchemaTypes;

const outcome = {
  description: 'The tenant as it is now, or why nothing was changed.',
  outputFields: (t: PothosSchemaTypes.ObjectFieldBuilder<Types, Settled<Tenant>>) => ({
    tenant: t.field({
      type: TenantType,
      nullable: true,
      description: 'The tenant.',
      resolve: ({ value }) => value,
    }),
    userErrors: t.field({
      type: [TenantUserError],
      description: 'Why nothing was changed.',
      resolve: ({ userErrors }) => [...userErrors],
    }),
  }),
};

operatorBuilder.relayMutationField(
  'tenantSuspend',
  {
    description: 'Which one, and why.',
    inputFields: (t) => ({
      tenant: t.field(which),
      reason: t.string({
        required: true,
        description: 'Why; it is in the tenant’s audit log, which its owners and admins read.',
      }),
    }),
  },
  {
    nullable: true,
    description:
      'Suspends a tenant: on every instance, within a second, it can read and export its own data and nothing else. Twice is once.',
    resolve: (_parent, { input: { tenant, reason } }, context) =>
      change(context, tenant, (tx, actor) => {
        const findings = new Findings();
        findings.expectText(reason, { min: 1, max: 1_000 }, ['input', 'reason']);
        findings.settle();
        return suspendTenant(tx, actor, reason.trim());
      }),
  },
  outcome,
);

operatorBuilder.relayMutationField(
  'tenantReactivate',
  { description: 'Which one.', inputFields: (t) => ({ tenant: t.field(which) }) },
  {
    nullable: true,
    description: 'Ends a suspension, on every instance within a second. Twice is once.',
    resolve: (_parent, { input: { tenant } }, context) => change(context, tenant, reactivateTenant),
  },
  outcome,
);

interface ProvisionAnswer {
  readonly tenant: Tenant | null;
  readonly created: boolean;
  readonly userErrors: readonly Issue[];
}

async function provision(context: OperatorContext, fields: Provisioning): Promise<ProvisionAnswer> {
  const { actor } = context;
  const { database, serving } = context.services;
  try {
    const { tenantId, created } = await provisionTenant(
      {
        asServer: (id, work) => serving.withTenant(id, { mode: 'write' }, work),
        asOperator: (id, work) => database.withTenant(id, { mode: 'write' }, work),
      },
      actor,
      fields,
    );
    const [tenant] = await findTenantById(context.tx, { id: tenantId });
    return { tenant: tenant ?? null, created, userErrors: [] };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { tenant: null, created: false, userErrors: error.issues };
  }
}

operatorBuilder.relayMutationField(
  'tenantProvision',
  {
    description: 'What to make, and for whom.',
    inputFields: (t) => ({
      slug: t.string({
        required: true,
        description: 'Its name in addresses: small letters, digits, single dashes.',
      }),
      name: t.string({ required: true, description: 'What it is called.' }),
      ownerEmail: t.string({
        required: true,
        description: 'Its first owner. Somebody new sets a password through "forgot password".',
      }),
      ownerName: t.string({ description: 'What the owner is called, if nobody knows them yet.' }),
      plan: t.string({ description: 'The code of its plan; the smallest one when left out.' }),
      sampleProducts: t.boolean({
        description: 'Whether it begins with sample products; true when left out.',
      }),
    }),
  },
  {
    nullable: true,
    description:
      'Makes a tenant with its owner, settings and plan. The same once more makes no second one. Its steps are committed before the answer is made.',
    resolve: (_parent, { input }, context) => provision(context, input),
  },
  {
    description: 'The tenant, or why there is none.',
    outputFields: (t) => ({
      tenant: t.field({
        type: TenantType,
        nullable: true,
        description: 'The tenant.',
        resolve: ({ tenant }) => tenant,
      }),
      created: t.exposeBoolean('created', { description: 'false: it was there already.' }),
      userErrors: t.field({
        type: [TenantUserError],
        description: 'Why nothing was made.',
        resolve: ({ userErrors }) => [...userErrors],
      }),
    }),
  },
);
