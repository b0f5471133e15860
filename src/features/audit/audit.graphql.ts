import { pageRules } from '../../db/keyset.ts';
import { builder, idExample } from '../../graphql/builder.ts';
import { DateTimeComparator, StringComparator } from '../../graphql/comparators.ts';
import { type CountedConnection, defineConnection } from '../../graphql/connections.ts';
import { defineLoader } from '../../graphql/loader.ts';
import { encodeId, type IdType, readId } from '../../lib/ids.ts';
import { makeCursor, readPage, toConnection } from '../../lib/pagination.ts';
import {
  type AuditEvent,
  type AuditFilter,
  auditOrder,
  countAuditEvents,
  findAuditEventsByIds,
  findAuditPage,
} from './audit.queries.ts';

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
      description: 'The user or API key; null for operators and the platform.',
      resolve: ({ actorKind, actorId }) =>
        actorId === null ? null : encodeId(actorKind === 'API_KEY' ? 'ApiKey' : 'User', actorId),
    }),
    actorName: t.exposeString('actorName', { description: 'The name of the actor at that time.' }),
    action: t.exposeString('action', { description: 'What was done, such as `product.created`.' }),
    targetType: t.exposeString('targetType', { description: 'To what, such as `Product`.' }),
    targetId: t.id({
      nullable: true,
      description: 'To which one; `node(id:)` reads it.',
      resolve: ({ targetType, targetId }) =>
        targetId === null ? null : encodeId(targetType as IdType, targetId),
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

const AuditEventFilterInput = builder.inputType('AuditEventFilter', {
  description: 'Which events; every condition must hold.',
  fields: (t) => ({
    action: t.field({
      type: StringComparator,
      description: 'By action, such as `product.created`.',
    }),
    actorId: t.id({ description: 'By the user or API key that acted.' }),
    targetId: t.id({ description: 'By the object it was done to.' }),
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
    occurredAt: asked.occurredAt,
    actorId: equalId(asked.actorId),
    targetId: equalId(asked.targetId),
  };
}

function equalId(id: string | null | undefined): { eq: string } | undefined {
  return id === null || id === undefined ? undefined : { eq: readId(id, null) };
}
