import { pageRules } from '../../db/query/keyset.ts';
import { operatorBuilder } from '../../graphql/operator/builder.ts';
import { encodeId } from '../../lib/ids.ts';
import { makeCursor, readPage, toConnection } from '../../lib/pagination.ts';
import { auditOrder } from '../audit/audit.queries.ts';
import { publicActorId, publicTargetId } from '../audit/audit.ts';
import { findEventPage, type OperatorAuditEvent } from './operatorAudit.queries.ts';
import { findReferred, TenantReferenceInput } from './operatorTenants.graphql.ts';

const ActorKindType = operatorBuilder.enumType('AuditActorKind', {
  description: 'What kind of actor did something.',
  values: {
    USER: { description: 'A person, signed in.' },
    API_KEY: { description: 'A program with an API key.' },
    OPERATOR: { description: 'Somebody who runs the platform.' },
    SYSTEM: { description: 'The platform itself.' },
  } as const,
});

const EventType = operatorBuilder.objectRef<OperatorAuditEvent>('AuditEvent').implement({
  description: 'Something that was done in a tenant, as its own audit log has it.',
  fields: (t) => ({
    id: t.id({ description: '`aud_…`', resolve: ({ id }) => encodeId('AuditEvent', id) }),
    tenantId: t.id({
      description: 'In which tenant.',
      resolve: ({ tenantId }) => encodeId('Tenant', tenantId),
    }),
    tenantSlug: t.exposeString('tenantSlug', { description: 'Its slug.' }),
    occurredAt: t.expose('occurredAt', { type: 'DateTime', description: 'When.' }),
    actorKind: t.field({
      type: ActorKindType,
      description: 'What kind of actor.',
      resolve: ({ actorKind }) => actorKind,
    }),
    actorId: t.id({
      nullable: true,
      description: 'The user, the API key or the operator; null for the platform.',
      resolve: publicActorId,
    }),
    actorName: t.exposeString('actorName', { description: 'The name of the actor at that time.' }),
    action: t.exposeString('action', { description: 'What was done, such as `tenant.suspended`.' }),
    targetType: t.exposeString('targetType', { description: 'To what, such as `Product`.' }),
    targetId: t.id({ nullable: true, description: 'To which one.', resolve: publicTargetId }),
    before: t.expose('before', {
      type: 'JSONObject',
      nullable: true,
      description: 'The changed fields as they were.',
    }),
    after: t.expose('after', {
      type: 'JSONObject',
      nullable: true,
      description: 'The changed fields as they are since.',
    }),
    ip: t.exposeString('ip', { nullable: true, description: 'The address it came from.' }),
    userAgent: t.exposeString('userAgent', { nullable: true, description: 'The program used.' }),
    requestId: t.exposeString('requestId', { description: 'The request it was part of.' }),
  }),
});

const EventConnection = operatorBuilder.connectionObject(
  {
    type: EventType,
    name: 'AuditEventConnection',
    description: 'A page of a list; see relay.dev/graphql/connections.htm.',
  },
  { name: 'AuditEventEdge', description: 'A row and its place in the list.' },
);

const FilterInput = operatorBuilder.inputType('AuditEventFilter', {
  description: 'Which events; every condition must hold.',
  fields: (t) => ({
    tenant: t.field({ type: TenantReferenceInput, description: 'Of this tenant alone.' }),
    actorKind: t.field({ type: ActorKindType, description: 'By this kind of actor.' }),
    action: t.string({ description: 'Exactly this, such as `tenant.suspended`.' }),
    actionPrefix: t.string({ description: 'Beginning with this, such as `tenant.`.' }),
    requestId: t.string({ description: 'Part of this request.' }),
    from: t.field({ type: 'DateTime', description: 'At this moment or after it.' }),
    until: t.field({ type: 'DateTime', description: 'Before this moment.' }),
  }),
});

operatorBuilder.queryField('auditEvents', (t) =>
  t.field({
    type: EventConnection,
    nullable: true,
    description:
      'What was done in all tenants, the latest first. A rare action or an unknown request is looked for through the whole period: give `from`, or a tenant, to keep that short.',
    args: {
      ...t.arg.connectionArgs(),
      filter: t.arg({ type: FilterInput, description: 'Which events.' }),
    },
    resolve: async (_parent, args, context) => {
      const { tenant, from, until, ...asked } = args.filter ?? {};
      const found = tenant == null ? null : await findReferred(context, tenant);
      const page = readPage(args, pageRules(auditOrder, 20));
      const filter = {
        tenantId: { eq: found?.id },
        actorKind: { eq: asked.actorKind },
        action: { eq: asked.action, startsWith: asked.actionPrefix },
        requestId: { eq: asked.requestId },
        occurredAt: { gte: from, lt: until },
      };
      const isUnknown = tenant != null && found === null;
      const rows = isUnknown ? [] : await findEventPage(context.tx, filter, page);
      return toConnection(rows, page, (event) =>
        makeCursor(auditOrder.sort, [event.occurredAt, event.id]),
      );
    },
  }),
);
