import { pageRules } from '../../db/query/keyset.ts';
import { builder, idExample } from '../../graphql/builder.ts';
import { DateTimeComparator, enumComparator, StringComparator } from '../../graphql/comparators.ts';
import { type CountedConnection, defineConnection } from '../../graphql/connections.ts';
import { defineLoader } from '../../graphql/loader.ts';
import { readId } from '../../lib/ids.ts';
import { makeCursor, readPage, toConnection } from '../../lib/pagination.ts';
import {
  type AuditEvent,
  type AuditFilter,
  auditOrder,
  countAuditEvents,
  findAuditEventsByIds,
  findAuditPage,
} from './audit.queries.ts';
import { publicActorId, publicTargetId } from './audit.ts';

const AuditActorKindType = builder.enumType('AuditActorKind', {
  description: 'What kind of actor did something.',
  values: {
    USER: { description: 'A person, signed in.' },
    API_KEY: { description: 'A program with an API key.' },
    OPERATOR: { description: 'Somebody who runs the platform.' },
    SYSTEM: { description: 'The platform itself.' },
  } as const,
});

const loadAuditEvent = defineLoader<AuditEvent>(
  (tx, ids) => findAuditEventsByIds(tx, { ids }),
  (event) => event.id,
);

const AuditEventType = builder.node(builder.objectRef<AuditEvent>('AuditEvent'), {
  access: 'audit:read',
  description: 'Something that was done, written down in the same transaction. It never changes.',
  id: { resolve: (event) => event.id, description: `\`${idExample('AuditEvent')}\`` },
  loadWithoutCache: (id, context) => loadAuditEvent(context, id),
  fields: (t) => ({
    occurredAt: t.expose('occurredAt', { type: 'DateTime', description: 'When.' }),
    actorKind: t.field({
      type: AuditActorKindType,
      description: 'What kind of actor.',
      resolve: ({ actorKind }) => actorKind,
    }),
    actorId: t.id({
      nullable: true,
      description:
        'The user, API key or platform operator; null for the platform and its command line.',
      resolve: publicActorId,
    }),
    actorName: t.exposeString('actorName', { description: 'The name of the actor at that time.' }),
    action: t.exposeString('action', { description: 'What was done, such as `product.created`.' }),
    targetType: t.exposeString('targetType', { description: 'To what, such as `Product`.' }),
    targetId: t.id({
      nullable: true,
      description: 'To which one; `node(id:)` reads it.',
      resolve: publicTargetId,
    }),
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

const AuditEventConnection = defineConnection<AuditEvent>('AuditEvent', AuditEventType);

const ActorKindComparator = enumComparator('AuditActorKind', AuditActorKindType);

const AuditEventFilterInput = builder.inputType('AuditEventFilter', {
  description: 'Which events; every condition must hold.',
  fields: (t) => ({
    action: t.field({
      type: StringComparator,
      description: 'By action: `product.created`, or all that begin with `product.`.',
    }),
    actorKind: t.field({ type: ActorKindComparator, description: 'By the kind of actor.' }),
    actorId: t.id({ description: 'By the user, API key or platform operator that acted.' }),
    targetType: t.field({
      type: StringComparator,
      description: 'By the type of object it was done to, such as `Product`.',
    }),
    targetId: t.id({ description: 'By the object it was done to.' }),
    requestId: t.string({ description: 'By the request it was part of.' }),
    occurredAt: t.field({ type: DateTimeComparator, description: 'By when.' }),
  }),
});

builder.queryField('auditEvents', (t) =>
  t.field({
    type: AuditEventConnection,
    nullable: true,
    access: 'audit:read',
    description: 'What was done in this business, the latest first.',
    args: {
      ...t.arg.connectionArgs(),
      filter: t.arg({ type: AuditEventFilterInput, description: 'Which events.' }),
    },
    resolve: async (_parent, args, { tx }): Promise<CountedConnection<AuditEvent>> => {
      const filter = filterOf(args.filter ?? {});
      const page = readPage(args, pageRules(auditOrder, 20));
      const rows = await findAuditPage(tx, filter, page);
      const connection = toConnection(rows, page, ({ occurredAt, id }) =>
        makeCursor(auditOrder.sort, [occurredAt, id]),
      );
      return { ...connection, countRows: () => countAuditEvents(tx, filter) };
    },
  }),
);

function filterOf(asked: typeof AuditEventFilterInput.$inferInput): AuditFilter {
  return {
    action: asked.action,
    actorKind: asked.actorKind,
    targetType: asked.targetType,
    occurredAt: asked.occurredAt,
    requestId: { eq: asked.requestId },
    actorId: equalId(asked.actorId),
    targetId: equalId(asked.targetId),
  };
}

function equalId(id: string | null | undefined): { eq: string } | undefined {
  return id === null || id === undefined ? undefined : { eq: readId(id, null) };
}
