import { defineLoader } from '../../graphql/loader.ts';
import { findNotificationsByIds, findReads, type Notification } from './notifications.queries.ts';

export const loadNotification = defineLoader<Notification>(
  (tx, ids) => findNotificationsByIds(tx, { ids }),
  ({ id }) => id,
);

interface Read {
  key: string;
  readAt: string;
}

/** By `member/notification`: an operation has one caller, so the keys of a batch share their member. */
export const loadRead = defineLoader<Read>(
  async (tx, keys) => {
    const pairs = keys.map((key) => key.split('/'));
    const [memberId = ''] = pairs[0] ?? [];
    const rows = await findReads(tx, { memberId, ids: pairs.map(([, id]) => id) });
    return rows.map(({ notificationId, readAt }) => ({
      key: `${memberId}/${notificationId}`,
      readAt,
    }));
  },
  ({ key }) => key,
);
