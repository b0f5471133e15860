import type { Requirement } from '../../auth/gates.ts';
import { grantOf, type Permission, permissions, rolesWith } from '../../auth/permissions.ts';
import { type RefusalReason, reasonAgainst } from '../../auth/refusals.ts';
import { accessModes, type FieldAccessMode } from '../../graphql/accessModes.ts';
import { builder } from '../../graphql/builder.ts';
import type { OperationContext } from '../../graphql/context.ts';
import { type FieldAccess, listFieldAccess } from '../../graphql/fieldAccess.ts';
import { MemberRoleType } from '../members/members.graphql.ts';

const AccessRefusalReasonType = builder.enumType('AccessRefusalReason', {
  description:
    'Why something is withheld in your own business; also `extensions.reason` of errors.',
  values: {
    ROLE: { description: 'Your role does not have the permission.' },
    SCOPE: { description: 'The API key does not have the scope.' },
    TENANT_SUSPENDED: { description: 'The business is suspended: it can only be read.' },
    PLAN: { description: 'The plan of the business does not have it.' },
  } as const satisfies Record<RefusalReason, object>,
});

const PermissionGrantType = builder.objectRef<Permission>('PermissionGrant').implement({
  description: 'Something that can be allowed, and to whom it is.',
  fields: (t) => ({
    name: t.string({ description: 'Such as `products:write`.', resolve: (name) => name }),
    opens: t.string({ description: 'What it opens.', resolve: (name) => grantOf(name).opens }),
    roles: t.field({
      type: [MemberRoleType],
      description: 'The roles that have it.',
      resolve: (name) => [...grantOf(name).roles],
    }),
    isScope: t.boolean({
      description: 'Whether an API key can be given it.',
      resolve: (name) => grantOf(name).scope,
    }),
    withheld: t.field({
      type: AccessRefusalReasonType,
      nullable: true,
      description: 'Why you do not have it; null: you have.',
      resolve: (name, _args, context) => withheldFrom(context, [name]),
    }),
  }),
});

builder.queryField('permissions', (t) =>
  t.field({
    type: [PermissionGrantType],
    nullable: true,
    access: 'signedIn',
    description: 'Everything that can be allowed: role → permissions and scope → permissions.',
    resolve: () => permissions,
  }),
);

type ModeOfAccess = Exclude<FieldAccessMode, 'PERMISSION' | 'PARENT'>;
const modeValues = Object.fromEntries(
  Object.values(accessModes).map(({ mode, description }) => [mode, { description }]),
) as Record<ModeOfAccess, { description: string }>;

const FieldAccessModeType = builder.enumType('FieldAccessMode', {
  description: 'What a field asks of a caller.',
  values: {
    ...modeValues,
    PERMISSION: { description: 'For those who have the permissions.' },
    PARENT: { description: 'For everyone who could get the object that it is part of.' },
  },
});

const CostSurchargeType = builder
  .objectRef<FieldAccess['surcharges'][number]>('CostSurcharge')
  .implement({
    description: 'What an argument adds to the cost of its field.',
    fields: (t) => ({
      argument: t.exposeString('argument', { description: 'Its name.' }),
      complexity: t.exposeInt('complexity', { description: 'How much, where it is given.' }),
    }),
  });

const FieldCostType = builder.objectRef<FieldAccess>('FieldCost').implement({
  description:
    'What a field costs, in points: `complexity`, and for each row `each` and what is asked of the row.',
  fields: (t) => ({
    complexity: t.int({
      description: 'What it costs by itself, once for every object that it is asked of.',
      resolve: ({ cost }) => cost.complexity,
    }),
    each: t.int({
      description: 'What each row, or each item of the input, adds.',
      resolve: ({ cost }) => cost.each,
    }),
    sizedBy: t.stringList({
      description:
        'The arguments that say how many rows: `first`, `ids`, `input.products`. A text counts by its thousands of characters.',
      resolve: ({ cost }) => [...cost.sizedBy],
    }),
    otherwise: t.int({
      description: 'How many rows where none of them is given.',
      resolve: ({ cost }) => cost.otherwise,
    }),
    surcharges: t.field({
      type: [CostSurchargeType],
      description: 'What arguments add where they are given.',
      resolve: ({ surcharges }) => surcharges,
    }),
  }),
});

const FieldAccessType = builder.objectRef<FieldAccess>('FieldAccess').implement({
  description: 'What a field of this schema asks of a caller, on whatever way it is reached.',
  fields: (t) => ({
    type: t.exposeString('type', { description: 'The type that has the field.' }),
    field: t.exposeString('field', { description: 'Its name.' }),
    mode: t.field({
      type: FieldAccessModeType,
      description: 'What kind of thing it asks for.',
      resolve: ({ mode }) => mode,
    }),
    permissions: t.stringList({
      description: 'All of them are needed.',
      resolve: (access) => [...access.permissions],
    }),
    roles: t.field({
      type: [MemberRoleType],
      description: 'The roles that may; what is public is not for roles to say and lists them all.',
      resolve: (access) => rolesWith(access.permissions),
    }),
    scopes: t.stringList({
      nullable: true,
      description: 'The scopes that an API key needs, all of them; null: no key may.',
      resolve: (access) =>
        access.permissions.every((name) => grantOf(name).scope) ? [...access.permissions] : null,
    }),
    features: t.stringList({
      description: 'What the business needs, by its plan or by agreement; all of them.',
      resolve: (access) => [...access.features],
    }),
    plans: t.stringList({
      description: 'The plans that are needed by their code, each or a larger one.',
      resolve: (access) => [...access.plans],
    }),
    points: t.field({
      type: FieldCostType,
      description: 'What it costs; `estimateCost` says what a whole operation does.',
      resolve: (access) => access,
    }),
    withheld: t.field({
      type: AccessRefusalReasonType,
      nullable: true,
      description: 'Why it is withheld from you; null: it is not.',
      resolve: (access, _args, context) => withheldFrom(context, access.requirements),
    }),
  }),
});

builder.queryField('fieldAccess', (t) =>
  t.field({
    type: [FieldAccessType],
    nullable: true,
    access: 'signedIn',
    // All of it is 180 kB, and takes half as long as introspection.
    cost: { complexity: 5, each: 5, sizedBy: ['types'], otherwise: 40 },
    description:
      'What every field asks of a caller, by type and field: what the directives in schema.graphql say, for programs that only have introspection, which does not show them.',
    args: {
      types: t.arg.stringList({ description: 'Only the fields of these types, such as `Query`.' }),
    },
    resolve: (_parent, { types }, _context, { schema }) =>
      listFieldAccess(schema).filter(({ type }) => types?.includes(type) ?? true),
  }),
);

function withheldFrom(
  context: OperationContext,
  needed: readonly Requirement[],
): RefusalReason | null {
  const principal = context.requireSignIn();
  return needed.map((name) => reasonAgainst(principal, name)).find((why) => why !== null) ?? null;
}
