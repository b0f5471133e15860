import type { Actor } from '../../auth/principal.ts';
import type { TenantTransaction } from '../../db/database.ts';
import { encodeId, type IdType, newId } from '../../lib/ids.ts';
import { type AuditEvent, insertAuditEvent } from './audit.queries.ts';

/** One thing that was done: `product.created`, to which object, and how it looked before and after. */
export interface AuditEntry {
  readonly action: string;
  readonly targetType: IdType;
  readonly targetId: string | null;
  readonly before?: Readonly<Record<string, unknown>> | undefined;
  readonly after?: Readonly<Record<string, unknown>> | undefined;
}

/** What else an event is for: counting the work by it (countedAudit.ts). */
export interface EventMarks {
  readonly id: string;
  readonly quotaLease: string | null;
}

/**
 * Writes an audit event in the change's own transaction: they commit together or not at all. Start it
 * beside the change rather than after it and both travel in one flush.
 */
export async function recordAudit(
  tx: TenantTransaction,
  actor: Actor,
  entry: AuditEntry,
  { id, quotaLease }: EventMarks = { id: newId(), quotaLease: null },
): Promise<void> {
  const { action, targetType, targetId } = entry;
  const before = entry.before === undefined ? null : shown(entry.before);
  const after = entry.after === undefined ? null : shown(entry.after);
  if (tx.rehearsed) {
    const publicId = publicTargetId({ targetType, targetId });
    tx.note('auditEvent', { action, targetType, targetId: publicId, before, after });
  }
  // Awaited, so that of two that fail the change beside it is heard first: it says why, this only that.
  await insertAuditEvent(tx, {
    id,
    quotaLease,
    actorKind: actor.kind,
    actorId: actor.id,
    actorName: actor.name,
    action,
    targetType,
    targetId,
    before,
    after,
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

const secretName =
  /passw|passphrase|passcode|secret|credential|authorization|private[_-]?key|(?:api|access)[_-]?key$|(?:token|hash)$/i;
/** Credentials of ours, whatever the field is called that somebody pasted them into. */
const ownSecret = /\b(?:tnt|trt|tot)_[A-Za-z0-9_-]{43}|\beyJ[\w-]+\.[\w-]+\.[\w-]+/g;
/** Every match of `ownSecret` contains one of these; nearly no text does, and to look is cheap. */
const mayHoldSecret = (text: string): boolean => text.includes('t_') || text.includes('eyJ');

/**
 * References as clients know them: `assigneeId: "mem_…"`, which `node(id:)` reads. What is named like a
 * secret is left out, wherever it stands: rules never hand one over, and a log that cannot be changed
 * is no place to find out that one did.
 */
function shown(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const told: Record<string, unknown> = {};
  // The names are our own columns', so that they may be assigned.
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    const type = referenceTypes[name];
    if (type && typeof value === 'string') told[name] = encodeId(type, value);
    else told[name] = isSecret(name) ? '[redacted]' : redacted(value);
  }
  return told;
}

/** By the columns' names, of which there are as many as the code has. */
const secretColumns = new Map<string, boolean>();

function isSecret(column: string): boolean {
  let isOne = secretColumns.get(column);
  if (isOne === undefined) {
    isOne = secretName.test(column);
    secretColumns.set(column, isOne);
  }
  return isOne;
}

function redacted(value: unknown): unknown {
  if (typeof value === 'string') {
    return mayHoldSecret(value) ? value.replaceAll(ownSecret, '[redacted]') : value;
  }
  if (Array.isArray(value)) return value.map(redacted);
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      secretName.test(name) ? '[redacted]' : redacted(inner),
    ]),
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
    const same = decimalColumns.has(name) ? isSameAmount(old, value) : isSame(old, value);
    if (value === undefined || same) continue;
    changes.before[name] = old;
    changes.after[name] = value;
  }
  return changes;
}

/** Columns of Postgres' type numeric. Text that looks like one is text: version 1.10 is not 1.1. */
const decimalColumns: ReadonlySet<string> = new Set(['priceAmount']);

/** Postgres gives decimals back with four places. */
function isSameAmount(left: unknown, right: unknown): boolean {
  const short = (amount: unknown) =>
    typeof amount === 'string' && amount.includes('.') ? amount.replace(/\.?0+$/, '') : amount;
  return short(left) === short(right);
}

/** Postgres gives jsonb keys back in its own order. */
function isSame(left: unknown, right: unknown): boolean {
  return JSON.stringify(sorted(left)) === JSON.stringify(sorted(right));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  );
}

/** Who acted, as clients know them: `usr_…`, `key_…` or `opr_…`; null for the platform itself. */
export function publicActorId({ actorKind, actorId }: ActorColumns): string | null {
  return actorId === null ? null : encodeId(actorTypes[actorKind], actorId);
}

type ActorColumns = Pick<AuditEvent, 'actorKind' | 'actorId'>;

const actorTypes = {
  USER: 'User',
  API_KEY: 'ApiKey',
  OPERATOR: 'Operator',
  SYSTEM: 'User',
} as const satisfies Record<AuditEvent['actorKind'], IdType>;

/** What it was done to, as clients know it. */
export function publicTargetId({
  targetType,
  targetId,
}: Pick<AuditEvent, 'targetType' | 'targetId'>): string | null {
  return targetId === null ? null : encodeId(targetType as IdType, targetId);
}
