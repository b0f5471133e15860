import type { TenantTransaction } from '../../db/database.ts';
import { encodeId } from '../../lib/ids.ts';
import type { AuditEvent } from './audit.queries.ts';
import { publicActorId, publicTargetId } from './audit.ts';
import { findEventsByIds, findSettledPage, findUnsettled } from './auditExport.queries.ts';

export interface Period {
  /** Inclusive; null: from the first event on. */
  readonly from: Date | null;
  /** Exclusive; null: up to now. */
  readonly until: Date | null;
}

/** Runs a read in a transaction of its own. */
export type Read = <T>(work: (tx: TenantTransaction) => Promise<T>) => Promise<T>;

const pageSize = 1_000;

/**
 * A tenant's audit log as it stood at one instant, the oldest event first, in pages of at most 1 000.
 * A log only grows: what is settled stays as it is, so pages of it may be read as slowly as a client
 * takes them, each in a transaction of its own, and what is younger is fixed by its ids at the start.
 * Rejected: one REPEATABLE READ transaction for the whole, for a slow client would hold a connection
 * and a snapshot, which keeps Postgres from cleaning up behind all other tenants.
 */
export async function* exportAudit(read: Read, { from, until }: Period) {
  const period = {
    from: from?.toISOString() ?? '-infinity',
    until: until?.toISOString() ?? 'infinity',
  };
  const [start] = await read((tx) => findUnsettled(tx, period));
  if (start === undefined) throw new Error('an aggregate gave no row');
  const settledPeriod = { ...period, settled: start.settled };
  let after: [string, string] | null = null;
  for (;;) {
    const key = after;
    const rows: AuditEvent[] = await read((tx) =>
      findSettledPage(tx, settledPeriod, key, pageSize),
    );
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageSize) break;
    after = [last.occurredAt, last.id];
  }
  for (let index = 0; index < start.ids.length; index += pageSize) {
    const ids = start.ids.slice(index, index + pageSize);
    yield await read((tx) => findEventsByIds(tx, { ids }));
  }
}

/** One line of JSONL, its newline included; the names are those of the API. */
export function auditLine(event: AuditEvent): string {
  const { id, occurredAt, actorKind, actorName, action, targetType, before, after } = event;
  return `${JSON.stringify({
    id: encodeId('AuditEvent', id),
    occurredAt,
    actorKind,
    actorId: publicActorId(event),
    actorName,
    action,
    targetType,
    targetId: publicTargetId(event),
    before,
    after,
    ip: event.ip,
    userAgent: event.userAgent,
    requestId: event.requestId,
  })}\n`;
}
