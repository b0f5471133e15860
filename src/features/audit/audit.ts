import type { Actor } from '../../auth/principal.ts';
import type { TenantTransaction } from '../../db/database.ts';
import { encodeId, type IdType, newId } from '../../lib/ids.ts';
import { insertAuditEvent } from './audit.queries.ts';

/** One thing that was done: `product.created`, to which object, and how it looked before and after. */
export interface AuditEntry {
  readonly action: string;
  readonly targetType: IdType;
  readonly targetId: string | null;
  readonly before?: Readonly<Record<string, unknown>> | undefined;
  readonly after?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Writes an audit event in the change's own transaction: they commit together or not at all. Start it
 * beside the change rather than after it and both travel in one flush.
 */
export async function recordAudit(
  tx: TenantTransaction,
  actor: Actor,
  entry: AuditEntry,
): Promise<void> {
  await insertAuditEvent(tx, {
    id: newId(),
    actorKind: actor.kind,
    actorId: actor.id,
    actorName: actor.name,
    action: entry.action,
    targetType: entry.targetType,
    targetId: entry.targetId,
    before: entry.before === undefined ? null : withPublicIds(entry.before),
    after: entry.after === undefined ? null : withPublicIds(entry.after),
    ip: actor.ip,
    userAgent: actor.userAgent,
    requestId: actor.requestId,
  });
}

const referenceTypes: Readonly<Record<string, IdType>> = {
  assigneeId: 'Member',
  conversationId: 'Conversation',
  customerId: 'Customer',
  rotatedToId: 'ApiKey',
};

/** References as clients know them: `assigneeId: "mem_…"`, which `node(id:)` reads. */
function withPublicIds(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      const type = referenceTypes[name];
      return [name, type && typeof value === 'string' ? encodeId(type, value) : value];
    }),
  );
}

/** Only what differs, so that an audit event of a one-field change shows one field. */
export function changedFields<Row extends object>(
  before: Row,
  after: Partial<Row>,
): { before: Record<string, unknown>; after: Record<string, unknown> } {
  const changes = { before: {} as Record<string, unknown>, after: {} as Record<string, unknown> };
  for (const [name, value] of Object.entries(after)) {
    const old = (before as Record<string, unknown>)[name];
    if (value === undefined || isSame(old, value)) continue;
    changes.before[name] = old;
    changes.after[name] = value;
  }
  return changes;
}

/** Postgres gives jsonb keys back in its own order and decimals with four places. */
function isSame(left: unknown, right: unknown): boolean {
  return JSON.stringify(sorted(left)) === JSON.stringify(sorted(right));
}

function sorted(value: unknown): unknown {
  if (typeof value === 'string' && /^-?\d+\.\d+$/.test(value)) return value.replace(/\.?0+$/, '');
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  );
}
