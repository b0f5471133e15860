import { allowedIn, rolePermissions } from '../../auth/permissions.ts';
import { pageRules } from '../../db/query/keyset.ts';
import { builder, idExample } from '../../graphql/builder.ts';
import { type CountedConnection, defineConnection } from '../../graphql/connections.ts';
import { needs } from '../../graphql/lookAhead.ts';
import { makeCursor, readPage, toConnection } from '../../lib/pagination.ts';
import { TenantType } from '../tenants/tenants.graphql.ts';
import { readFreeSeats } from '../usage/usage.ts';
import { countOwnersOnce, loadMember } from './members.loaders.ts';
import { countMembers, findMemberPage, type Member, memberOrder } from './members.queries.ts';
import { canChangeRole, canRemove, rolesToGive } from './viewerCan.ts';

export const MemberRoleType = builder.enumType('MemberRole', {
  description: 'What a member may do.',
  values: {
    OWNER: { description: 'Everything.' },
    ADMIN: { description: 'Everything that runs the business, keys and audit log included.' },
    MEMBER: { description: 'Sells: catalogue, customers, conversations.' },
    VIEWER: { description: 'Looks, and changes nothing.' },
  } as const,
});

export const MemberType = builder.node(builder.objectRef<Member>('Member'), {
  access: 'members:read',
  description: 'A person in the business.',
  id: { resolve: (member) => member.id, description: `\`${idExample('Member')}\`` },
  loadWithoutCache: (id, context) => loadMember(context, id),
  fields: (t) => ({
    name: t.exposeString('name', { description: 'What they are called.' }),
    email: t.exposeString('email', { description: 'The address they sign in with.' }),
    role: t.field({
      type: MemberRoleType,
      description: 'What they may do.',
      resolve: ({ role }) => role,
    }),
    permissions: t.stringList({
      description:
        'What they may do now: what their role brings, no writing while the business is suspended, and nothing once they have left.',
      extensions: needs('role', 'userId'),
      resolve: ({ role, userId }, _args, context) =>
        userId === null
          ? []
          : [...allowedIn(context.requireSignIn().tenantStatus, rolePermissions[role])].sort(),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When they joined.' }),
    leftAt: t.expose('leftAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When they left; null: they are here. What they wrote still names them.',
    }),
    viewerCanChangeRole: t.boolean({
      description: 'Whether whoever asks may give them another role.',
      resolve: (member, _args, context) =>
        canChangeRole(context.principal, member, () => countOwnersOnce(context)),
    }),
    viewerCanRemove: t.boolean({
      description: 'Whether whoever asks may take them out of the business.',
      resolve: (member, _args, context) =>
        canRemove(context.principal, member, () => countOwnersOnce(context)),
    }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When this last changed.' }),
  }),
});

const MemberConnection = defineConnection<Member>('Member', MemberType);

builder.queryField('members', (t) =>
  t.field({
    type: MemberConnection,
    nullable: true,
    access: 'members:read',
    description: 'The people in the business, the longest-standing first.',
    args: t.arg.connectionArgs(),
    resolve: async (_parent, args, { tx }): Promise<CountedConnection<Member>> => {
      const page = readPage(args, pageRules(memberOrder, 20));
      const connection = toConnection(await findMemberPage(tx, page), page, (member) =>
        makeCursor(memberOrder.sort, [member.createdAt, member.id]),
      );
      return { ...connection, countRows: async () => (await countMembers(tx))[0]?.count ?? 0 };
    },
  }),
);

builder.objectFields(TenantType, (t) => ({
  viewerCanInvite: t.boolean({
    description: 'Whether whoever asks may invite somebody, and the plan has a seat for them.',
    resolve: async (_tenant, _args, { principal, tx }) =>
      rolesToGive(principal).length > 0 && (await readFreeSeats(tx)) !== 0,
  }),
  viewerGrantableRoles: t.field({
    type: [MemberRoleType],
    description: 'The roles that whoever asks may give to others, the highest first.',
    resolve: (_tenant, _args, { principal }) => rolesToGive(principal),
  }),
}));
