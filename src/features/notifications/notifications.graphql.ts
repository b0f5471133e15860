import { pageRules } from '../../db/query/keyset.ts';
import { builder, idExample } from '../../graphql/builder.ts';
import { type CountedConnection, defineConnection } from '../../graphql/connections.ts';
import type { OperationContext } from '../../graphql/context.ts';
import { settle, userErrorType } from '../../graphql/userErrors.ts';
import { makeCursor, readPage, toConnection } from '../../lib/pagination.ts';
import { MeterType } from '../usage/usage.graphql.ts';
import { loadNotification, loadRead } from './notifications.loaders.ts';
import {
  countNotifications,
  findNotificationPage,
  type Notification,
  notificationOrder,
} from './notifications.queries.ts';
import {
  describeNotification,
  markRead,
  notificationErrorCodes,
  resetOf,
  type UsageWarning,
  warningOf,
} from './notifications.ts';

const NotificationKindType = builder.enumType('NotificationKind', {
  description: 'What a notification is about. Kinds are added, never changed.',
  values: {
    USAGE_WARNING: { description: 'A meter has reached 80 % or all of its limit; see `usage`.' },
  } as const,
});

const UsageWarningType = builder.objectRef<UsageWarning>('UsageWarning').implement({
  description: 'A meter that has reached a part of its limit.',
  fields: (t) => ({
    meter: t.expose('meter', { type: MeterType, description: 'Which.' }),
    percent: t.exposeInt('percent', { description: 'The part: 80 or 100.' }),
    used: t.expose('used', { type: 'SafeInt', description: 'How much was used at that moment.' }),
    limit: t.expose('limit', { type: 'SafeInt', description: 'What the plan allowed then.' }),
    resetsAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When that period ends; null where there is none.',
      resolve: resetOf,
    }),
  }),
});

/** The member who asks; a key reads for nobody. */
const memberOf = ({ principal }: OperationContext): string | null =>
  principal?.kind === 'USER' ? principal.memberId : null;

const NotificationType = builder.node(builder.objectRef<Notification>('Notification'), {
  access: 'notifications:read',
  description: 'Something that the business is told.',
  id: {
    resolve: (notification) => notification.id,
    description: `\`${idExample('Notification')}\``,
  },
  loadWithoutCache: (id, context) => loadNotification(context, id),
  fields: (t) => ({
    kind: t.expose('kind', { type: NotificationKindType, description: 'What it is about.' }),
    message: t.string({ description: 'What it says, for people.', resolve: describeNotification }),
    usage: t.field({
      type: UsageWarningType,
      nullable: true,
      description: 'The meter, where it is about one.',
      resolve: warningOf,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it happened.' }),
    readAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When you marked it as read; null: not yet. Always null for API keys.',
      resolve: async ({ id }, _args, context) => {
        const memberId = memberOf(context);
        if (memberId === null) return null;
        return (await loadRead(context, `${memberId}/${id}`))?.readAt ?? null;
      },
    }),
  }),
});

const NotificationConnection = defineConnection<Notification>('Notification', NotificationType);

builder.queryField('notifications', (t) =>
  t.field({
    type: NotificationConnection,
    nullable: true,
    access: 'notifications:read',
    description: 'What the business is told, the newest first.',
    args: {
      ...t.arg.connectionArgs(),
      unread: t.arg.boolean({
        required: true,
        defaultValue: false,
        description: 'true: only what you have not marked as read.',
      }),
    },
    resolve: async (
      _parent,
      { unread, ...args },
      context,
    ): Promise<CountedConnection<Notification>> => {
      const page = readPage(args, pageRules(notificationOrder, 20));
      const selection = { unread, memberId: memberOf(context) };
      const rows = await findNotificationPage(context.tx, selection, page);
      const connection = toConnection(rows, page, ({ createdAt, id }) =>
        makeCursor(notificationOrder.sort, [createdAt, id]),
      );
      return { ...connection, countRows: () => countNotifications(context.tx, selection) };
    },
  }),
);

const NotificationUserError = userErrorType('Notification', notificationErrorCodes);

builder.relayMutationField(
  'notificationsMarkRead',
  {
    description: 'Which notifications.',
    inputFields: (t) => ({
      ids: t.globalIDList({
        for: NotificationType,
        description: 'At most 100; left out: all there are.',
      }),
    }),
  },
  {
    access: 'notifications:write',
    description: 'Marks notifications as read, for yourself and nobody else. Twice is once.',
    resolve: (_parent, { input: { ids } }, context) =>
      settle(context, (tx) =>
        markRead(tx, memberOf(context) ?? '', ids?.map(({ id }) => id) ?? null),
      ),
  },
  {
    description: 'What was marked, or why nothing was.',
    outputFields: (t) => ({
      marked: t.int({
        description: 'How many were unread until now.',
        resolve: ({ value }) => value ?? 0,
      }),
      userErrors: t.field({
        type: [NotificationUserError],
        description: 'Why nothing was marked.',
        resolve: ({ userErrors }) => [...userErrors],
      }),
    }),
  },
);
