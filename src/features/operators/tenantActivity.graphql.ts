import DataLoader from 'dataloader';
import { operatorBuilder } from '../../graphql/operator/builder.ts';
import type { OperatorContext } from '../../graphql/operator/context.ts';
import { PublicError } from '../../lib/errors.ts';
import type { Tenant } from '../tenants/tenants.queries.ts';
import { Counts } from './activityCounts.graphql.ts';
import { TenantType } from './operatorTenants.graphql.ts';
import { findTenantsById } from './operatorTenants.queries.ts';
import { listActivityOf, listTopTenants, type TenantActivity } from './platformActivity.queries.ts';

const hoursOfDay = 24;

const TenantActivityType = operatorBuilder.objectRef<TenantActivity>('TenantActivity').implement({
  description: 'What one tenant asked of the server.',
  interfaces: [Counts],
  fields: (t) => ({
    lastActivityAt: t.expose('lastAt', {
      type: 'DateTime',
      description: 'When it asked last, to a second.',
    }),
  }),
});

const activityLoader = {};

function loadActivity(context: OperatorContext, id: string): Promise<TenantActivity | null> {
  let loader = context.loaders.get(activityLoader) as
    | DataLoader<string, TenantActivity | null>
    | undefined;
  if (loader === undefined) {
    loader = new DataLoader<string, TenantActivity | null>(async (ids) => {
      const rows = await listActivityOf(context.tx, { ids, hours: hoursOfDay });
      const byId = new Map(rows.map((row) => [row.tenantId, row]));
      return ids.map((each) => byId.get(each) ?? null);
    });
    context.loaders.set(activityLoader, loader as DataLoader<string, unknown>);
  }
  return loader.load(id);
}

operatorBuilder.objectField(TenantType, 'activity', (t) =>
  t.field({
    type: TenantActivityType,
    nullable: true,
    description:
      'What it asked of the server in this hour and the 24 before; null: nothing. One statement for all tenants of a page.',
    resolve: ({ id }, _args, context) => loadActivity(context, id),
  }),
);

interface RankedTenant {
  tenant: Tenant;
  activity: TenantActivity;
}

const RankedTenantType = operatorBuilder.objectRef<RankedTenant>('RankedTenant').implement({
  description: 'A tenant with what it is ranked by.',
  fields: (t) => ({
    tenant: t.expose('tenant', { type: TenantType, description: 'Which.' }),
    activity: t.expose('activity', {
      type: TenantActivityType,
      description: 'What it asked of the server in the time that is compared.',
    }),
  }),
});

const RankingType = operatorBuilder.enumType('TenantRanking', {
  description: 'What tenants are compared by.',
  values: {
    OPERATIONS: { description: 'How much they ask.' },
    ERROR_RATE: { description: 'The share that had errors, of those with 20 operations or more.' },
    SERVER_FAULTS: { description: 'How many operations failed by the server’s fault.' },
    REFUSED: { description: 'How much was refused with 429.' },
  } as const,
});

function requireBetween(name: string, value: number, most: number): void {
  if (value >= 1 && value <= most) return;
  throw new PublicError('BAD_USER_INPUT', `"${name}" must be between 1 and ${most}.`);
}

operatorBuilder.queryField('topTenants', (t) =>
  t.field({
    type: [RankedTenantType],
    nullable: true,
    description:
      'The tenants that lead in something, the first of all first; none with nothing of it.',
    args: {
      by: t.arg({ type: RankingType, required: true, description: 'In what.' }),
      hours: t.arg.int({
        defaultValue: hoursOfDay,
        required: true,
        description: 'This hour and so many before it, 1 to 72.',
      }),
      first: t.arg.int({
        defaultValue: 10,
        required: true,
        description: 'How many tenants, 1 to 50.',
      }),
    },
    resolve: async (_parent, { by, hours, first }, { tx }) => {
      requireBetween('hours', hours, 72);
      requireBetween('first', first, 50);
      const leaders = await listTopTenants(tx, { by, hours, first });
      const found = await findTenantsById(tx, { ids: leaders.map(({ tenantId }) => tenantId) });
      const byId = new Map(found.map((tenant) => [tenant.id, tenant]));
      return leaders.flatMap((activity) => {
        const tenant = byId.get(activity.tenantId);
        return tenant === undefined ? [] : [{ tenant, activity }];
      });
    },
  }),
);
