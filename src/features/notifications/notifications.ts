import type { TenantTransaction } from '../../db/database.ts';
import { refuse } from '../../lib/errors.ts';
import { commonErrorCodes } from '../../lib/validation.ts';
import { endOf, type Meter, meters, meterWords } from '../usage/meters.ts';
import { findNotificationsByIds, insertReads, type Notification } from './notifications.queries.ts';

export const notificationErrorCodes = {
  NOT_FOUND: commonErrorCodes.NOT_FOUND,
  TOO_LONG: commonErrorCodes.TOO_LONG,
} as const;

/** A meter that has reached a part of its limit, as app.note_usage() writes it. */
export interface UsageWarning {
  readonly meter: Meter;
  readonly percent: number;
  readonly used: number;
  readonly limit: number;
  /** The first day of the period; 1970-01-01: it has none. */
  readonly period: string;
}

/** null: it is about something else, or about a meter that this version does not know. */
export const warningOf = ({ kind, data }: Notification): UsageWarning | null =>
  kind === 'USAGE_WARNING' && String(data.meter) in meters
    ? (data as unknown as UsageWarning)
    : null;

export const resetOf = ({ meter, period }: UsageWarning): Date | null =>
  endOf(meters[meter], period);

/** What it says, for people. */
export function describeNotification(notification: Notification): string {
  const warning = warningOf(notification);
  if (warning === null) return 'This notification is about something that is gone.';
  const { meter, percent, used, limit } = warning;
  const say = (amount: number) => amount.toLocaleString('en-US');
  const resetsAt = resetOf(warning)?.toISOString().slice(0, 16);
  return [
    percent >= 100
      ? `The plan's limit is reached: ${say(limit)} ${meterWords[meter]}. No more of it is taken.`
      : `${percent} % of the plan's ${say(limit)} ${meterWords[meter]} are used (${say(used)}).`,
    ...(resetsAt === undefined ? [] : [`The count starts again at ${resetsAt}Z.`]),
  ].join(' ');
}

/**
 * Marks notifications as read by a member: those of `ids` (at most 100), or all there are when it is null.
 * Answers how many were unread. Refuses with NOT_FOUND or TOO_LONG, and then marks none.
 */
export async function markRead(
  tx: TenantTransaction,
  memberId: string,
  ids: readonly string[] | null,
): Promise<number> {
  const field = ['input', 'ids'];
  if (ids !== null && ids.length > 100) refuse('TOO_LONG', field, 'At most 100 ids at once.');
  if (ids !== null) {
    const found = await findNotificationsByIds(tx, { ids });
    if (found.length < new Set(ids).size) {
      refuse('NOT_FOUND', field, 'There is no notification with one of these ids.');
    }
  }
  return insertReads(tx, memberId, ids);
}
